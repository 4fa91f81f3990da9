"""The help desk: who is found, what is said, what each fix does, and who may."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import TestCase
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
from schedule.models import Conference
from tickets.models import Ban, Claim, Grant, OrderHint, Role, Shop, Ticket, User

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
INDEX = reverse("helpdesk:index")


@pytest.fixture
def volunteer(conference):
    """With the role of the help desk, and nothing else."""
    user = make_user("volunteer@example.com", display_name="Vera")
    group = Group.objects.get(name="helpdesk")
    Role.objects.create(user=user, conference=conference, group=group)
    return user


@pytest.fixture
def desk(volunteer):
    return client_of(volunteer)


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def page_of(row):
    name = "person" if isinstance(row, User) else "ticket"
    return reverse(f"helpdesk:{name}", args=[row.pk])


def find(client, words):
    return client.get(INDEX, {"q": words}, follow=True)


def do(client, act, **values):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(reverse("helpdesk:act", args=[act]), values, follow=True)


def lobby(user):
    settle()
    return client_of(user).get("/lobby/").status_code


def logged(row):
    entries = LogEntry.objects.filter(
        object_id=str(row.pk), content_type__model=row._meta.model_name
    )
    return [(entry.user.email, entry.get_change_message()) for entry in entries]


# --- Finding somebody ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["Attendee@example.com", "P-{pk:06d}", "p{pk}", "Ada", "attendee", " Ada "]
)
def test_a_person_is_found_by_address_reference_and_name(attendee, desk, words):
    Ticket.objects.update(holder_email="")  # else the ticket is found as well
    response = find(desk, words.format(pk=attendee.pk))
    assert response.redirect_chain == [(page_of(attendee), 302)]
    page = text(response)
    assert "They may enter Testconf" in page
    assert f"attendee@example.com is {attendee.reference}." in page


@pytest.mark.parametrize("words", ["ABC-1", "abc-", "ORD7", "ord7", "Grace Hopper", "grace@example.org"])  # fmt: skip
def test_a_ticket_is_found_by_code_order_and_holder(conference, desk, words):
    ticket = make_ticket(
        conference,
        code="ABC-1",
        order_code="ORD7",
        holder_name="Grace Hopper",
        holder_email="grace@example.org",
    )
    make_ticket(conference, code="XYZ-2")
    page = text(find(desk, words))
    assert "ABC-1" in page and "XYZ-2" not in page
    if "@" not in words:
        assert "It is in the name of Grace Hopper grace@example.org." in page
        assert f'href="/admin/tickets/ticket/{ticket.pk}/change/"' in page


def test_several_are_listed(conference, attendee, desk):
    other = make_user("attendee2@example.com")
    make_ticket(conference, user=other)
    make_ticket(conference, code="ATTENDEE-TICKET")
    page = text(find(desk, "attendee"))
    for row in (attendee, other, Ticket.objects.get(code="ATTENDEE-TICKET")):
        assert page_of(row) in page


def test_nobody_is_found(conference, desk):
    assert "Nobody and no ticket was found" in text(find(desk, "nothing-like-it"))
    assert find(desk, "").status_code == 200


def test_an_address_without_an_account_is_explained(conference, desk):
    make_ticket(conference, code="WAITS", holder_email="new@example.com")
    assert "It is in the name of new@example.com." in text(find(desk, "new@example.com"))
    page = text(find(desk, "typo@example.com"))
    assert "Nobody has signed in as typo@example.com." in page
    assert "email=typo%40example.com" in page
    assert not User.objects.filter(email="typo@example.com").exists()


def test_people_of_other_conferences_are_not_found_by_name(conference, stranger, desk):
    assert "Nobody and no ticket" in text(find(desk, "Sam"))
    assert "stranger@example.com" in text(find(desk, "stranger@example.com"))


# --- What is said -------------------------------------------------------------------------------


def test_all_that_is_known_is_on_the_page_in_the_order_of_the_checks(conference, attendee, desk):
    Ban.objects.create(conference=conference, user=attendee, reason="shouted")
    Grant.objects.create(conference=conference, user=attendee, reason="crew")
    Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    page = text(desk.get(page_of(attendee)))
    said = [
        "an organizer has shut them out.",
        "attendee@example.com is",
        "They are shut out: “shouted”.",
        "They have ticket",
        "They are let in as “crew”",
        "The ticket shop “pretix” has never been heard.",
    ]
    places = [page.index(sentence) for sentence in said]
    assert places == sorted(places)


def test_a_room_can_be_asked_for(conference, desk):
    room = make_room(conference, slug="side")
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:main"])
    url = page_of(user)
    assert "They may enter Testconf" in text(desk.get(url))
    page = text(desk.get(url, {"scope": f"room:{room.slug}"}))
    assert "their ticket opens something else" in page
    assert '<option value="room:side" selected>' in page
    assert desk.get(url, {"scope": "nonsense"}).status_code == 404


def test_tickets_bought_for_others_are_listed(conference, attendee, desk):
    other = make_ticket(conference, buyer_email=attendee.email, holder_email="bo@example.com")
    assert page_of(other) in text(desk.get(page_of(attendee)))


def test_speakers_whose_address_nobody_knows(conference, room, desk):
    known = make_speaker(conference, name="Known", email="known@example.com")
    unknown = make_speaker(conference, name="Unknown")
    make_speaker(conference, name="Without a talk")
    make_talk(conference, room=room, title="Looms", speakers=[known, unknown])
    page = text(desk.get(reverse("helpdesk:speakers")))
    assert "Unknown" in page and "Looms" in page
    assert "Known<" not in page.replace("Unknown<", "") and "Without a talk" not in page
    speaker = make_user("known@example.com")
    assert lobby(speaker) == 200
    assert "They speak in" in text(desk.get(page_of(speaker)))


def test_the_number_of_queries_does_not_grow(
    conference, attendee, desk, django_assert_max_num_queries
):
    def count(url):
        desk.get(reverse("home"))
        with django_assert_max_num_queries(45) as queries:
            assert desk.get(url).status_code == 200
        return len(queries)

    ticket = make_ticket(conference, holder_email=attendee.email)
    urls = [page_of(attendee), page_of(ticket), f"{INDEX}?q=example"]
    make_ticket(conference, user=make_user())
    do(desk, "grant", email=attendee.email, reason="x", scopes="conference", ends_at=tomorrow())
    count(urls[0])
    few = [count(url) for url in urls]
    for _number in range(3):
        make_ticket(conference, user=attendee, buyer_email=attendee.email)
        make_ticket(conference, holder_email=attendee.email)
        make_ticket(conference, buyer_email=attendee.email)
        Claim.objects.create(ticket=ticket, user=make_user(), released_at=timezone.now())
        do(desk, "grant", email=attendee.email, reason="x", scopes="conference", ends_at=tomorrow())
    assert [count(url) for url in urls] == few


# --- The fixes ----------------------------------------------------------------------------------


def tomorrow():
    return f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"


def test_a_free_ticket_in_their_name_is_claimed_with_one_click(conference, stranger, desk):
    EmailAddress.objects.update(verified=False)
    ticket = make_ticket(conference, holder_email=stranger.email)
    page = text(desk.get(page_of(stranger)))
    assert f'name="ticket" value="{ticket.pk}"' in page
    assert lobby(stranger) == 403
    page = text(do(desk, "claim", ticket=ticket.pk, email=stranger.email))
    assert f"{stranger.reference} has ticket {ticket.code}." in page
    claim = Claim.objects.get(ticket=ticket)
    assert (claim.user, claim.way) == (stranger, Claim.Way.HELPDESK)
    assert lobby(stranger) == 200
    assert logged(ticket) == [("volunteer@example.com", f"Given to {stranger.reference}.")]
    assert f"Given to {stranger.reference}." in page  # the history


def test_a_ticket_is_given_to_whoever_the_volunteer_types(conference, desk):
    ticket = make_ticket(conference, holder_email="office@example.com")
    page = text(desk.get(page_of(ticket)))
    assert f"/claim/?ticket={ticket.pk}" in page
    assert "Look at a proof first" in text(desk.get(f"{INDEX}claim/", {"ticket": ticket.pk}))
    do(desk, "claim", ticket=ticket.pk, email=" Bo@example.com")
    assert Claim.objects.get().user.email == "bo@example.com"
    assert not Claim.objects.get().user.has_usable_password()


def test_a_ticket_that_somebody_has_is_not_given_away(attendee, stranger, desk):
    ticket = Ticket.objects.get()
    page = text(do(desk, "claim", ticket=ticket.pk, email=stranger.email))
    assert f"{attendee.reference} has this ticket. Release it first." in page
    assert Claim.objects.live().get().user == attendee
    assert logged(ticket) == []


def test_a_release_is_asked_once_more(attendee, desk):
    ticket = Ticket.objects.get()
    ask = text(desk.get(f"{INDEX}release/", {"ticket": ticket.pk}))
    assert "who had it is out" in ask and ticket.code in ask
    assert Claim.objects.live().exists()
    assert lobby(attendee) == 200
    do(desk, "release", ticket=ticket.pk)
    assert not Claim.objects.live().exists()
    assert lobby(attendee) == 403
    assert logged(ticket) == [("volunteer@example.com", f"Released: {attendee.reference} had it.")]
    assert "Nobody has this ticket." in text(do(desk, "release", ticket=ticket.pk))


def test_a_grant_needs_a_reason_and_an_end(conference, stranger, desk):
    form = text(desk.get(f"{INDEX}grant/", {"email": stranger.email}))
    tonight = conference.day_window(conference.day_of(timezone.now()))[1]
    assert f'value="{tonight.astimezone(conference.zone):%Y-%m-%dT%H:%M}"' in form
    given = {"email": stranger.email, "reason": "bus was late", "scopes": "conference"}
    for wrong in ({"reason": ""}, {"ends_at": ""}, {"ends_at": "2020-01-01T10:00"}, {"scopes": "all"}, {"scopes": "room:attic"}):  # fmt: skip
        do(desk, "grant", **{**given, "ends_at": tomorrow(), **wrong})
        assert not Grant.objects.exists(), wrong
    do(desk, "grant", **given, ends_at=tomorrow())
    grant = Grant.objects.get()
    assert (grant.reason, grant.given_by.email) == ("bus was late", "volunteer@example.com")
    assert grant.ends_at > timezone.now()
    assert lobby(stranger) == 200
    assert logged(grant) == [("volunteer@example.com", "Given at the help desk: bus was late")]


def test_a_grant_is_extended_and_taken_back(conference, stranger, desk):
    now = timezone.now()
    grant = Grant.objects.create(
        conference=conference, user=stranger, reason="press", ends_at=now - timedelta(hours=1)
    )
    assert lobby(stranger) == 403
    do(desk, "extend-grant", grant=grant.pk, hours=2)
    grant.refresh_from_db()
    assert timedelta(hours=1, minutes=59) < grant.ends_at - now < timedelta(hours=2, minutes=5)
    assert lobby(stranger) == 200
    assert "Without a ticket they are out" in text(
        desk.get(f"{INDEX}end-grant/", {"grant": grant.pk})
    )
    do(desk, "end-grant", grant=grant.pk)
    assert lobby(stranger) == 403
    assert [what for _who, what in logged(grant)][0] == "Taken back."
    assert "over already" in text(do(desk, "end-grant", grant=grant.pk))
    endless = Grant.objects.create(conference=conference, user=stranger, reason="crew")
    assert "has no end" in text(do(desk, "extend-grant", grant=endless.pk, hours=2))
    for hours in (0, 10_000, "many"):
        do(desk, "extend-grant", grant=grant.pk, hours=hours)
    grant.refresh_from_db()
    assert grant.ends_at < timezone.now()


def test_a_ticket_is_extended_by_a_grant_that_no_sync_undoes(conference, attendee, desk):
    Ticket.objects.update(valid_until=timezone.now() - timedelta(minutes=5))
    ticket = Ticket.objects.get()
    assert lobby(attendee) == 403
    assert "2 h longer" in text(desk.get(page_of(attendee)))
    do(desk, "extend-ticket", ticket=ticket.pk, hours=2)
    grant = Grant.objects.get()
    assert (grant.user, grant.scopes) == (attendee, ["conference"])
    assert lobby(attendee) == 200
    assert logged(ticket)[0][1] == f"2 h longer for {attendee.reference}, by a grant."
    free = make_ticket(conference)
    assert "Nobody has this ticket" in text(do(desk, "extend-ticket", ticket=free.pk, hours=2))


def test_sessions_are_ended(attendee, desk):
    phone = client_of(attendee)
    assert phone.get("/lobby/").status_code == 200
    assert "For a lost phone" in text(desk.get(f"{INDEX}end-sessions/", {"person": attendee.pk}))
    page = text(do(desk, "end-sessions", person=attendee.pk))
    assert f"{attendee.reference} is signed out on 1 devices." in page
    assert phone.get("/lobby/").status_code == 302
    assert desk.get(INDEX).status_code == 200


def test_the_order_is_fetched_again(conference, attendee, desk, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "tickets.syncing.tasks.ask_waiting", lambda shop: asked.append(shop) or Done
    )
    shop = Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    Ticket.objects.update(shop=shop, order_code="AB12C")
    assert "Ask the shop again" in text(desk.get(page_of(attendee)))
    page = text(do(desk, "fetch", ticket=Ticket.objects.get().pk))
    assert "The shop is being asked for order AB12C." in page
    assert OrderHint.objects.get().order_code == "AB12C"
    assert asked == [shop]
    own = make_ticket(conference)
    assert "came from no shop" in text(do(desk, "fetch", ticket=own.pk))


class Done:
    waiting, is_down = 0, False


def test_bans_are_for_organizers(conference, attendee, organizer, desk):
    client = client_of(organizer)
    assert "Shut out" in text(client.get(page_of(attendee)))
    do(client, "ban", person=attendee.pk, reason="")
    assert not Ban.objects.exists()
    do(client, "ban", person=attendee.pk, reason="hate speech")
    ban = Ban.objects.get()
    assert (ban.given_by, ban.ends_at) == (organizer, None)
    assert lobby(attendee) == 403
    page = text(desk.get(page_of(attendee)))
    assert "They are shut out: “hate speech”" in page
    assert "Let in again" not in page
    assert do(desk, "lift-ban", ban=ban.pk).status_code == 403
    assert lobby(attendee) == 403
    do(client, "lift-ban", ban=ban.pk)
    assert lobby(attendee) == 200
    assert [what for _who, what in logged(ban)] == ["Lifted.", "Shut out: hate speech"]
    assert "That is you." in text(do(client, "ban", person=organizer.pk, reason="x"))


# --- Who may ------------------------------------------------------------------------------------


def test_only_who_may_change_tickets_gets_in(attendee, stranger, organizer, desk):
    viewer = make_user("viewer@example.com", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    urls = [INDEX, page_of(attendee), reverse("helpdesk:speakers"), f"{INDEX}release/"]
    for url in urls:
        for nobody in (None, attendee, stranger):
            assert client_of(nobody).get(url).status_code == 302, url
        assert client_of(viewer).get(url).status_code == 403, url
        assert desk.get(url).status_code == 200, url
        assert client_of(organizer).get(url).status_code == 200, url
    ticket = Ticket.objects.get()
    assert do(client_of(viewer), "release", ticket=ticket.pk).status_code == 403
    do(client_of(attendee), "release", ticket=ticket.pk)
    assert Claim.objects.live().exists()


def test_the_admin_leads_to_the_help_desk(conference, room, desk):
    link = f'href="{INDEX}"'
    assert link in text(desk.get(reverse("admin:index")))
    helper = make_user()
    room.helpers.add(helper)
    assert link not in text(client_of(helper).get(reverse("desk:index")))


def test_the_role_of_a_volunteer_goes_no_further(attendee, organizer, desk):
    page = text(desk.get(page_of(attendee)))
    assert "Let them in without a ticket" in page and "Sign out everywhere" in page
    assert "Shut out" not in page
    assert do(desk, "ban", person=attendee.pk, reason="x").status_code == 403
    assert "Sign out everywhere" not in text(desk.get(page_of(organizer)))
    assert do(desk, "end-sessions", person=organizer.pk).status_code == 403
    assert desk.get(reverse("admin:schedule_talk_changelist")).status_code == 403
    assert desk.get(reverse("admin:tickets_product_changelist")).status_code == 403


def test_other_conferences_are_out_of_reach(conference, desk):
    Conference.objects.update(domain="testserver")
    other = make_conference(domain="two.example.com")
    settle()
    ticket = make_ticket(other, user=make_user())
    assert desk.get(INDEX).status_code == 200
    assert desk.get(INDEX, headers={"host": "two.example.com"}).status_code == 302
    assert desk.get(page_of(ticket)).status_code == 404
    assert "It is not there any more." in text(do(desk, "release", ticket=ticket.pk))
    assert Claim.objects.live().filter(ticket=ticket).exists()


def test_acts_that_are_none_and_rows_that_are_gone(conference, attendee, desk):
    assert desk.get(f"{INDEX}explode/").status_code == 404
    assert desk.get(reverse("helpdesk:person", args=[999_999])).status_code == 404
    for pk in ("999999", "", "x"):
        assert desk.get(f"{INDEX}release/", {"ticket": pk}).status_code == 200
        assert do(desk, "release", ticket=pk).status_code == 200
    assert Claim.objects.live().exists()


def test_a_post_needs_its_token(attendee, volunteer):
    client = client_of(volunteer)
    client.handler.enforce_csrf_checks = True
    ticket = Ticket.objects.get()
    url = reverse("helpdesk:act", args=["release"])
    assert client.post(url, {"ticket": ticket.pk}).status_code == 403
    assert Claim.objects.live().exists()


# --- Entry links --------------------------------------------------------------------------------


def test_the_entry_link_is_sent_at_once(conference, attendee, desk, mailoutbox):
    ticket = Ticket.objects.get()
    assert "Send the entry link" in text(desk.get(page_of(attendee)))
    for _time in range(2):  # a day has not passed, but somebody waits
        page = text(do(desk, "send-link", ticket=ticket.pk))
        assert "The link is on its way to attendee@example.com." in page
    assert [mail.to for mail in mailoutbox] == [["attendee@example.com"]] * 2
    assert "was sent to attendee@example.com" in page
    assert logged(ticket)[0] == ("volunteer@example.com", "The entry link was sent.")
    Ticket.objects.update(state="canceled")
    assert "It cannot be sent" in text(do(desk, "send-link", ticket=ticket.pk))
    assert len(mailoutbox) == 2


def test_the_entry_link_is_shown_and_lets_its_holder_in(conference, desk):
    ticket = make_ticket(conference, holder_email="late@example.com")
    page = text(do(desk, "show-link", ticket=ticket.pk))
    assert 'src="data:image/svg+xml;base64,' in page
    url = re.search(r"http://testserver(/t/[^<]+)<", page)[1]
    phone = client_of(None)
    phone.post(url)
    assert phone.get("/lobby/").status_code == 200
    assert Claim.objects.get().user.email == "late@example.com"
    assert logged(ticket)[0][1] == "The entry link was shown at the help desk."


def test_no_link_is_shown_that_opens_more_than_a_ticket(conference, organizer, attendee, desk):
    theirs = make_ticket(conference, holder_email=organizer.email)
    assert "opens by its own login alone" in text(do(desk, "show-link", ticket=theirs.pk))
    without = make_ticket(conference)
    assert "It lets nobody in" in text(do(desk, "show-link", ticket=without.pk))
    Ticket.objects.filter(claims__user=attendee).update(holder_email="other@example.com")
    held = Ticket.objects.get(holder_email="other@example.com")
    page = text(do(desk, "show-link", ticket=held.pk))
    assert f"{attendee.reference} has this ticket." in page
    assert not LogEntry.objects.exists()
