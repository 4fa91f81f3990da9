"""Whom those who work for one conference see, and whom not."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_room,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from schedule.models import AgendaLink, Bookmark, Conference
from tickets.accounts.accounts import TIES, accounts_for, may_more, people_known_to
from tickets.models import Ban, Claim, Grant, ReplacementCount, Role, User, fold_reference
from tickets.models.people import new_reference

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors

# Relations of a person that are no tie to a conference: what the account itself has, and what
# somebody did here by a role, which is the tie.
NO_TIES = {
    "Switch.switched_by",
    "Announcement.made_by",
    "Grant.given_by",
    "Ban.given_by",
    "SyncRun.started_by",
    "Upload.uploaded_by",
    "Change.actor",
    "Override.by",
    "LogEntry.user",
    "EmailAddress.user",
    "Authenticator.user",
    "SocialAccount.user",
}


def works_for(conference, role, email=None):
    user = make_user(email)
    Role.objects.create(user=user, conference=conference, kind=role)
    return user


@pytest.fixture
def other(conference):
    Conference.objects.update(domain="testserver")
    other = make_conference(name="Otherconf", domain="b.example.com")
    settle()
    return other


@pytest.fixture(params=["organizer", "helpdesk"])
def worker(request, other):
    """At the host of the other conference."""
    user = works_for(other, request.param, "worker@example.com")
    return client_of(user, "b.example.com")


# --- Ties ---------------------------------------------------------------------------------------


def test_every_relation_of_a_person_is_a_tie_or_named_as_none():
    relations = set()
    for field in User._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete:
            model = field.related_model
            if f"{model.__name__}.{field.field.name}" not in NO_TIES:
                relations.add((model.__name__, field.field.name))
    # Relations of many have a table of their own beside.
    relations -= {("Room_helpers", "user"), ("Talk_chairs", "user")}
    tied = {(model.__name__, name) for model, name, of_person, _way in TIES if of_person == "pk"}
    assert relations == tied


TIED = {
    "claim": lambda here, user: make_ticket(here, user=user, holder_email=""),
    "released claim": lambda here, user: _released(here, user),
    "grant": lambda here, user: Grant.objects.create(conference=here, user=user, reason="x"),
    "ban": lambda here, user: Ban.objects.create(conference=here, user=user, reason="x"),
    "role": lambda here, user: Role.objects.create(conference=here, user=user, kind="helpdesk"),
    "helped room": lambda here, user: make_room(here).helpers.add(user),
    "chaired talk": lambda here, user: make_talk(here).chairs.add(user),
    "star": lambda here, user: Bookmark.objects.create(user=user, talk=make_talk(here)),
    "agenda": lambda here, user: AgendaLink.objects.of(user.pk, here),
    "replaced": lambda here, user: ReplacementCount.add(here, user.pk),
    "session": lambda here, user: UserSession.objects.create(
        user=user, session_key="x", ip="0.0.0.0", data={"conference": here.pk}
    ),
    "holder": lambda here, user: make_ticket(here, holder_email=user.email),
    "buyer": lambda here, user: make_ticket(here, buyer_email=user.email),
    "shop": lambda here, user: make_ticket(here, shop_email=user.email),
    "speaker": lambda here, user: make_speaker(here, email=user.email.upper()),
}


def _released(here, user):
    ticket = make_ticket(here, user=user, holder_email="")
    Claim.objects.filter(ticket=ticket).update(released_at=here.window[0])


@pytest.mark.parametrize("tie", TIED)
def test_a_tie_to_one_conference_is_none_to_another(conference, other, stranger, tie):
    here, there = (works_for(each, "organizer") for each in (conference, other))
    assert stranger not in people_known_to(here, conference)
    TIED[tie](conference, stranger)
    assert stranger in people_known_to(here, conference)
    assert stranger not in people_known_to(there, other)
    assert not people_known_to(there, None).exists()


def test_superusers_are_known_to_superusers_alone(conference, organizer, attendee):
    worker = works_for(conference, "organizer")
    assert attendee in people_known_to(worker, conference)
    assert organizer not in people_known_to(worker, conference)
    assert organizer in people_known_to(organizer, conference)


def test_superusers_are_not_in_the_list_of_many_devices(conference, organizer):
    for number in range(4):
        seen = {"conference": conference.pk, "device": str(number), "network": "x"}
        UserSession.objects.create(user=organizer, session_key=str(number), ip="0.0.0.0", data=seen)
    url = reverse("admin:tickets_manydevices_changelist")
    assert organizer.email in client_of(organizer).get(url).text
    assert organizer.email not in client_of(works_for(conference, "organizer")).get(url).text


# --- References ---------------------------------------------------------------------------------


def test_references_cannot_be_counted_through_and_are_read_however_typed():
    codes = {new_reference() for _ in range(1000)}
    assert len(codes) == 1000
    assert fold_reference(" p 7k3q 9xwb ") == "P-7K3Q-9XWB" == fold_reference("7K3Q–9XWB")
    assert fold_reference("P-PPPP-PPPP") == fold_reference("pppppppp") == "P-PPPP-PPPP"
    for text in ("", "P-000123", "P-7K3Q-9X", "P-7K3Q-9XW0", "a@b.example", "P" * 10):
        assert fold_reference(text) is None


@pytest.mark.django_db
def test_who_draws_the_reference_of_another_draws_again(monkeypatch, stranger):
    drawn = iter([stranger.reference, "P-AAAA-AAAA", "P-CCCC-CCCC"])
    monkeypatch.setattr(User._meta.get_field("reference"), "_get_default", lambda: next(drawn))
    people = accounts_for(["new@example.com"])
    assert people["new@example.com"].reference == "P-AAAA-AAAA"


# --- The admin and the help desk ----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("page", ["change", "history", "delete", "password_change"])
def test_pages_of_people_of_elsewhere_are_404(worker, attendee, page):
    app = "auth_user" if page == "password_change" else "tickets_user"
    url = reverse(f"admin:{app}_{page}", args=[attendee.pk])
    nobody = reverse(f"admin:{app}_{page}", args=[999_999])
    for method in (worker.get, worker.post):
        assert method(url).status_code == method(nobody).status_code == 404


@pytest.mark.slow
def test_lists_and_searches_do_not_find_people_of_elsewhere(worker, attendee):
    people, desk = reverse("admin:tickets_user_changelist"), reverse("helpdesk:index")
    for words in (attendee.email, attendee.reference, "Ada", attendee.reference[2:]):
        assert not list(worker.get(people, {"q": words}).context["cl"].result_list)
        answer = worker.get(desk, {"q": words})
        assert answer.status_code == 200
        assert not answer.context["found"].people
        assert attendee.reference not in answer.text.replace(words, "")
    assert worker.get(reverse("helpdesk:person", args=[attendee.pk])).status_code == 404


@pytest.mark.slow
def test_an_address_without_a_tie_is_told_about_as_one_without_an_account(worker, attendee):
    desk = reverse("helpdesk:index")
    known, unknown = (
        worker.get(desk, {"q": email}).text.replace(email, "X")
        for email in (attendee.email, "nobody@example.com")
    )
    once = re.compile(r'(value|nonce)="[^"]+"|attendee%40|nobody%40')
    assert once.sub("", known) == once.sub("", unknown)


@pytest.mark.slow
@pytest.mark.parametrize("field", [("claim", "user"), ("grant", "user"), ("ban", "user"), ("room", "helpers"), ("talk", "chairs")])  # fmt: skip
def test_fields_offer_nobody_of_elsewhere(other, attendee, organizer, field):
    client = client_of(works_for(other, "organizer"), "b.example.com")
    model, name = field
    app = "schedule" if model in ("room", "talk") else "tickets"
    for words in (attendee.email, attendee.reference, "Ada", organizer.email):
        asked = {"app_label": app, "model_name": model, "field_name": name, "term": words}
        answer = client.get(reverse("admin:autocomplete"), asked)
        assert answer.json()["results"] == []


@pytest.mark.slow
def test_forms_take_nobody_of_elsewhere(other, attendee, organizer):
    room, ticket = make_room(other), make_ticket(other)
    client = client_of(works_for(other, "organizer"), "b.example.com")
    at = {"starts_at_0": "2026-07-01", "starts_at_1": "10:00"}
    for person in (attendee, organizer):
        fields = {"user": person.pk, "reason": "x", "scopes": "conference", **at}
        for model in ("grant", "ban"):
            answer = client.post(reverse(f"admin:tickets_{model}_add"), fields)
            assert "user" in answer.context["adminform"].form.errors
        page = client.get(reverse("admin:schedule_room_change", args=[room.pk]))
        form = page.context["adminform"].form
        assert person not in form.fields["helpers"].queryset
        page = client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk]))
        [claims] = page.context["inline_admin_formsets"]
        assert person not in claims.formset.empty_form.fields["user"].queryset
    assert not Ban.objects.exists()


@pytest.mark.slow
def test_a_superuser_who_helps_in_a_room_stays_when_somebody_else_saves_it(conference, organizer):
    room = make_room(conference)
    room.helpers.add(organizer)
    client = client_of(works_for(conference, "organizer"))
    page = client.get(reverse("admin:schedule_room_change", args=[room.pk]))
    form = page.context["adminform"].form
    assert organizer in form.fields["helpers"].queryset


@pytest.mark.slow
def test_acts_at_the_help_desk_know_nobody_of_elsewhere(worker, attendee, organizer):
    for person in (attendee, organizer):
        for act in ("end-sessions", "ban"):
            url = reverse("helpdesk:act", args=[act])
            answer = worker.post(url, {"person": person.pk, "reason": "x"})
            assert answer.status_code == 403 or "It is not there any more." in answer.text
            asked = worker.get(url, {"person": person.pk})
            assert asked.status_code == 403 or person.email not in asked.text
    assert not Ban.objects.exists()


@pytest.mark.slow
def test_an_account_is_not_changed_by_who_works_for_a_conference(conference, attendee):
    client = client_of(works_for(conference, "organizer"))
    url = reverse("admin:tickets_user_change", args=[attendee.pk])
    none = {
        f"{name}-{what}_FORMS": 0
        for name in ("claims", "grants", "roles")
        for what in ("TOTAL", "INITIAL")
    }
    assert client.get(url).status_code == 200
    assert client.post(url, {"display_name": "Mallory", **none}).status_code == 302
    attendee.refresh_from_db()
    assert (attendee.is_active, attendee.display_name) == (True, "Ada")


@pytest.mark.slow
def test_a_typed_address_adds_somebody_and_changes_no_account(other, attendee):
    attendee.set_password("correct horse")
    attendee.save()
    client = client_of(works_for(other, "organizer"), "b.example.com")
    add = reverse("admin:tickets_user_add")
    none = {f"{name}-{what}_FORMS": 0 for name in ("grants", "roles") for what in ("TOTAL", "INITIAL")}  # fmt: skip
    answers = [
        client.post(add, {"email": email, **none}, follow=True)
        for email in (attendee.email, "nobody@example.com")
    ]
    for answer in answers:
        assert "has nothing to do with this conference yet" in answer.text
        assert "Ada" not in answer.text
    grant = {"grants-TOTAL_FORMS": 1, "grants-0-scopes": "conference", "grants-0-reason": "crew"}
    grant |= {"grants-0-starts_at_0": "2026-07-01", "grants-0-starts_at_1": "10:00"}
    client.post(add, {"email": attendee.email.upper(), **none, **grant})
    assert Grant.objects.get(conference=other).user == attendee
    attendee.refresh_from_db()
    assert attendee.check_password("correct horse") and attendee.display_name == "Ada"
    assert client.get(reverse("admin:tickets_user_change", args=[attendee.pk])).status_code == 200


@pytest.mark.slow
def test_the_history_of_a_person_is_that_of_this_conference(conference, other, attendee):
    make_ticket(other, user=attendee)
    for place, words in ((conference, "done in A"), (other, "done in B")):
        by = works_for(place, "organizer")
        LogEntry.objects.log_actions(by.pk, [attendee], CHANGE, words)
    client = client_of(works_for(other, "organizer"), "b.example.com")
    for url in (
        reverse("admin:tickets_user_history", args=[attendee.pk]),
        reverse("helpdesk:person", args=[attendee.pk]),
    ):
        page = client.get(url).text
        assert "done in B" in page
        assert "done in A" not in page


@pytest.mark.slow
def test_when_somebody_was_elsewhere_is_not_told(conference, other, attendee):
    make_ticket(other, user=attendee)
    seen = timezone.now() - timedelta(days=400)
    User.objects.filter(pk=attendee.pk).update(last_login=seen, joined_at=seen)
    UserSession.objects.create(
        user=attendee, session_key="a", ip="0.0.0.0", data={"conference": conference.pk}
    )
    client = client_of(works_for(other, "organizer"), "b.example.com")
    people = reverse("admin:tickets_user_changelist")
    change = reverse("admin:tickets_user_change", args=[attendee.pk])
    for url in (people, change, reverse("helpdesk:person", args=[attendee.pk])):
        page = client.get(url).text
        assert "attendee@example.com" in page
        assert str(seen.year) not in page
        assert "Last signed in" not in page


# --- Signing out --------------------------------------------------------------------------------


def sessions_in(user, *conferences):
    clients = []
    for conference in conferences:
        client = client_of(user)
        key = client.session.session_key
        UserSession.objects.filter(session_key=key).update(data={"conference": conference.pk})
        clients.append(client)
    return clients


def test_signing_out_ends_the_sessions_of_this_conference(conference, other, worker, attendee):
    make_ticket(other, user=attendee)
    here, there = sessions_in(attendee, conference, other)
    worker.post(reverse("helpdesk:act", args=["end-sessions"]), {"person": attendee.pk})
    assert here.session.get("_auth_user_id") == str(attendee.pk)
    assert there.session.get("_auth_user_id") is None


@pytest.mark.slow
def test_nobody_signs_out_who_may_more(conference, organizer):
    volunteer, orga, colleague = (
        works_for(conference, name) for name in ("helpdesk", "organizer", "organizer")
    )
    room_helper, chair = make_user(), make_user()
    make_room(conference).helpers.add(room_helper)
    make_talk(conference).chairs.add(chair)
    above = {
        (person.pk, by.pk)
        for person in (volunteer, orga, colleague, room_helper, chair, organizer)
        for by in (volunteer, orga, colleague, organizer)
        if may_more(User.objects.get(pk=person.pk), User.objects.get(pk=by.pk), conference)
    }
    assert above == {
        *((each.pk, volunteer.pk) for each in (orga, colleague, room_helper, chair)),
        *((organizer.pk, by.pk) for by in (volunteer, orga, colleague)),
    }
    desk = client_of(volunteer)
    for person in (orga, room_helper, chair):
        answer = desk.post(reverse("helpdesk:act", args=["end-sessions"]), {"person": person.pk})
        assert answer.status_code == 403
    end = reverse("helpdesk:act", args=["end-sessions"])
    assert client_of(orga).post(end, {"person": colleague.pk}).status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("role", ["organizer", "helpdesk"])
def test_a_list_does_not_tell_when_somebody_has_signed_in_elsewhere(conference, attendee, role):
    people = reverse("admin:tickets_user_changelist")
    client = client_of(works_for(conference, role))
    for question in (
        "last_login__gte=2026-01-01",
        "last_login=2026-01-01",
        "joined_at__gte=2026-01-01",
    ):
        assert client.get(f"{people}?{question}").status_code == 400
    assert client.get(f"{people}?is_active__exact=1").status_code == 200
