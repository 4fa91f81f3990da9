"""Landing and lobby."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_room, make_speaker, make_talk, settle
from schedule.models import Visibility


def html_of(response):
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def landing():
    return lambda: html_of(Client().get("/", headers={"accept-encoding": "identity"}))


@pytest.fixture
def lobby(attendee):
    client = client_of(attendee)
    return lambda: html_of(client.get("/lobby/", headers={"accept-encoding": "identity"}))


def test_the_landing_page_says_what_when_and_how_to_enter(conference, room, landing):
    conference.tagline = "Three rooms, two days"
    conference.tickets_url = "https://tickets.example.org/"
    conference.save()
    make_talk(conference, title="On now", room=room)
    make_talk(
        conference, title="Later", room=room, starts_at=timezone.now() + timedelta(minutes=50)
    )
    html = landing()
    for text in ("Testconf", "Three rooms, two days", "On now", "Later"):
        assert text in html
    assert f'datetime="{conference.starts_on:%Y-%m-%d}"' in html
    assert 'href="/lobby/"' in html
    assert 'href="https://tickets.example.org/"' in html


def test_the_landing_page_and_the_lobby_agree_on_what_is_on(conference, room, landing, lobby):
    """Of two in one room the one that began last. A break is none that people come for."""
    now = timezone.now()
    for title, minutes in (("Overruns", 30), ("Has begun", 10)):
        make_talk(conference, title=title, room=room, starts_at=now - timedelta(minutes=minutes))
    make_talk(conference, title="Coffee", room=make_room(conference), kind="break")
    settle()
    for html in (landing(), lobby()):
        assert "Has begun" in html
        assert "Overruns" not in html
    assert "Coffee" not in landing()


def test_the_landing_page_keeps_a_hidden_programme(conference, room, landing):
    conference.visibility = Visibility.HIDDEN
    conference.save()
    make_talk(conference, title="Secret", room=room)
    html = landing()
    assert "Secret" not in html
    assert "See the schedule" not in html


def test_the_lobby_has_now_and_next_of_each_room(conference, room, lobby):
    ada = make_speaker(conference, name="Ada Lindqvist")
    make_talk(conference, title="Running", room=room, speakers=[ada])
    make_talk(
        conference, title="Later", room=room, starts_at=timezone.now() + timedelta(minutes=40)
    )
    soon = make_room(conference, name="Second stage", slug="second")
    make_talk(
        conference,
        title="Starting",
        room=soon,
        starts_at=timezone.now() + timedelta(minutes=14),
        planned_starts_at=timezone.now() + timedelta(minutes=4),
    )
    html = lobby()
    for text in ("Running", "Ada Lindqvist", "Later", "Second stage", "Starting", "was "):
        assert text in html
    assert "room-card is-live" in html
    assert "room-card is-soon" in html
    assert 'href="/rooms/second/"' in html


def test_what_goes_on_all_day_is_in_the_lobby_and_makes_no_room_live(conference, room, lobby):
    today = conference.day_of(timezone.now())
    for title, day in (("Sprints", today), ("Tomorrow", today + timedelta(days=1))):
        starts_at, ends_at = conference.whole_days(day, day)
        make_talk(
            conference,
            title=title,
            room=room,
            starts_at=starts_at,
            ends_at=ends_at,
            is_all_day=True,
        )
    html = lobby()
    assert "Sprints" in html
    assert "all day" in html
    assert "Tomorrow" not in html
    assert "Nothing is on right now." in html


def test_quiet_rooms_come_last(conference, room, lobby):
    make_room(conference, name="Attic", slug="attic")
    make_talk(conference, title="Running", room=room)
    html = lobby()
    assert "1 quiet room" in html
    assert html.index("Running") < html.index("Attic")


def test_a_lobby_without_anything_on_says_so(conference, room, lobby):
    html = lobby()
    assert "Nothing is on right now." in html
    assert "Main hall" in html


@pytest.mark.slow
def test_more_rooms_cost_no_more_queries(conference, room, attendee, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    client = client_of(attendee)

    def queries():
        client.get("/lobby/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/lobby/").status_code == 200
        return [query["sql"] for query in captured if "revision" not in query["sql"]]

    make_talk(conference, room=room)
    count = len(queries())
    for _ in range(2):
        make_talk(conference, room=make_room(conference))
    assert len(queries()) == count
