"""The crew tries streams in their room; nobody else sees anything of it."""

import pytest

from conftest import client_of, make_room, make_stream, make_talk, make_user
from streaming.models import Switch

PATHS = ["", "playback.json", "live.json"]


@pytest.fixture
def trial(room):
    make_stream(room)
    return make_stream(room, is_test=True, value="/try.m3u8", role="backup")


@pytest.fixture
def helper(room):
    user = make_user("helper@example.com")
    room.helpers.add(user)
    return user


def test_the_crew_sees_tests_first_when_nothing_is_on(room, trial, helper, organizer):
    Switch.objects.create(room=room, slate="Doors open at nine")
    for user in (helper, organizer):
        client = client_of(user)
        page = client.get("/rooms/main/check/")
        assert "Tech check" in page.text
        assert 'data-playback="/rooms/main/check/playback.json"' in page.text
        assert "no-store" in page["Cache-Control"]
        answer = client.get("/rooms/main/check/playback.json").json()
        assert [source["url"] for source in answer["sources"]] == ["/try.m3u8"]
        assert answer["sources"][0]["label"] == "Test: HLS playlist (backup)"
        assert [source["label"] for source in answer["choices"]] == ["HLS playlist (primary)"]
        assert answer["slate"] == ""
        (entry,) = client.get("/rooms/main/check/live.json").json()["rooms"]
        assert entry["stream"] == answer["tag"] == trial.tag


def test_recordings_can_be_tried_before_their_talk(conference, room, organizer):
    talk = make_talk(conference, room=room, title="Ahead", delivery="pre_recorded")
    make_stream(room, talk=talk)
    (source,) = client_of(organizer).get("/rooms/main/check/playback.json").json()["sources"]
    assert source["label"] == "HLS playlist (primary): Ahead"
    assert source["begins"] is None


@pytest.mark.parametrize("path", PATHS)
def test_nobody_else(conference, room, trial, attendee, helper, path):
    other = make_room(conference, slug="other")
    make_stream(other, is_test=True, value="/try.m3u8")
    refused = [
        client_of(attendee).get(f"/rooms/main/check/{path}"),
        client_of(helper).get(f"/rooms/{other.slug}/check/{path}"),
    ]
    assert [response.status_code for response in refused] == [403, 403]
    refused.append(client_of(None).get(f"/rooms/main/check/{path}"))
    assert refused[-1].status_code in (302, 401)
    for response in refused:
        assert "/try.m3u8" not in response.text
        assert "Tech check" not in response.text


def test_the_audience_sees_nothing_of_a_test(conference, room, trial, attendee):
    make_talk(conference, room=room)
    client = client_of(attendee)
    answer = client.get("/rooms/main/playback.json").json()
    assert "/try.m3u8" not in str(answer)
    (entry,) = client.get("/live.json").json()["rooms"]
    assert entry["stream"] != trial.tag
