"""My tickets, and what shared pages leave out."""

from conftest import client_of, make_ticket, utc
from tickets.models import User


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
