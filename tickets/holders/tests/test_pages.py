"""My tickets, and what shared pages leave out."""

import pytest
from django.utils import timezone

from conftest import client_of, make_speaker, make_talk, make_ticket, utc
from lib.qr import qr_image
from lib.sealing import seal
from tickets.models import Ticket, User


def test_an_attendee_sees_the_ticket(attendee):
    page = client_of(attendee).get("/tickets/")
    assert page.status_code == 200
    assert "TICKET-" in page.text
    assert "To the lobby" in page.text
    assert "no-store" in page["Cache-Control"]


def test_times_of_a_ticket_are_the_conference_s(conference, attendee):
    from_noon = utc("2026-11-21 11:00")
    make_ticket(conference, user=attendee, valid_from=from_noon)
    assert "12:00" in client_of(attendee).get("/tickets/").text


def test_a_ticket_shows_what_it_opens_when_its_codes_and_its_picture_for_the_door(
    conference, stranger
):
    make_talk(conference, code="WS", title="Soldering", starts_at=utc("2026-11-21 10:00"))
    sealed = {"door_code": seal("door-secret"), "order_url": seal("https://shop.example/o/1/s/")}
    fields = {"order_code": "AB7C3", "buyer_email": stranger.email, **sealed}
    make_ticket(conference, user=stranger, scopes=["talk:WS"], **fields)
    html = client_of(stranger).get("/tickets/").text
    assert "“Soldering”" in html
    assert "21 November, 10:45–11:55" in html
    assert "AB7C3" in html
    assert 'href="https://shop.example/o/1/s/"' in html
    assert qr_image("door-secret") in html
    assert html.count('class="button"') == 1


@pytest.mark.slow
def test_the_code_for_the_door_is_for_who_has_a_valid_ticket(conference, stranger):
    ticket = make_ticket(conference, user=stranger, door_code=seal("door-secret"))
    assert "QR code" in client_of(stranger).get("/tickets/").text
    for state in ("pending", "blocked", "canceled", "unknown"):
        Ticket.objects.update(state=state)
        assert "QR code" not in client_of(stranger).get("/tickets/").text
    Ticket.objects.update(state="valid", door_code="sealed with another key")
    assert client_of(stranger).get("/tickets/").status_code == 200
    Ticket.objects.update(door_code=seal("door-secret"))
    ticket.claims.get().release(timezone.now())
    html = client_of(stranger).get("/tickets/").text
    assert ticket.code in html
    assert "QR code" not in html


def test_a_speaker_finds_the_timer(conference, stranger):
    speaker = make_speaker(conference, email=stranger.email)
    make_talk(conference, code="OWN", title="Mine", speakers=[speaker])
    html = client_of(stranger).get("/tickets/").text
    assert "Your talk “Mine” is on " in html
    assert 'href="/talks/OWN/timer/"' in html


def test_somebody_without_a_ticket_learns_what_to_do(stranger):
    page = client_of(stranger).get("/tickets/").text
    assert "We have no ticket for this address" in page
    assert "help@testconf.example" in page
    assert stranger.reference in page


def test_tickets_need_a_sign_in(conference):
    response = client_of(None).get("/tickets/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=%2Ftickets%2F"


def test_me_says_who_is_here(attendee):
    response = client_of(attendee).get("/me.json")
    assert response.json()["name"] == "Ada"
    assert response.json()["csrf_token"]
    assert "no-store" in response["Cache-Control"]


def test_me_of_nobody_has_no_name(conference):
    assert client_of(None).get("/me.json").json()["name"] is None


def test_without_a_display_name_the_address_is_cut():
    assert User(email="ada@example.com").short_name == "ada"
