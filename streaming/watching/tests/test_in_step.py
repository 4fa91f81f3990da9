"""A pre-recorded talk runs from its actual start, wherever that is moved to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import client_of, make_room, make_stream, make_talk, settle
from schedule.models import Talk
from streaming.models import Switch


@pytest.fixture
def talk(conference, room):
    return make_talk(conference, room=room, delivery="pre_recorded")


@pytest.fixture
def recording(room, talk):
    return make_stream(room, talk=talk, value="/recorded.m3u8")


@pytest.fixture
def ask(attendee):
    client = client_of(attendee)

    def answer(room="main"):
        settle()
        return client.get(f"/rooms/{room}/playback.json").json()

    return answer


@pytest.fixture
def shown(attendee):
    """What every open page is told of the room."""
    client = client_of(attendee)

    def tag(room="main"):
        settle()
        rooms = client.get("/live.json").json()["rooms"]
        return next(each["stream"] for each in rooms if each["slug"] == room)

    return tag


def begins(answer):
    return [source["begins"] for source in answer["sources"]]


def test_it_begins_with_its_talk_and_what_is_live_follows(ask, room, talk, recording):
    live = make_stream(room)
    sources = ask()["sources"]
    assert [source["tag"] for source in sources] == [recording.tag, live.tag]
    assert begins(ask()) == [talk.starts_at.timestamp(), None]


def test_its_own_backup_comes_before_what_is_live(ask, room, talk, recording):
    make_stream(room)
    make_stream(room, talk=talk, role="backup", value="/backup.m3u8")
    assert begins(ask()) == [talk.starts_at.timestamp()] * 2 + [None]


def test_a_backup_for_one_talk_alone_stays_a_backup(ask, room, talk):
    live = make_stream(room)
    make_stream(room, talk=talk, role="backup", value="/backup.m3u8")
    assert ask()["sources"][0]["tag"] == live.tag


def test_a_shift_moves_it_and_every_page_is_told(ask, shown, talk, recording):
    before = shown()
    assert ask()["tag"] == before
    moved = talk.starts_at + timedelta(minutes=5)
    Talk.objects.filter(pk=talk.pk).update(starts_at=moved, planned_starts_at=talk.starts_at)
    assert begins(ask()) == [moved.timestamp()]
    assert shown() == ask()["tag"] != before


def test_other_fields_of_the_talk_do_not_interrupt_it(shown, talk, recording):
    before = shown()
    Talk.objects.filter(pk=talk.pk).update(
        title="Another", ends_at=talk.ends_at + timedelta(hours=1)
    )
    assert shown() == before


@pytest.mark.parametrize("starts_in", [-60, 10])
def test_before_and_after_its_talk_it_is_not_offered(ask, room, talk, recording, starts_in):
    starts_at = timezone.now() + timedelta(minutes=starts_in)
    Talk.objects.update(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
    assert ask()["sources"] == []


def test_a_live_talk_with_a_stream_of_its_own_is_not_in_step(ask, talk, recording):
    Talk.objects.update(delivery="live")
    assert begins(ask()) == [None]


def test_somebody_elses_player_cannot_be_in_step(ask, room, talk):
    make_stream(room, talk=talk, kind="youtube", value="dQw4w9WgXcQ")
    assert begins(ask()) == [None]


def test_in_each_room_where_it_is_shown(ask, conference, talk, recording):
    second = make_room(conference, slug="second")
    talk.also_in.add(second)
    make_stream(second, talk=talk)
    assert begins(ask("second")) == [talk.starts_at.timestamp()]


def test_whoever_switches_to_the_live_stream_leaves_it(ask, shown, room, talk, recording):
    live = make_stream(room)
    Switch.objects.create(room=room, stream=live)
    assert begins(ask()) == [None, talk.starts_at.timestamp()]
    assert shown() == live.tag
