"""Choosing a time zone: the cookie, and the account of who has signed in."""

import pytest
from django.test import Client

from conftest import client_of


@pytest.mark.slow
def test_a_choice_is_kept_in_a_cookie(conference):
    client = Client()
    html = client.get("/my/zone/?next=/speakers/").content.decode()
    assert "The venue: Europe/Berlin (UTC+" in html
    assert '<option value="Asia/Seoul">Asia/Seoul (UTC+9)</option>' in html
    response = client.post("/my/zone/", {"zone": "Asia/Seoul", "next": "/schedule/?tz=UTC&q=x"})
    assert response.headers["Location"] == "/schedule/?q=x"
    assert response.cookies["tz"].value == "Asia/Seoul"
    # Pinned beneath the venue.
    assert '<option value="Asia/Seoul" selected>' in client.get("/my/zone/").content.decode()


def test_whoever_signs_in_takes_the_choice_along(conference, attendee):
    client = client_of(attendee)
    client.post("/my/zone/", {"zone": "America/New_York"})
    attendee.refresh_from_db()
    assert attendee.time_zone == "America/New_York"
    response = client.post("/my/zone/", {"zone": ""})
    attendee.refresh_from_db()
    assert attendee.time_zone == ""
    assert response.cookies["tz"].value == ""


def test_scripts_get_a_short_answer(conference):
    response = Client().post("/my/zone/", {"zone": "UTC"}, headers={"accept": "application/json"})
    assert response.status_code == 204
    assert response.cookies["tz"].value == "UTC"


def test_an_older_name_of_a_zone_becomes_the_one_of_the_list(conference):
    assert "Asia/Calcutta" not in Client().get("/my/zone/").text
    response = Client().post("/my/zone/", {"zone": "Asia/Calcutta"})
    assert response.cookies["tz"].value == "Asia/Kolkata"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "US/Pacific"])
def test_an_unknown_zone_is_refused(conference, zone):
    response = Client().post("/my/zone/", {"zone": zone})
    assert "tz" not in response.cookies
    assert "Select a valid choice" in response.content.decode()


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_it_leads_nowhere_else(conference, path):
    response = Client().post("/my/zone/", {"zone": "UTC", "next": path})
    assert response.headers["Location"] == "/schedule/"
