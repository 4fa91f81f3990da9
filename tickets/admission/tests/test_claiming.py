"""A ticket finds the person whose verified address it carries."""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_conference, make_talk, make_ticket, make_user
from tickets.accounts.tests.signing_in import ask_for_code, sign_in
from tickets.admission.claiming import claim_tickets
from tickets.models import Claim, Ticket, User


def tickets_of(user: User) -> list[Ticket]:
    claims = Claim.objects.live().filter(user=user).order_by("ticket")
    return [claim.ticket for claim in claims.select_related("ticket")]


def today(conference, days=0):
    return (conference.day_of(timezone.now()) + timedelta(days=days)).isoformat()


def test_signing_in_claims_the_ticket_and_lets_in(client, conference):
    ticket = make_ticket(conference, holder_email="ada@example.com")
    ask_for_code(client, "Ada@example.com")
    assert not Claim.objects.exists()
    sign_in(Client(), "ada@example.com")
    ada = User.objects.get(email="ada@example.com")
    assert tickets_of(ada) == [ticket]


def test_the_next_page_is_open(client, conference):
    make_ticket(conference, holder_email="ada@example.com")
    assert sign_in(client, "ada@example.com").url == "/lobby/"
    assert client.get("/lobby/").status_code == 200


def test_once_is_enough(conference, stranger):
    make_ticket(conference, holder_email=stranger.email)
    assert claim_tickets(conference, stranger) == 1
    assert claim_tickets(conference, stranger) == 0
    assert Claim.objects.count() == 1


def test_of_several_the_person_gets_one_and_the_rest_stay_free(conference, stranger):
    first, second, third = (
        make_ticket(conference, holder_email=stranger.email) for _number in range(3)
    )
    claim_tickets(conference, stranger)
    claim_tickets(conference, stranger)
    assert tickets_of(stranger) == [first]
    assert set(Ticket.objects.unclaimed()) == {second, third}


def test_what_opens_something_else_comes_along(conference, stranger):
    """A workshop beside the conference, tomorrow beside today; not what opens nothing."""
    make_talk(conference, code="WORKSHOP")
    make_ticket(conference, holder_email=stranger.email, scopes=[])
    make_ticket(conference, holder_email=stranger.email, scopes=[f"day:{today(conference, -1)}"])
    theirs = [
        make_ticket(conference, holder_email=stranger.email, **kw)
        for kw in (
            {},
            {"scopes": ["talk:WORKSHOP"]},
            {"scopes": [f"day:{today(conference)}"]},
            {"scopes": [f"day:{today(conference, 1)}"]},
            {"valid_from": timezone.now() + timedelta(days=1)},
        )
    ]
    second_workshop = make_ticket(conference, holder_email=stranger.email, scopes=["talk:WORKSHOP"])
    assert claim_tickets(conference, stranger) == 1
    assert tickets_of(stranger) == theirs
    claim_tickets(conference, stranger)
    assert second_workshop in Ticket.objects.unclaimed()


def test_a_workshop_that_is_over_stays_free_as_yesterday_does(conference, stranger):
    """And one of a talk that is not there. Asked for all their talks at once."""
    now, hour = timezone.now(), timedelta(hours=1)
    make_talk(conference, code="OVER", starts_at=now - 3 * hour, ends_at=now - hour)
    make_talk(conference, code="LATER", starts_at=now + hour, ends_at=now + 2 * hour)
    mine = {"holder_email": stranger.email}
    for scopes in (["talk:OVER"], ["talk:GONE"]):
        make_ticket(conference, scopes=scopes, **mine)
    later = make_ticket(conference, scopes=["talk:OVER", "talk:LATER"], **mine)
    with CaptureQueriesContext(connection) as queries:
        assert claim_tickets(conference, stranger) == 1
    assert tickets_of(stranger) == [later]
    assert len([query for query in queries if "schedule_talk" in query["sql"]]) == 1


def test_yesterdays_ticket_does_not_stand_in_the_way(conference, stranger):
    make_ticket(conference, user=stranger, scopes=[f"day:{today(conference, -1)}"])
    now = make_ticket(conference, holder_email=stranger.email, scopes=[f"day:{today(conference)}"])
    assert claim_tickets(conference, stranger) == 1
    assert now in tickets_of(stranger)


@pytest.mark.parametrize("state", ["canceled", "pending", "unknown"])
def test_nor_does_one_that_is_not_valid(conference, stranger, state):
    make_ticket(conference, user=stranger, state=state)
    valid = make_ticket(conference, holder_email=stranger.email)
    assert claim_tickets(conference, stranger) == 1
    assert valid in tickets_of(stranger)


@pytest.mark.parametrize(
    "kw",
    [
        {"state": "canceled"},
        {"state": "pending"},
        {"state": "unknown"},
        {"scopes": []},
        {"scopes": ["nonsense"]},
        {"holder_email": "somebody.else@example.com"},
        {"holder_email": "stranger+tag@example.com"},
        {"holder_email": "", "buyer_email": "stranger@example.com"},
        {"valid_until": timezone.now() - timedelta(minutes=1)},
    ],
)
def test_other_tickets_are_left_alone(conference, stranger, kw):
    make_ticket(conference, **{"holder_email": stranger.email, **kw})
    assert claim_tickets(conference, stranger) == 0
    assert not Claim.objects.exists()


def test_somebody_elses_is_left_alone(conference, attendee, stranger):
    Ticket.objects.update(holder_email=stranger.email)
    assert claim_tickets(conference, stranger) == 0
    assert len(tickets_of(attendee)) == 1


def test_a_released_ticket_can_be_claimed_again(conference, attendee, stranger):
    Ticket.objects.update(holder_email=stranger.email)
    Claim.objects.update(released_at=timezone.now())
    assert claim_tickets(conference, stranger) == 1


def test_tickets_of_other_conferences_wait(conference, stranger):
    other = make_conference(domain="other.example.org")
    make_ticket(other, holder_email=stranger.email)
    assert claim_tickets(conference, stranger) == 0
    assert claim_tickets(other, stranger) == 1


def test_an_unverified_address_claims_nothing(conference, stranger):
    make_ticket(conference, holder_email=stranger.email)
    EmailAddress.objects.update(verified=False)
    assert claim_tickets(conference, stranger) == 0
    EmailAddress.objects.all().delete()
    assert claim_tickets(conference, stranger) == 0


def test_another_verified_address_is_not_the_login(conference, stranger):
    EmailAddress.objects.create(user=stranger, email="old@example.com", verified=True)
    make_ticket(conference, holder_email="old@example.com")
    assert claim_tickets(conference, stranger) == 0


def test_a_banned_person_claims_nothing(conference, stranger):
    make_ticket(conference, holder_email=stranger.email)
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    assert claim_tickets(conference) == 0


def test_all_at_once_costs_as_much_as_one(conference, stranger):
    make_ticket(conference, holder_email=stranger.email)
    with CaptureQueriesContext(connection) as for_one:
        assert claim_tickets(conference) == 1
    for _number in range(3):
        make_ticket(conference, holder_email=make_user().email)
    with CaptureQueriesContext(connection) as for_three:
        assert claim_tickets(conference) == 3
    assert len(for_three) == len(for_one) <= 7


def test_the_kept_admission_is_dropped(conference, stranger, django_capture_on_commit_callbacks):
    client = client_of(stranger)
    assert 'data-reason="ticket_required"' in client.get("/lobby/").text
    make_ticket(conference, holder_email=stranger.email)
    with django_capture_on_commit_callbacks(execute=True):
        claim_tickets(conference, stranger)
    assert "<h1>Lobby</h1>" in client.get("/lobby/").text


@pytest.mark.slow
def test_a_ticket_that_came_later_is_looked_for_with_a_button(
    conference, stranger, django_capture_on_commit_callbacks
):
    client = client_of(stranger)
    assert 'action="/tickets/find/"' in client.get("/tickets/").text
    response = client.post("/tickets/find/", follow=True)
    assert "No ticket is waiting" in response.text
    ticket = make_ticket(conference, holder_email=stranger.email)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/tickets/find/", follow=True)
    assert "We found your ticket" in response.text
    assert ticket.code in response.text


def test_looking_for_it_takes_a_post_and_a_person(conference, stranger):
    assert client_of(stranger).get("/tickets/find/").status_code == 405
    assert Client().post("/tickets/find/").url == "/accounts/login/"


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_sign_ins_at_the_same_moment_claim_one_ticket():
    conference = make_conference()
    person = make_user("twice@example.com")
    for _number in range(3):
        make_ticket(conference, holder_email=person.email)
    start = threading.Barrier(4)
    failures = []

    def claim():
        start.wait()
        try:
            claim_tickets(conference, person)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=claim) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Claim.objects.count() == 1
