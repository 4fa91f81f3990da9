"""The player alone: one source in the page, for whoever may watch, without scripts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import client_of, make_stream, make_talk, settle
from schedule.models import Talk
from streaming.models import Switch

PATH = "/rooms/main/player/"


@pytest.fixture
def page(attendee, conference, room):
    make_talk(conference, room=room, title="Running")
    client = client_of(attendee)

    def get():
        settle()
        response = client.get(PATH)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        return response.text

    return get


def test_what_is_gated_is_in_the_page(page, room):
    make_stream(room, value="/open.m3u8")
    make_stream(room, role="backup", kind="origin", value="main")
    html = page()
    assert '<video src="/hls/main/index.m3u8" controls' in html
    assert "Running" in html
    assert "/open.m3u8" not in html


@pytest.mark.parametrize(
    ("kind", "value"), [("hls", "/open.m3u8"), ("join", "https://meet.example.org/open.m3u8")]
)
def test_what_anybody_could_open_is_not(page, room, kind, value):
    make_stream(room, kind=kind, value=value)
    html = page()
    assert "open.m3u8" not in html
    assert "<video" not in html
    assert "<iframe" not in html
    assert "on the page of the room only" in html


def test_a_recording_begins_where_everybody_is(page, room):
    talk = Talk.objects.get()
    Talk.objects.update(delivery="pre_recorded", starts_at=timezone.now() - timedelta(seconds=90))
    make_stream(room, talk=talk, kind="origin", value="main")
    html = page()
    assert any(f"/hls/main/index.m3u8#t={second}" in html for second in range(90, 100))


def test_without_anything_on_it_says_what_comes(page, conference, room):
    make_stream(room, kind="origin", value="main")
    Talk.objects.update(ends_at=timezone.now() - timedelta(minutes=4))
    assert "<video" in page()  # the speaker goes on
    Talk.objects.update(ends_at=timezone.now() - timedelta(minutes=6))
    make_talk(
        conference, room=room, title="Next one", starts_at=timezone.now() + timedelta(hours=1)
    )
    html = page()
    assert "<video" not in html
    assert "Nothing is on here now" in html
    assert "Next one" in html


def test_words_in_the_place_of_the_picture(page, room):
    make_stream(room, kind="origin", value="main")
    Switch.objects.create(room=room, slate="Back at three")
    html = page()
    assert "Back at three" in html
    assert "<video" not in html


def test_it_is_made_after_the_check(conference, room, stranger):
    make_talk(conference, room=room)
    make_stream(room, kind="origin", value="main")
    for user in (None, stranger):
        response = client_of(user).get(PATH)
        assert response.status_code in (302, 403)
        assert "/hls/" not in response.text


def test_no_room_of_this_name(attendee):
    response = client_of(attendee).get("/rooms/nowhere/player/")
    assert response.status_code == 404
    assert "There is no such page" in response.text
