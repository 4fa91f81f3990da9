"""A ticket lets its holder watch on so many devices, wherever the address of a picture is given or
used.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import (
    client_of,
    make_recording,
    make_stream,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from schedule.models import Visibility
from streaming.models import Recording, Stream
from tickets.models import Product

JSON = {"accept": "application/json"}
ROOM = ["/rooms/main/playback.json", "/rooms/main/player/", "/rooms/main/join/",
        "/_origin/gate/room/main/"]  # fmt: skip
REPLAYS = ["/replays/PAST/playback.json", "/_origin/gate/recording/abc/"]


@pytest.fixture(autouse=True)
def stage(conference, room):
    """A stream that may stand in a page, and a replay from our own origin."""
    make_talk(conference, room=room)
    make_stream(room, kind="origin", value="main")
    past = timezone.now() - timedelta(days=1)
    talk = make_talk(conference, room=room, code="PAST", starts_at=past, may_be_replayed=True)
    make_recording(talk, kind="origin-recording", value="abc")
    settle()


@pytest.fixture
def devices(attendee):
    """Three browsers of one person, whose ticket has two places."""
    Product.objects.update(places=2)
    return [client_of(attendee) for _device in range(3)]


def ask(client, path):
    """A meeting is the one kind of stream that `join` leads to."""
    kind, value = ("join", "https://meet.example.org/r") if "join" in path else ("origin", "main")
    Stream.objects.update(kind=kind, value=value)
    settle()
    return client.get(path)


def is_given(answer):
    if "X-Folder" in answer.headers:
        return answer.status_code == 204
    if answer.status_code == 302:
        return answer.headers["Location"] == "https://meet.example.org/r"
    return answer.status_code == 200 and any(
        address in answer.text for address in ("/hls/main/index.m3u8", "/recordings/abc/")
    )


@pytest.mark.parametrize("path", ROOM + REPLAYS)
def test_the_third_device_gets_no_address(devices, path):
    first, second, third = devices
    assert is_given(ask(first, path)) and is_given(ask(second, path))
    refused = ask(third, path)
    assert refused.status_code == 403
    assert not is_given(refused)
    assert is_given(ask(first, path)), "who watches goes on"


@pytest.mark.parametrize("path", ROOM + REPLAYS)
def test_places_that_are_taken_elsewhere_count(devices, path):
    first, second, third = devices
    ask(first, "/rooms/main/playback.json"), ask(second, "/replays/PAST/playback.json")
    assert ask(third, path).status_code == 403
    assert is_given(ask(first, path)) and is_given(ask(second, path))
    first.post("/pulse/leave/")
    assert is_given(ask(third, path))
    assert ask(first, path).status_code == 403


@pytest.mark.parametrize("path", ROOM + REPLAYS)
def test_who_was_replaced_gets_no_address(devices, path):
    first, second, third = devices
    ask(first, path), ask(second, path)
    assert third.post("/pulse/", {"replay": "PAST", "instead": "1"}, headers=JSON).json()["ok"]
    assert ask(first, path).status_code == 403
    assert is_given(ask(third, path))


def test_a_ticket_for_replays_alone_can_take_the_place_of_a_device(conference):
    visitor = make_user()
    make_ticket(conference, user=visitor, scopes=["replay"])
    Product.objects.update(places=1)
    laptop, phone = client_of(visitor), client_of(visitor)
    assert is_given(laptop.get(REPLAYS[0]))
    assert phone.get(REPLAYS[0]).json()["error"]["code"] == "too_many_places"
    instead = {"replay": "PAST", "instead": "1"}
    assert phone.post("/pulse/", instead, headers=JSON).json() == {"ok": True}
    assert is_given(phone.get(REPLAYS[0]))
    assert phone.post("/pulse/", {"room": "main"}, headers=JSON).status_code == 403


def test_the_player_alone_says_why_not_and_comes_again_without_scripts(devices):
    first, second, third = devices
    assert (
        '<noscript><meta http-equiv="refresh" content="80"></noscript>' in first.get(ROOM[1]).text
    )
    second.get(ROOM[1])
    assert 'data-reason="too_many_places"' in third.get(ROOM[1]).text


def test_a_player_in_which_nothing_is_on_takes_no_place(devices):
    Stream.objects.all().delete()
    settle()
    for device in devices:
        page = device.get(ROOM[1])
        assert page.status_code == 200
        assert "refresh" not in page.text


@pytest.mark.parametrize("path", REPLAYS)
def test_a_replay_that_is_open_to_everybody_takes_no_place(devices, path):
    Recording.objects.update(public_at=timezone.now() - timedelta(days=1))
    settle()
    for client in (*devices, client_of(None)):
        assert is_given(ask(client, path))


def test_a_version_that_is_open_to_everybody_is_left_when_the_places_are_taken(devices, conference):
    public_at = timezone.now() - timedelta(days=1)
    past = Recording.objects.get().talk
    make_recording(past, value="/open.m3u8", language="de", public_at=public_at)
    settle()
    path = REPLAYS[0]
    assert [len(device.get(path).json()["sources"]) for device in devices] == [2, 2, 1]
    assert [each["url"] for each in devices[2].get(path).json()["sources"]] == ["/open.m3u8"]


@pytest.mark.parametrize("path", ROOM + REPLAYS)
def test_no_places_while_the_conference_is_all_public(conference, devices, path):
    conference.visibility = Visibility.ALL
    conference.save()
    for device in devices:
        assert is_given(ask(device, path))


def test_the_tech_check_takes_no_place(devices, organizer):
    clients = [client_of(organizer) for _device in range(4)]
    assert all(is_given(client.get("/rooms/main/check/playback.json")) for client in clients)
