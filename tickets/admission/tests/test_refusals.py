"""How a no is said: to people, to programs, to fragments."""

import re

import pytest
from django.test import Client

from conftest import client_of
from tickets.models import Product, Ticket

FRAGMENT = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


def test_people_are_sent_to_the_login_page_and_back(conference):
    response = Client().get("/rooms/main/?t=1&u=%C3%BC")
    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=%2Frooms%2Fmain%2F%3Ft%3D1%26u%3D%25C3%25BC"


def test_people_without_a_ticket_read_what_to_do(conference, stranger):
    conference.tickets_url = "https://shop.example/"
    conference.save()
    response = client_of(stranger).get("/lobby/")
    assert response.status_code == 403
    assert 'data-reason="ticket_required"' in response.text
    assert "You need a ticket" in response.text
    assert stranger.reference in response.text
    assert "help@testconf.example" in response.text
    assert "https://shop.example/" in response.text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "canceled"}, "ticket_canceled"),
        ({"state": "pending"}, "ticket_required"),
        ({"valid_from": "2099-01-01T00:00Z"}, "not_yet"),
        ({"valid_until": "2001-01-01T00:00Z"}, "over"),
    ],
)
def test_the_page_and_the_json_name_the_reason(attendee, change, reason):
    Ticket.objects.update(**change)
    client = client_of(attendee)
    page = client.get("/rooms/main/")
    assert page.status_code == 403
    assert f'data-reason="{reason}"' in page.text
    told = client.get("/rooms/main/playback.json")
    assert told.status_code == 403
    assert told.json() == {"error": {"code": reason, "login_url": None}}


def test_the_wrong_ticket(attendee):
    Product.objects.update(scopes=["room:side"])
    page = client_of(attendee).get("/rooms/main/")
    assert 'data-reason="wrong_ticket"' in page.text


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("/rooms/main/playback.json", {}),
        ("/rooms/main/", JSON),
        ("/rooms/main/", {"Accept": "text/html;q=0.5, application/json"}),
    ],
)
def test_programs_get_a_code(conference, url, headers):
    response = Client().get(url, headers=headers)
    assert response.status_code == 401
    assert response.json() == {"error": {"code": "login_required", "login_url": "/accounts/login/"}}


@pytest.mark.parametrize(
    "accept", ["", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "image/png", "nonsense"]
)
def test_everybody_else_gets_the_page(conference, accept):
    response = Client().get("/lobby/", headers={"Accept": accept})
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=%2Flobby%2F")


def test_fragments_are_told_where_the_page_must_go(conference, stranger):
    headers = {**FRAGMENT, "Referer": "http://testserver/lobby/?day=1"}
    response = Client().get("/rooms/main/", headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == (
        "/accounts/login/?next=http%3A%2F%2Ftestserver%2Flobby%2F%3Fday%3D1"
    )
    assert response.content == b""
    response = client_of(stranger).get("/rooms/main/", headers=FRAGMENT)
    assert response.status_code == 403
    assert response.headers["HX-Redirect"] == "/tickets/"
    assert response.content == b""


@pytest.mark.parametrize(
    ("referer", "next_url"),
    [
        ("http://testserver/rooms/main/", "?next=http%3A%2F%2Ftestserver%2Frooms%2Fmain%2F"),
        ("https://evil.example/", ""),
        ("http://[", ""),
        ("javascript:alert(1)", ""),
        ("//evil.example/", ""),
        ("", ""),
    ],
)
def test_the_way_back_from_a_post_is_the_page_it_came_from(conference, referer, next_url):
    response = Client().post("/tickets/find/", headers={"Referer": referer})
    assert response.status_code == 302
    assert response.url == "/accounts/login/" + next_url


def test_a_way_back_that_is_too_long_is_left_out(conference):
    assert Client().get("/lobby/?" + "x" * 3000).url == "/accounts/login/"


@pytest.mark.parametrize("headers", [{}, JSON, FRAGMENT])
def test_no_cache_keeps_a_no(conference, stranger, headers):
    for client in (Client(), client_of(stranger)):
        response = client.get("/lobby/", headers=headers)
        assert "no-store" in response.headers["Cache-Control"]
        assert "private" in response.headers["Cache-Control"]
        for name in ("Cookie", "HX-Request", "Accept"):
            assert name in response.headers["Vary"]


def test_head_is_answered_without_a_body(conference, stranger):
    response = client_of(stranger).head("/lobby/")
    assert response.status_code == 403
    assert response.content == b""


def test_a_banned_person_gets_no_way_around(attendee):
    attendee.is_active = False
    attendee.save()
    response = client_of(attendee).get("/lobby/")
    assert response.status_code == 403
    assert 'data-reason="ticket_required"' in response.text


def test_gone_and_closed_rooms_look_the_same(conference, room, stranger):
    client = client_of(stranger)
    closed, gone = client.get("/rooms/main/"), client.get("/rooms/no-such-room/")
    assert (closed.status_code, gone.status_code) == (403, 403)
    assert 'data-reason="ticket_required"' in closed.text
    token = r'(name="csrfmiddlewaretoken" value=)"\w+"'
    closed, gone = (re.sub(token, r"\1", page.text) for page in (closed, gone))
    assert gone.replace("no-such-room", "main") == closed
