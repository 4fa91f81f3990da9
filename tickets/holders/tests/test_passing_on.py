"""Tickets change hands in the portal: passed on, given back, assigned by who bought them."""

from datetime import timedelta
from itertools import pairwise

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone

from conftest import client_of, make_conference, make_ticket, make_user
from tickets.accounts.tests.signing_in import told
from tickets.admission.claiming import claim_tickets
from tickets.holders.links import link_to, url_of
from tickets.holders.passing_on import NotPassedOn, free_tickets_of, pass_on
from tickets.models import Claim, EntryLink, Ticket

SITE = "https://live.example.org"


@pytest.fixture
def ticket(attendee):
    return Ticket.objects.get()


def path_of(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/pass-on/"


def give(ticket, email="bea@example.com", by=None):
    pass_on(ticket=ticket, email=email, site=SITE, by=by)


@pytest.mark.slow
def test_the_old_holder_is_out_and_the_new_one_in(
    attendee, ticket, client, django_capture_on_commit_callbacks
):
    old_link = url_of(link_to(ticket), "")
    old = client_of(attendee)
    assert old.get("/lobby/").status_code == 200
    assert path_of(ticket) in old.get("/tickets/").text
    page = old.get(path_of(ticket))
    assert ticket.code in page.text
    with django_capture_on_commit_callbacks(execute=True):
        response = old.post(path_of(ticket), {"email": "Bea@Example.com"}, follow=True)
    assert "passed on" in response.text
    assert "bea@example.com" in response.text
    assert old.get("/lobby/").status_code == 403
    assert client.post(old_link).status_code == 404

    (message,) = mail.outbox
    assert message.to == ["bea@example.com"]
    new_link = message.body.partition("http://testserver")[2].split()[0]
    assert client.post(new_link).url == "/lobby/"
    assert client.get("/lobby/").status_code == 200
    ticket.refresh_from_db()
    assert ticket.live_claim.user.email == ticket.holder_email == "bea@example.com"
    assert (ticket.times_passed_on, ticket.holder_name) == (1, "")
    assert ticket.passed_on_at
    assert EntryLink.objects.get().number == 2


def test_who_is_known_already_has_it_at_once(attendee, ticket, stranger):
    give(ticket, stranger.email, by=attendee)
    assert ticket.live_claim.user == stranger


def test_it_does_not_come_back_to_the_old_holder_by_itself(conference, attendee, ticket):
    give(ticket, by=attendee)
    assert claim_tickets(conference, attendee) == 0


def test_whose_mailbox_it_was_reads_of_it_when_somebody_else_passed_it_on(attendee, ticket):
    Ticket.objects.update(holder_email="ada@work.example")
    give(ticket, "bea@example.com", by=attendee)
    told = {message.to[0]: message for message in mail.outbox}
    assert set(told) == {"bea@example.com", "ada@work.example"}
    text = told["ada@work.example"].body
    assert "b***@example.com" in text
    assert "bea@example.com" not in text
    assert "/t/" not in text


@pytest.mark.slow
def test_not_twice_within_a_day_and_at_most_three_times(attendee, ticket):
    holders = [attendee, *(make_user() for _number in range(4))]
    for old, new in pairwise(holders[:4]):
        give(ticket, new.email, by=old)
        with pytest.raises(NotPassedOn, match="within a day|3 times"):
            give(ticket, "eve@example.com", by=new)
        Ticket.objects.update(passed_on_at=timezone.now() - timedelta(hours=24))
    with pytest.raises(NotPassedOn, match="3 times"):
        give(ticket, holders[4].email, by=holders[3])
    give(ticket, holders[4].email)
    assert ticket.live_claim.user == holders[4]


@pytest.mark.slow
def test_the_page_says_why_not(attendee, ticket):
    client = client_of(attendee)
    page = told(client, client.post(path_of(ticket), {"email": attendee.email}))
    assert "in the name of this address already" in page
    other = make_ticket(ticket.conference, user=attendee)
    client.post(path_of(ticket), {"email": "bea"})
    assert "valid email" not in client.get(path_of(other)).text
    Ticket.objects.update(passed_on_at=timezone.now())
    assert "within a day" in told(
        client, client.post(path_of(ticket), {"email": "bea@example.com"})
    )
    assert "valid email" in told(client, client.post(path_of(ticket), {"email": "bea"}))
    assert mail.outbox == []
    assert ticket.live_claim.user == attendee


@pytest.mark.parametrize("state", ["canceled", "pending", "unknown"])
def test_only_a_valid_ticket(attendee, ticket, state):
    Ticket.objects.update(state=state)
    with pytest.raises(NotPassedOn, match="valid"):
        give(ticket, by=attendee)
    assert path_of(ticket) not in client_of(attendee).get("/tickets/").text


def test_not_somebody_elses(conference, ticket, stranger):
    client = client_of(stranger)
    for path in (path_of(ticket), f"/tickets/{ticket.pk}/release/"):
        assert client.post(path, {"email": "eve@example.com"}).status_code == 404
    elsewhere = make_ticket(make_conference(domain="b.example"), user=stranger)
    assert client.get(path_of(elsewhere)).status_code == 404
    with pytest.raises(NotPassedOn, match="not yours"):
        give(ticket, by=stranger)


@pytest.mark.slow
def test_who_bought_several_gives_away_those_that_nobody_has(conference, stranger):
    bought = {"buyer_email": stranger.email}
    own = make_ticket(conference, holder_email=stranger.email, **bought)
    spare = make_ticket(conference, holder_email=stranger.email, **bought)
    nameless = make_ticket(conference, **bought)
    named = make_ticket(conference, holder_email="typo@example.com", **bought)
    taken = make_ticket(conference, holder_email="bea@example.com", **bought)
    make_ticket(conference, state="canceled", **bought)
    Claim.objects.create(ticket=taken, user=make_user("bea@example.com"))
    claim_tickets(conference, stranger)
    assert own.live_claim.user == stranger
    assert list(free_tickets_of(conference, stranger)) == [spare, nameless, named]
    client = client_of(stranger)
    page = client.get("/tickets/").text
    assert "Tickets that nobody has yet" in page
    assert "waits for" in page
    for ticket in (spare, nameless, named):
        assert path_of(ticket) in page
        email = f"guest-{ticket.pk}@example.com"
        assert client.post(path_of(ticket), {"email": email}).status_code == 302
    assert path_of(taken) not in page
    assert client.post(path_of(taken), {"email": "eve@example.com"}).status_code == 404
    assert own.live_claim.user == stranger


def test_an_address_that_was_only_typed_gives_nothing_away(conference, stranger):
    make_ticket(conference, holder_email=stranger.email)
    EmailAddress.objects.update(verified=False)
    assert list(free_tickets_of(conference, stranger)) == []


@pytest.mark.slow
def test_given_back_it_waits_for_whose_address_it_carries(
    conference, attendee, ticket, django_capture_on_commit_callbacks
):
    client = client_of(attendee)
    assert f"/tickets/{ticket.pk}/release/" not in client.get("/tickets/").text
    Ticket.objects.update(holder_email="ada@work.example")
    assert f"/tickets/{ticket.pk}/release/" in client.get("/tickets/").text
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/tickets/{ticket.pk}/release/")
    assert ticket.live_claim is None
    assert client.get("/lobby/").status_code == 403
    ada = make_user("ada@work.example")
    assert claim_tickets(conference, ada) == 1
    assert client.post(f"/tickets/{ticket.pk}/release/").status_code == 404
    assert ticket.live_claim.user == ada


def test_who_has_nothing_reads_the_three_ways_in(conference, stranger):
    page = client_of(stranger).get("/tickets/").text
    assert "Three ways to your ticket" in page
    assert 'action="/tickets/find/"' in page
    assert 'href="/tickets/claim/"' in page
    assert "stranger@example.com" in page
