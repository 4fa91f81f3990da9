"""Who watches is counted, for 90 seconds after the last pulse, and nobody is written down."""

import time

import pytest
from django.core.cache import caches
from redis.exceptions import ConnectionError as Away

from conftest import client_of, make_room, make_stream, make_ticket, make_user, settle
from streaming.watching import presence


def watching(conference, *rooms):
    return presence.viewers(conference.pk, rooms or ["main"])


def in_live_json():
    settle()
    return client_of(None).get("/live.json").json()["rooms"][0].get("viewers")


def test_each_device_counts_once(conference, room, attendee):
    friend = make_user()
    make_ticket(conference, user=friend)
    clients = [client_of(attendee), client_of(attendee), client_of(friend)]
    for client in (*clients, *clients):
        assert client.post("/pulse/", {"room": "main"}).status_code == 200
    assert watching(conference) == {"main": 3}


def test_who_gets_a_picture_counts_before_the_first_pulse(conference, room, attendee):
    client_of(attendee).get("/rooms/main/playback.json")
    assert watching(conference) == {"main": 0}
    make_stream(room)
    settle()
    client_of(attendee).get("/rooms/main/playback.json")
    assert watching(conference) == {"main": 1}


def test_rooms_are_counted_apart(conference, room, attendee):
    make_room(conference, slug="small")
    settle()
    client_of(attendee).post("/pulse/", {"room": "small"})
    assert watching(conference, "main", "small") == {"main": 0, "small": 1}


def test_nobody_counts_in_a_room_that_does_not_exist_or_is_not_open(conference, room, stranger):
    client_of(stranger).post("/pulse/", {"room": "main"})
    assert watching(conference) == {"main": 0}
    room_made_up = make_user()
    make_ticket(conference, user=room_made_up)
    client_of(room_made_up).post("/pulse/", {"room": "made-up"})
    assert watching(conference, "made-up") == {"made-up": 0}


def test_without_a_pulse_a_device_is_forgotten(conference, room, monkeypatch):
    monkeypatch.setattr(presence, "SEEN_SECONDS", 1)
    presence.count(conference.pk, "main", "device")
    assert watching(conference) == {"main": 1}
    deadline = time.monotonic() + 10
    while watching(conference) != {"main": 0}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(("viewers", "crowd"), [(0, "none"), (1, "few"), (19, "few"), (20, "many")])
def test_attendees_learn_no_number(conference, room, viewers, crowd):
    for device in range(viewers):
        presence.count(conference.pk, "main", str(device))
    assert in_live_json() == crowd


@pytest.mark.services
def test_with_redis_away_nobody_is_counted_and_nothing_breaks(
    conference, room, attendee, monkeypatch
):
    client = client_of(attendee)

    def away(*_args):
        raise Away

    steady = caches["default"]
    monkeypatch.setattr(steady.client, "run_script", away)
    assert client.post("/pulse/", {"room": "main"}).json() == {"ok": True}
    assert watching(conference) is None
    assert in_live_json() is None
    steady._away_until = 0.0
