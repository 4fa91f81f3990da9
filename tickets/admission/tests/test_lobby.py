"""The lobby is the same page for everybody; what is of one person comes with /me.json."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_room, make_talk, make_ticket, settle
from schedule.models import Conference, Visibility

NOTHING: dict[str, object] = {"rooms": {}, "notice": None, "changes": None, "talks": []}


@pytest.fixture
def rooms(conference, room):
    make_room(conference, slug="side", name="Side stage")
    settle()
    return conference


def told(user):
    answer = client_of(user).get("/me.json").json()
    return {name: answer[name] for name in NOTHING}


def test_whom_everything_is_open_to_hears_nothing(rooms, attendee, stranger):
    assert told(attendee) == told(None) == NOTHING
    Conference.objects.update(visibility=Visibility.ALL)
    settle()
    assert told(stranger) == NOTHING


def test_a_room_that_the_ticket_does_not_open(rooms, stranger):
    make_ticket(rooms, user=stranger, scopes=["room:main"])
    mine = {"label": "My tickets", "url": "/tickets/"}
    closed = {"side": {"text": "Closed for you", "act": mine}}
    assert told(stranger) == {**NOTHING, "rooms": closed}
    Conference.objects.update(tickets_url="https://shop.example/")
    settle()
    act = told(stranger)["rooms"]["side"]["act"]
    assert act == {"label": "Get a ticket", "url": "https://shop.example/"}


def test_a_room_that_opens_later(rooms, room, stranger):
    begin = timezone.now() + timedelta(hours=3)
    talk = make_talk(rooms, room=room, starts_at=begin)
    settle()
    make_ticket(rooms, user=stranger, scopes=[f"talk:{talk.code}"])
    heard = told(stranger)
    opens = (begin - timedelta(minutes=15)).astimezone(rooms.zone)
    when = f"{opens:%A} {opens.day} {opens:%B}, {opens:%H:%M}"
    assert heard["rooms"]["main"]["text"] == f"Opens for you {when}"
    assert heard["rooms"]["side"]["text"] == "Closed for you"
    assert heard["notice"]["text"] == f"You may enter from {when} on."
    assert heard["notice"]["act"]["url"] == f"/schedule/?day={rooms.day_of(opens)}"
    assert 0 <= heard["changes"] - opens.timestamp() <= 2


def test_a_room_that_waits_for_the_money(rooms, stranger):
    make_ticket(rooms, user=stranger, scopes=["room:main"])
    make_ticket(rooms, holder_email=stranger.email, state="pending")
    assert told(stranger)["rooms"]["side"]["text"] == "Opens when your ticket is paid and complete"


def test_who_has_the_replays_alone_is_led_there(rooms, stranger):
    make_ticket(rooms, user=stranger, scopes=["replay"])
    heard = told(stranger)
    assert heard["rooms"].keys() == {"main", "side"}
    act = {"label": "Watch replays", "url": "/replays/"}
    assert heard["notice"] == {"text": "Your ticket is for the replays.", "act": act}


def test_own_talks_are_of_speakers_and_chairs(rooms, attendee):
    make_talk(rooms, code="OTHER")
    make_talk(rooms, code="CHAIRED").chairs.add(attendee)
    assert told(attendee)["talks"] == ["CHAIRED"]
    page = client_of(attendee).get("/talks/OTHER/").text
    assert 'href="/talks/OTHER/timer/" data-timer="OTHER" hidden' in page


def test_it_costs_no_query_of_its_own(rooms, stranger):
    make_ticket(rooms, user=stranger, scopes=["room:main"])
    client = client_of(stranger)
    client.get("/me.json")
    with CaptureQueriesContext(connection) as queries:
        client.get("/me.json")
    assert len(queries) == 0
