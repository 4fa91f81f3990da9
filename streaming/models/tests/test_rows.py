"""What rows of streaming know and do by themselves."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from conftest import make_recording, make_room, make_stream, make_talk, utc
from streaming.models import Announcement, Nudge, Recording, Switch

NOON = utc("2026-11-21 12:00")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("recording", "second"),
    [
        (Recording(starts_at=NOON - HOUR), 3600),
        (Recording(starts_at=NOON + HOUR), -3600),
        (Recording(talk_id=7), 0),
    ],
)
def test_where_a_talk_begins_follows_from_the_clock(conference, recording, second):
    assert recording.computed_second(make_talk(conference, starts_at=NOON)) == second


def test_an_organizer_says_where_a_talk_begins(conference, room):
    talk = make_talk(conference, room=room, starts_at=NOON)
    recording = make_recording(room, starts_at=NOON - HOUR)
    recording.begin_talk_at(talk, 3642)
    assert [nudge.seconds for nudge in recording.nudges.all()] == [42]
    recording.move_talk(talk, -2)
    recording.move_talk(talk, -10)
    assert [nudge.seconds for nudge in recording.nudges.all()] == [30]
    recording.move_talk(talk, -9999)
    assert recording.nudges.get().seconds == -3600
    recording.begin_talk_at(talk, 3600)
    assert not recording.nudges.exists()


def test_a_talk_does_not_begin_too_far_from_where_it_should_be(conference, room):
    talk = make_talk(conference, room=room, starts_at=NOON)
    recording = make_recording(room, starts_at=NOON)
    recording.begin_talk_at(talk, Nudge.MOST_SECONDS)
    with pytest.raises(ValidationError, match="nine hours"):
        recording.move_talk(talk, 1)
    assert recording.nudges.get().seconds == Nudge.MOST_SECONDS


def test_a_slate_goes_and_what_was_switched_to_comes_back(conference, room, organizer):
    stream, other = make_stream(room), make_room(conference)
    Switch.objects.put_on(room, at=NOON, by=organizer, stream=stream, slate="")
    for each in (room, other):
        Switch.objects.put_on(each, at=NOON, by=organizer, slate="Back soon")
    switch = Switch.objects.get(room=room)
    assert (switch.stream, switch.slate, switch.switched_by) == (stream, "Back soon", organizer)
    Switch.objects.all().take_down_slate(at=NOON + HOUR, by=organizer)
    switch = Switch.objects.get()
    assert (switch.stream, switch.slate, switch.switched_at) == (stream, "", NOON + HOUR)


def test_an_announcement_begins_and_ends(conference, organizer):
    announcement = Announcement(conference=conference, text="Lunch")
    announcement.announce(at=NOON, until=None, by=organizer)
    assert announcement.made_by == organizer
    assert list(Announcement.objects.current_at(NOON)) == [announcement]
    announcement.end(NOON + HOUR)
    assert not Announcement.objects.current_at(NOON + HOUR).exists()
    assert Announcement.objects.current_at(NOON + HOUR / 2).exists()
