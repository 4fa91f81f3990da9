"""Who watches is counted, for 90 seconds after the last pulse, and nobody is written down."""

import time

import pytest
from django.core.cache import caches
from redis.exceptions import ConnectionError as Away

from conftest import client_of, make_room, make_stream, make_ticket, make_user, settle
from schedule.models import Visibility
from tickets.admission import watching


def viewers(conference, *rooms):
    return watching.viewers(conference.pk, rooms or ["main"])


def in_live_json():
    settle()
    return client_of(None).get("/live.json").json()["rooms"][0].get("viewers")


def test_each_device_counts_once(conference, room, attendee):
    friend = make_user()
    make_ticket(conference, user=friend)
    clients = [client_of(attendee), client_of(attendee), client_of(friend)]
    for client in (*clients, *clients):
        assert client.post("/pulse/", {"room": "main"}).status_code == 200
    assert viewers(conference) == {"main": 3}


def test_who_gets_a_picture_counts_before_the_first_pulse(conference, room, attendee):
    client_of(attendee).get("/rooms/main/playback.json")
    assert viewers(conference) == {"main": 0}
    make_stream(room)
    settle()
    client_of(attendee).get("/rooms/main/playback.json")
    assert viewers(conference) == {"main": 1}


def test_rooms_are_counted_apart(conference, room, attendee):
    make_room(conference, slug="small")
    settle()
    client_of(attendee).post("/pulse/", {"room": "small"})
    assert viewers(conference, "main", "small") == {"main": 0, "small": 1}


def test_nobody_counts_in_a_room_that_does_not_exist_or_is_not_open(conference, room, stranger):
    client_of(stranger).post("/pulse/", {"room": "main"})
    assert viewers(conference) == {"main": 0}
    room_made_up = make_user()
    make_ticket(conference, user=room_made_up)
    client_of(room_made_up).post("/pulse/", {"room": "made-up"})
    assert viewers(conference, "made-up") == {"made-up": 0}


def test_without_a_pulse_a_device_is_forgotten(conference, room, monkeypatch):
    watching.watch(conference.pk, "device", "main")
    now = time.time()
    for seconds, number in ((watching.HELD_SECONDS - 1, 1), (watching.HELD_SECONDS + 1, 0)):
        monkeypatch.setattr("lib.redis_scripts.time.time", lambda later=now + seconds: later)
        assert viewers(conference) == {"main": number}


def test_a_device_that_may_not_watch_is_not_counted(conference, room, attendee):
    devices = [client_of(attendee) for _device in range(3)]
    statuses = [device.post("/pulse/", {"room": "main"}).status_code for device in devices]
    assert statuses == [200, 200, 403]
    assert viewers(conference) == {"main": 2}


def test_who_has_not_signed_in_counts_by_the_browser_where_everything_is_public(conference, room):
    conference.visibility = Visibility.ALL
    conference.save()
    settle()
    for number in (1, 2, 2):
        client = client_of(None)
        client.cookies["csrftoken"] = f"{number}" * 32
        assert client.post("/pulse/", {"room": "main"}).json() == {"ok": True}
    client_of(None).post("/pulse/", {"room": "main"})
    assert viewers(conference) == {"main": 2}


@pytest.mark.parametrize(("number", "crowd"), [(0, "none"), (1, "few"), (19, "few"), (20, "many")])
def test_attendees_learn_no_number(conference, room, number, crowd):
    for device in range(number):
        watching.watch(conference.pk, str(device), "main")
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
    assert viewers(conference) == {}
    assert in_live_json() is None
    steady.breaker.worked()
