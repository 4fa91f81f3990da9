"""Reports of trouble count people, whatever a browser sends."""

import time

import pytest
from django.test import Client

from conftest import client_of, make_role, make_room, settle
from schedule.models import Conference, Visibility
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


def test_a_person_counts_once_however_often_it_tells(attendee, room):
    client = client_of(attendee)
    assert {tell(client, 10) for _time in range(30)} == {204}
    assert failures(room) == 4


def test_each_person_counts_for_those_for_whom_they_speak(attendee, room):
    others = [make_role(room.conference, "organizer") for _each in range(2)]
    for user, weight in zip((attendee, *others), (4, 4, 1), strict=True):
        tell(client_of(user), weight)
    assert failures(room) == 9


def test_a_person_with_many_devices_counts_once(attendee, room):
    """Who has a link signs in with as many browsers as they like."""
    for _browser in range(6):
        assert tell(client_of(attendee)) == 204
    assert failures(room) == 4


@pytest.mark.parametrize("cookie", ["csrftoken", "sessionid"])
def test_a_stranger_is_no_other_one_by_another_cookie(room, cookie):
    Conference.objects.update(visibility=Visibility.ALL)
    settle()
    for number in range(6):
        client = Client()
        client.cookies[cookie] = f"{number:032}"
        assert tell(client) == 204
    assert failures(room) == 4
    assert tell(Client(REMOTE_ADDR="192.0.2.1")) == 204
    assert failures(room) == 8


def test_a_person_counts_in_each_room_and_again_when_the_desk_has_forgotten(attendee, room, later):
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
