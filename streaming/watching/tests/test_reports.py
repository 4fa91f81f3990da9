"""Reports of trouble count devices, whatever a browser sends."""

import time

import pytest

from conftest import client_of, make_room
from streaming.models import RoomMinute
from streaming.watching.reports import COUNTED_SECONDS


@pytest.fixture
def later(monkeypatch):
    real, passed = time.time, []
    monkeypatch.setattr("lib.redis_scripts.time.time", lambda: real() + sum(passed))
    return passed.append


def tell(client, weight=4, room="main", why="frozen"):
    return client.post("/report/", {"room": room, "why": why, "weight": weight}).status_code


def failures(room):
    return sum(RoomMinute.objects.filter(room=room).values_list("failures", flat=True))


def test_a_device_counts_once_however_often_it_tells(attendee, room):
    client = client_of(attendee)
    assert {tell(client, 10) for _time in range(30)} == {204}
    assert failures(room) == 4


def test_each_device_counts_for_those_for_which_it_speaks(attendee, stranger, room):
    for client in (client_of(attendee), client_of(attendee)):
        tell(client, 4)
    tell(client_of(attendee), 1)
    assert failures(room) == 9


def test_a_device_counts_in_each_room_and_again_when_the_desk_has_forgotten(attendee, room, later):
    client, small = client_of(attendee), make_room(room.conference, slug="small")
    tell(client, 1), tell(client, 1, room="small")
    later(COUNTED_SECONDS - 1)
    tell(client, 1)
    assert (failures(room), failures(small)) == (1, 1)
    later(2)
    tell(client, 1)
    assert failures(room) == 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"weight": 11}, 400),
        ({"weight": 0}, 400),
        ({"weight": "many"}, 400),
        ({"why": "because"}, 400),
        ({"room": ""}, 400),
        ({"room": "nowhere"}, 404),
    ],
)
def test_what_makes_no_sense_counts_nothing(attendee, room, fields, status):
    assert tell(client_of(attendee), **fields) == status
    assert failures(room) == 0


def test_a_stranger_tells_nothing(stranger, room):
    assert tell(client_of(stranger)) == 403
    assert failures(room) == 0
