"""What the role of the help desk may not: neither by a button nor by a request that one writes."""

from datetime import timedelta

import pytest
from django.forms.models import model_to_dict
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_role, make_ticket, make_user
from tickets.helpdesk.tests.at_the_helpdesk import do, make_volunteer, page_of
from tickets.models import Grant, Ticket

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(conference):
    return client_of(make_volunteer(conference))


@pytest.fixture
def chief(conference):
    return client_of(make_role(conference, "organizer"))


def let_in(client, ends_at):
    local = ends_at.astimezone(timezone.get_default_timezone())
    return do(
        client,
        "grant",
        email="guest@example.com",
        reason="lost the mail",
        scopes="conference",
        ends_at=f"{local:%Y-%m-%dT%H:%M:%S+00:00}",
    )


@pytest.mark.slow
def test_state_and_address_of_a_ticket_are_not_theirs_to_change(conference, desk):
    ticket = make_ticket(conference, state="canceled", holder_email="a@example.com")
    before = model_to_dict(ticket)
    change = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    page = desk.get(change)
    assert page.status_code == 200
    assert 'name="state"' not in page.text
    sent = {**before, "state": "valid", "holder_email": "friend@example.com"}
    sent = {name: value for name, value in sent.items() if value is not None}
    assert desk.post(change, sent).status_code == 403
    for action in ("restore", "release", "cancel", "send_entry_link", "mark_came_back"):
        sent = {"action": action, "_selected_action": [ticket.pk]}
        desk.post(reverse("admin:tickets_ticket_changelist"), sent)
        desk.post(change, sent)
    assert model_to_dict(Ticket.objects.get(pk=ticket.pk)) == before


@pytest.mark.slow
def test_they_let_in_for_a_day_and_no_longer(conference, desk, chief):
    at = timezone.now()
    assert "may come in" in let_in(desk, at + 23 * HOUR).text
    refused = let_in(desk, at + 25 * HOUR)
    assert "ends within a day" in refused.text
    grant = Grant.objects.get()
    assert grant.ends_at <= at + 24 * HOUR
    assert "may come in" in let_in(chief, at + 25 * HOUR).text
    assert Grant.objects.count() == 2


@pytest.mark.slow
def test_nothing_without_an_end(conference, desk):
    sent = {"email": "guest@example.com", "reason": "x", "scopes": "conference", "ends_at": ""}
    do(desk, "grant", **sent)
    person = make_user()
    form = {"user": person.pk, "scopes": "conference", "reason": "x"}
    for name in ("add", "upload"):
        assert desk.post(reverse(f"admin:tickets_grant_{name}"), form).status_code == 403
    grant = Grant.objects.create(
        conference=conference, user=person, reason="x", ends_at=timezone.now() + HOUR
    )
    change = reverse("admin:tickets_grant_change", args=[grant.pk])
    assert desk.post(change, form).status_code == 403
    assert list(Grant.objects.values_list("ends_at", flat=True)) == [grant.ends_at]


@pytest.mark.slow
def test_no_grant_grows_beyond_a_day(conference, desk, chief):
    at, person = timezone.now(), make_user()
    grant = Grant.objects.create(
        conference=conference, user=person, reason="x", ends_at=at + 22 * HOUR
    )
    assert "2 h longer" in desk.get(page_of(person)).text
    assert "ends within a day" in do(desk, "extend-grant", grant=grant.pk, hours=3).text
    assert "lasts 1 h longer" in do(desk, "extend-grant", grant=grant.pk, hours=1).text
    assert "lasts 9 h longer" in do(chief, "extend-grant", grant=grant.pk, hours=9).text


@pytest.mark.slow
def test_no_ticket_lasts_longer_by_more_than_a_day(conference, attendee, desk, chief):
    ticket = Ticket.objects.get()
    Ticket.objects.update(valid_until=timezone.now() + 23 * HOUR)
    assert "ends within a day" in do(desk, "extend-ticket", ticket=ticket.pk, hours=2).text
    assert not Grant.objects.exists()
    assert "lasts 2 h longer" in do(chief, "extend-ticket", ticket=ticket.pk, hours=2).text


@pytest.mark.slow
@pytest.mark.parametrize("ends_in", [None, 48 * HOUR])
def test_what_lasts_longer_is_not_theirs_to_take_back(conference, desk, chief, ends_in):
    person = make_user()
    ends_at = ends_in and timezone.now() + ends_in
    grant = Grant.objects.create(conference=conference, user=person, reason="x", ends_at=ends_at)
    page = desk.get(page_of(person)).text
    assert "end-grant" not in page
    assert "extend-grant" not in page
    assert "lasts longer than a day" in do(desk, "end-grant", grant=grant.pk).text
    grant.refresh_from_db()
    assert grant.ends_at == ends_at
    assert "Taken back." in do(chief, "end-grant", grant=grant.pk).text


@pytest.mark.slow
def test_what_they_gave_they_take_back(conference, desk):
    let_in(desk, timezone.now() + HOUR)
    assert "Taken back." in do(desk, "end-grant", grant=Grant.objects.get().pk).text


def test_they_give_no_role(conference, desk, stranger):
    make_ticket(conference, user=stranger)
    change = reverse("admin:tickets_user_change", args=[stranger.pk])
    row = {"roles-TOTAL_FORMS": 1, "roles-INITIAL_FORMS": 0, "roles-0-kind": "organizer"}
    assert desk.get(change).status_code == 200
    assert desk.post(change, {**row, "roles-0-user": stranger.pk}).status_code == 403
    assert not stranger.roles.exists()
