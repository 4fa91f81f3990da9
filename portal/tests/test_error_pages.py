"""Pages for when something is wrong: each has to stand without what usually is there."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client
from django.views.defaults import bad_request, permission_denied

from conftest import client_of, make_conference
from schedule.models import Conference


def test_an_unknown_address(conference):
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_a_talk_that_is_not_there(conference):
    response = Client().get("/talks/NOTHERE/")
    assert response.status_code == 404
    assert "Testconf" in response.content.decode()


def test_a_form_without_its_token(conference, attendee):
    client = client_of(attendee)
    client.handler.enforce_csrf_checks = True
    response = client.post("/tickets/find/")
    assert response.status_code == 403
    assert "This form was too old" in response.content.decode()


def test_bad_requests_and_refusals_by_django(conference):
    assert "makes no sense" in bad_request(HttpRequest(), Exception()).content.decode()
    page = permission_denied(HttpRequest(), Exception("no")).content.decode()
    assert "You may not do this" in page


def test_the_page_for_our_own_mistakes_needs_nothing():
    assert "Something broke here" in render_to_string("500.html")


def test_an_empty_installation_says_what_to_do(db):
    assert not Conference.objects.exists()
    response = Client().get("/")
    assert response.status_code == 404
    assert "manage.py create_conference" in response.content.decode()


def test_a_host_without_a_conference(db):
    make_conference(domain="one.example")
    make_conference(domain="two.example")
    response = Client().get("/")
    assert response.status_code == 404
    assert "No conference answers to testserver" in response.content.decode()
