"""One's own explanation: friendly, complete, and with nothing about anybody else."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_room, make_speaker, make_talk, make_ticket, make_user
from tickets.admission.watching import watch
from tickets.models import Ban, Claim, Grant, Shop, Ticket

WHY = reverse("why")


def page(user):
    response = client_of(user).get(WHY)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def test_somebody_with_a_ticket(attendee):
    html = page(attendee)
    assert "You may come in" in html
    assert (
        f"signed in as attendee@example.com. The help desk knows you as {attendee.reference}."
        in html
    )
    ticket = Ticket.objects.get()
    assert f"({ticket.code}). It opens: the whole conference." in html
    assert "You need a ticket" not in html


@pytest.mark.slow
def test_somebody_without(stranger):
    html = page(stranger)
    assert "You need a ticket" in html
    assert "No ticket is in the name of stranger@example.com." in html
    assert f'href="{reverse("claim")}"' in html
    refused = client_of(stranger).get("/lobby/").content.decode()
    assert f'href="{WHY}"' in refused
    assert f'href="{WHY}"' in client_of(stranger).get(reverse("tickets")).content.decode()


def test_what_it_opens_is_said_as_the_programme_calls_it(conference):
    make_room(conference, slug="side", name="Side hall")
    make_talk(conference, code="WS", title="Looms")
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:side", "talk:WS", "day:2026-11-21", "replay"])
    make_ticket(conference, user=user, scopes=[])
    html = page(user)
    assert "It opens: “Side hall”, “Looms”, 21 November, the replays." in html
    assert "It opens: nothing." in html


def test_each_state_of_a_ticket(conference):
    user = make_user()
    make_ticket(conference, user=user, state="canceled")
    make_ticket(conference, user=user, state="pending")
    make_ticket(conference, user=user, state="unknown")
    gone = make_ticket(conference, user=user)
    Claim.objects.filter(ticket=gone).update(released_at=timezone.now())
    html = page(user)
    assert "<h1>Your ticket is not paid yet</h1>" in html
    assert "The ticket shop has canceled your ticket" in html
    assert "is not paid yet" in html
    assert "does not say that" in html
    assert f"({gone.code}), until" in html


def test_grants_talks_bans_places_and_the_shop(conference, room, attendee):
    soon = timezone.now() + timedelta(hours=2)
    Grant.objects.create(
        conference=conference, user=attendee, reason="no money", ends_at=soon, scopes=["replay"]
    )
    Ban.objects.create(conference=conference, user=attendee, reason="shouted", ends_at=soon)
    speaker = make_speaker(conference, email=attendee.email)
    make_talk(conference, title="My own", room=room, speakers=[speaker])
    Shop.objects.create(
        conference=conference, slug="x", kind="y", synced_at=timezone.now() - timedelta(minutes=4)
    )
    watch(conference.pk, "laptop", user_id=attendee.pk, limit=2)
    html = page(attendee)
    assert "You cannot come in" in html
    assert "have shut this account out. They can tell you why. Until" in html
    assert "let you in without a ticket. It opens: the replays. Until" in html
    assert "You speak in “My own”" in html
    assert "You watch on 1 device now, and have 2 places." in html
    assert "We last heard from the ticket shop 4\xa0minutes ago." in html
    for organizers_words in ("no money", "shouted"):
        assert organizers_words not in html


def test_nothing_is_told_of_others(conference, attendee, stranger):
    held = Ticket.objects.get()
    Ticket.objects.update(holder_email=stranger.email, holder_name="Somebody Else")
    make_ticket(conference, holder_email="friend@example.com", buyer_email=stranger.email)
    html = page(stranger)
    assert f"({held.code}) is in your name, but another account uses it." in html
    assert "You have bought 1 ticket that is in another name" in html
    for others in (attendee.email, attendee.reference, "Ada", "friend@", "Somebody Else"):
        assert others not in html


def test_who_has_not_proved_the_address_learns_nothing_of_its_tickets(conference, stranger):
    EmailAddress.objects.update(verified=False)
    ticket = make_ticket(conference, holder_email=stranger.email, buyer_email=stranger.email)
    make_ticket(conference, holder_email="x@example.com", buyer_email=stranger.email)
    html = page(stranger)
    assert "You have not shown yet that you read the mail of this address." in html
    assert ticket.code not in html
    assert "No ticket is in" not in html and "is in your name" not in html
    assert "You have bought" not in html


def test_it_is_for_who_has_signed_in(conference):
    response = client_of(None).get(WHY)
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/?next=")


@pytest.mark.slow
def test_more_tickets_cost_no_more_queries(conference, attendee, django_assert_max_num_queries):
    client = client_of(attendee)

    def count():
        client.get(reverse("home"))
        with django_assert_max_num_queries(25) as queries:
            assert client.get(WHY).status_code == 200
        return len(queries)

    count()
    few = count()
    for _number in range(3):
        make_ticket(conference, user=attendee)
        make_ticket(conference, holder_email=attendee.email)
        make_ticket(conference, buyer_email=attendee.email, scopes=["talk:X"])
        Grant.objects.create(conference=conference, user=attendee, reason="crew")
    assert count() == few
