import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference, make_room, make_talk, make_ticket, make_user
from tickets.admission.rule import Reason, admission_of
from tickets.models import Claim, Grant, Product, Role, Ticket, User
from tickets.models.roles import PERMISSIONS

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
TICKETS = reverse("admin:tickets_ticket_changelist")
PEOPLE = reverse("admin:tickets_user_changelist")


@pytest.fixture
def conference(db):
    # With a domain: some tests make a second conference.
    return make_conference(domain="testserver")


@pytest.fixture
def client(organizer):
    """Of a superuser."""
    return client_of(organizer)


@pytest.fixture
def helper(conference):
    """Someone with the role of an organizer in this conference, and nothing else."""
    helper = make_user("helper@example.com")
    Role.objects.create(user=helper, conference=conference, kind="organizer")
    return helper


def url_of(row):
    return reverse(f"admin:tickets_{row._meta.model_name}_change", args=[row.pk])


def inlines(**counts):
    data = {}
    for prefix, (total, initial) in counts.items():
        data |= {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}
    return data


def ticket_data(ticket, **kw):
    fields = {
        "code": ticket.code,
        "product": ticket.product.pk,
        "state": ticket.state,
        "holder_email": ticket.holder_email,
        **inlines(claims=(0, 0)),
    }
    return {**fields, **kw}


def codes(response):
    return {ticket.code for ticket in response.context["cl"].result_list}


@pytest.mark.parametrize(
    "query", ["AAA", "ORDER-1", "lovelace", "Ada@Example", "buyer@", "got@it.example", "reference"]
)
def test_tickets_are_found(client, conference, query):
    person = make_user("got@it.example")
    one = make_ticket(
        conference,
        code="AAA",
        order_code="ORDER-1",
        holder_name="Ada Lovelace",
        holder_email="ada@example.com",
        buyer_email="buyer@example.com",
    )
    Claim.objects.create(ticket=one, user=person)
    make_ticket(conference, code="BBB")
    response = client.get(TICKETS, {"q": person.reference if query == "reference" else query})
    assert codes(response) == {"AAA"}
    assert "got@it.example" in response.content.decode()


def test_tickets_that_nobody_has_are_listed(client, conference):
    make_ticket(conference, code="FREE")
    make_ticket(conference, code="HELD", user=make_user())
    make_ticket(conference, code="BACK", user=make_user())
    Claim.objects.filter(ticket__code="BACK").update(released_at=timezone.now())
    assert codes(client.get(TICKETS, {"held": "no"})) == {"FREE", "BACK"}
    assert codes(client.get(TICKETS, {"held": "yes"})) == {"HELD"}


def test_the_state_is_changed_and_known_at_once(
    client, conference, attendee, django_capture_on_commit_callbacks
):
    ticket = Ticket.objects.get()
    assert admission_of(conference, attendee.pk).openings
    with django_capture_on_commit_callbacks(execute=True):
        claim = ticket.claims.get()
        kept = {"claims-0-id": claim.pk, "claims-0-ticket": ticket.pk, **inlines(claims=(1, 1))}
        client.post(url_of(ticket), ticket_data(ticket, state="canceled", **kept))
    admission = admission_of(conference, attendee.pk)
    assert not admission.openings
    assert admission.refusal(None, timezone.now()) is Reason.TICKET_CANCELED


def test_the_actions_cancel_restore_and_release(
    client, conference, attendee, django_capture_on_commit_callbacks
):
    ticket = Ticket.objects.get()

    def act(action):
        with django_capture_on_commit_callbacks(execute=True):
            chosen = {"_selected_action": [ticket.pk]}
            page = client.post(TICKETS, {"action": action, **chosen}, follow=True)
        ticket.refresh_from_db()
        return page.content.decode()

    assert "1 ticket: canceled" in act("cancel")
    assert ticket.state == Ticket.State.CANCELED
    assert not admission_of(conference, attendee.pk).openings
    assert "1 ticket: valid" in act("restore")
    assert admission_of(conference, attendee.pk).openings
    assert "1 ticket: released" in act("release")
    assert ticket.live_claim is None
    assert not admission_of(conference, attendee.pk).openings


def test_a_ticket_is_given_to_somebody(
    client, conference, stranger, django_capture_on_commit_callbacks
):
    ticket = make_ticket(conference)
    assert not admission_of(conference, stranger.pk).openings
    row = {"claims-0-user": stranger.pk, "claims-0-ticket": ticket.pk, **inlines(claims=(1, 0))}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url_of(ticket), ticket_data(ticket, **row))
    assert ticket.live_claim.user == stranger
    assert admission_of(conference, stranger.pk).openings


def test_a_ticket_passes_from_one_to_another_in_one_form(client, conference, attendee, stranger):
    ticket = Ticket.objects.get()
    first = {"claims-0-id": ticket.claims.get().pk, "claims-0-ticket": ticket.pk}
    second = {"claims-1-user": stranger.pk, "claims-1-ticket": ticket.pk}
    rows = {**first, **second, **inlines(claims=(2, 1))}

    refused = client.post(url_of(ticket), ticket_data(ticket, **rows))
    assert "Somebody has this ticket." in refused.content.decode()
    assert ticket.live_claim.user == attendee

    client.post(url_of(ticket), ticket_data(ticket, **rows, **{"claims-0-release": "on"}))
    assert ticket.live_claim.user == stranger
    assert ticket.claims.exclude(released_at=None).get().user == attendee


def test_a_claim_is_not_moved_to_somebody_else(client, conference, attendee, stranger):
    ticket = Ticket.objects.get()
    row = {
        "claims-0-id": ticket.claims.get().pk,
        "claims-0-ticket": ticket.pk,
        "claims-0-user": stranger.pk,
        **inlines(claims=(1, 1)),
    }
    client.post(url_of(ticket), ticket_data(ticket, **row))
    assert ticket.live_claim.user == attendee


def test_tickets_are_not_deleted(client, conference):
    ticket = make_ticket(conference)
    delete = reverse("admin:tickets_ticket_delete", args=[ticket.pk])
    assert client.get(delete).status_code == 403
    assert "delete_selected" not in client.get(TICKETS).content.decode()


def test_a_code_is_unique_in_the_conference(client, conference):
    ticket = make_ticket(conference, code="AAA")
    add = reverse("admin:tickets_ticket_add")
    response = client.post(add, ticket_data(ticket))
    assert "already exists" in str(response.context["adminform"].form.errors)


def test_a_product_opens_scopes_that_exist(client, conference):
    make_room(conference, slug="main")
    make_talk(conference, code="TEA")
    add = reverse("admin:tickets_product_add")
    data = {
        "name": "Full",
        "scopes": f"room:main, talk:TEA day:{conference.starts_on},replay",
        "places": "3",
    }
    assert client.post(add, data).status_code == 302
    assert Product.objects.get().places == 3
    scopes = ["room:main", "talk:TEA", f"day:{conference.starts_on}", "replay"]
    assert Product.objects.get().scopes == scopes
    page = client.get(url_of(Product.objects.get())).content.decode()
    assert ", ".join(scopes) in page


@pytest.mark.parametrize(
    ("scopes", "says"),
    [
        ("room:mian", "Testconf has no room:mian. There are: room:main."),
        ("talk:NONE", "Testconf has no talk:NONE."),
        (
            "day:2031-01-01",
            "Testconf has no day:2031-01-01. There are: day:",
        ),
        ("everything", "“everything” is not a scope."),
        ("day:tomorrow", "“tomorrow” is not a day."),
    ],
)
def test_a_scope_that_opens_nothing_is_explained(client, conference, scopes, says):
    make_room(conference, slug="main")
    add = reverse("admin:tickets_product_add")
    response = client.post(add, {"name": "Full", "scopes": scopes})
    assert says in str(response.context["adminform"].form.errors["scopes"])


def test_a_grant_of_what_does_not_exist_is_refused(client, conference, stranger):
    grant = {"user": stranger.pk, "reason": "press", "starts_at_0": "2026-07-01"}
    grant |= {"starts_at_1": "10:00", "scopes": "day:2031-01-01"}
    response = client.post(reverse("admin:tickets_grant_add"), grant)
    errors = response.context["adminform"].form.errors
    assert "Testconf has no day:2031-01-01." in str(errors["scopes"])
    assert not stranger.grants.exists()
    grant["scopes"] = f"day:{conference.ends_on}"
    assert client.post(reverse("admin:tickets_grant_add"), grant).status_code == 302
    assert stranger.grants.get().scopes == [f"day:{conference.ends_on}"]


def test_a_grant_says_who_gave_it(
    client, conference, organizer, stranger, django_capture_on_commit_callbacks
):
    assert not admission_of(conference, stranger.pk).openings
    data = {
        "user": stranger.pk,
        "scopes": "conference",
        "reason": "press",
        "has_any_places": "on",
        "starts_at_0": "2026-07-01",
        "starts_at_1": "10:00",
    }
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:tickets_grant_add"), data)
    grant = stranger.grants.get()
    assert (grant.conference, grant.given_by, grant.scopes) == (
        conference,
        organizer,
        ["conference"],
    )
    assert admission_of(conference, stranger.pk).openings
    assert admission_of(conference, stranger.pk).places is None

    delete = reverse("admin:tickets_grant_delete", args=[grant.pk])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(delete, {"post": "yes"})
    assert not admission_of(conference, stranger.pk).openings


def person_data(person, **kw):
    none = (0, 0)
    counts = inlines(claims=none, grants=none, roles=none)
    return {"display_name": person.display_name, "is_active": "on", **counts, **kw}


def test_a_grant_is_given_in_the_form_of_a_person(client, conference, organizer, stranger):
    grant = {
        "grants-0-user": stranger.pk,
        "grants-0-scopes": "replay",
        "grants-0-reason": "crew",
        "grants-0-starts_at_0": "2026-07-01",
        "grants-0-starts_at_1": "10:00",
        **inlines(grants=(1, 0)),
    }
    response = client.post(url_of(stranger), person_data(stranger, **grant))
    assert response.status_code == 302
    grant = stranger.grants.get()
    assert (grant.scopes, grant.given_by, grant.conference) == (["replay"], organizer, conference)


def test_who_is_made_inactive_is_out_at_once(
    client, conference, attendee, django_capture_on_commit_callbacks
):
    assert admission_of(conference, attendee.pk).is_active
    with django_capture_on_commit_callbacks(execute=True):
        data = person_data(attendee)
        del data["is_active"]
        client.post(url_of(attendee), data)
    assert not admission_of(conference, attendee.pk).is_active


def test_a_person_is_added_without_a_password(client):
    add = reverse("admin:tickets_user_add")
    client.post(add, {"email": "New@Example.COM", **inlines(grants=(0, 0), roles=(0, 0))})
    person = User.objects.get(email="new@example.com")
    assert not person.has_usable_password()


def test_a_superuser_sets_a_password(client, stranger):
    url = reverse("admin:auth_user_password_change", args=[stranger.pk])
    assert client.get(url).status_code == 200
    secret = "correct horse battery"
    client.post(url, {"password1": secret, "password2": secret, "usable_password": "true"})
    stranger.refresh_from_db()
    assert stranger.check_password(secret)


@pytest.mark.parametrize("query", ["{0}", "p{1}", "attendee@EXAMPLE.com"])
def test_a_person_is_found_by_reference_and_address(helper, attendee, query):
    small = attendee.reference.removeprefix("P-").replace("-", " ").lower()
    response = client_of(helper).get(PEOPLE, {"q": query.format(attendee.reference, small)})
    assert list(response.context["cl"].result_list) == [attendee]
    assert attendee.reference in response.content.decode()


def test_the_list_has_the_people_of_the_conference(client, helper, attendee, stranger):
    mine = client_of(helper)
    page = mine.get(PEOPLE).content.decode()
    assert "attendee@example.com" in page
    assert "stranger@example.com" not in page
    assert "stranger@example.com" not in mine.get(PEOPLE, {"q": "stranger"}).content.decode()
    # Superusers see everybody.
    assert "stranger@example.com" in client.get(PEOPLE).content.decode()


def test_a_person_without_superuser_rights_raises_nobody(conference, helper, organizer, stranger):
    make_ticket(conference, user=stranger)
    client = client_of(helper)
    page = client.get(url_of(stranger)).content.decode()
    assert "stranger@example.com" in page
    for field in ("is_staff", "is_superuser", "groups", "user_permissions", "email"):
        assert f'name="{field}"' not in page
    data = person_data(stranger, is_superuser="on", email="mine@example.com")
    client.post(url_of(stranger), data)
    stranger.refresh_from_db()
    assert not stranger.is_superuser
    assert stranger.email == "stranger@example.com"
    password = reverse("admin:auth_user_password_change", args=[stranger.pk])
    assert client.get(password).status_code == 403
    # At superusers nobody else looks.
    assert client.get(url_of(organizer)).status_code == 404
    assert client.post(url_of(organizer), person_data(organizer)).status_code == 404


def give_role(client, person, kind):
    row = {"roles-0-user": person.pk, "roles-0-kind": kind, **inlines(roles=(1, 0))}
    return client.post(url_of(person), person_data(person, **row))


def test_nobody_gives_a_role_that_may_do_more_than_they_may(
    conference, helper, stranger, monkeypatch
):
    beyond = PERMISSIONS["helpdesk"] | {"tickets.beyond"}
    monkeypatch.setitem(PERMISSIONS, "helpdesk", beyond)
    client = client_of(helper)
    make_ticket(conference, user=stranger)
    refused = give_role(client, stranger, "helpdesk")
    assert refused.status_code == 200
    assert "Select a valid choice" in refused.content.decode()
    assert give_role(client, stranger, "moderator").status_code == 302
    role = stranger.roles.get()
    assert (role.kind, role.conference) == ("moderator", conference)


def test_the_form_of_a_person_has_no_groups_and_no_single_permissions(client, stranger):
    fields = client.get(url_of(stranger)).context["adminform"].form.fields
    assert fields.keys().isdisjoint({"groups", "user_permissions", "is_staff"})
    assert Group not in admin.site._registry


def test_grants_and_tickets_of_other_conferences_stay_out_of_the_form(client, stranger):
    other = make_conference(domain="other.example.com")
    Grant.objects.create(conference=other, user=stranger, reason="crew elsewhere")
    make_ticket(other, user=stranger, code="ELSEWHERE")
    page = client.get(url_of(stranger)).content.decode()
    assert "crew elsewhere" not in page
    assert "ELSEWHERE" not in page


@pytest.mark.parametrize("model", ["product", "ticket", "grant", "user"])
def test_a_list_of_more_rows_costs_the_same_queries(client, conference, model):
    url = reverse(f"admin:tickets_{model}_changelist")

    def make_row(number):
        user = make_user(display_name=f"Person {number}")
        ticket = make_ticket(conference, user=user, scopes=["conference", f"room:{number}"])
        Grant.objects.create(conference=conference, user=user, reason="x", given_by=user)
        return ticket

    make_row(1)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        before = client.get(url).context["cl"].result_count
    make_row(2)
    make_row(3)
    with CaptureQueriesContext(connection) as more:
        assert client.get(url).context["cl"].result_count == before + 2
    assert len(more) == len(few)
