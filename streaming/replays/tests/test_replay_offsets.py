"""Which recording shows a talk, from which second, and which never does."""

from datetime import timedelta

import pytest

from conftest import make_conference, make_recording, make_room, make_talk, settle, utc
from schedule.models import ProgrammeRevision, Talk, Visibility
from streaming.models import Nudge, Recording
from streaming.replays.library import library

TEN = utc("2026-05-09 10:00")
LATER = utc("2026-05-09 20:00")


@pytest.fixture
def conference(db):
    return make_conference(starts_on=TEN.date(), ends_on=TEN.date(), visibility=Visibility.HIDDEN)


@pytest.fixture
def hall(conference):
    return make_room(conference, slug="hall")


def talk_in(room, hours=0.0, **kw):
    fields = {"starts_at": TEN + timedelta(hours=hours), "may_be_replayed": True}
    return make_talk(room.conference, room=room, **{**fields, **kw})


def number(conference):
    settle()
    return ProgrammeRevision.objects.get(conference=conference).number


def found(talk, at=LATER):
    talk.conference.refresh_from_db()
    return library(talk.conference_id, number(talk.conference)).one(talk.code, talk.conference, at)


def seconds(talk, at=LATER):
    replay = found(talk, at)
    return [each.second for each in replay.versions] if replay else None


def test_a_recording_of_the_room_has_each_talk_at_its_actual_start(hall):
    first, second = talk_in(hall), talk_in(hall, 1)
    make_recording(hall, starts_at=TEN - timedelta(minutes=5), ends_at=TEN + timedelta(hours=3))
    assert (seconds(first), seconds(second)) == ([300], [3900])
    Talk.objects.filter(pk=second.pk).update(starts_at=TEN + timedelta(minutes=70))
    assert seconds(second) == [4500]


def test_a_nudge_moves_one_talk(hall):
    first, second = talk_in(hall), talk_in(hall, 1)
    recording = make_recording(hall, starts_at=TEN, ends_at=TEN + timedelta(hours=3))
    Nudge.objects.create(recording=recording, talk=second, seconds=-12)
    Nudge.objects.create(recording=recording, talk=first, seconds=-12)
    assert (seconds(first), seconds(second)) == ([0], [3588])


def test_its_own_recording_comes_first_and_begins_at_its_beginning(hall):
    talk = talk_in(hall)
    make_recording(hall, starts_at=TEN - timedelta(minutes=5), ends_at=TEN + timedelta(hours=3))
    own = make_recording(talk)
    assert seconds(talk) == [0]
    Nudge.objects.create(recording=own, talk=talk, seconds=40)
    assert seconds(talk) == [40]


def test_of_several_that_one_which_has_most_of_it(hall):
    """The encoder broke off after ten minutes, and began anew."""
    talk = talk_in(hall)
    make_recording(hall, starts_at=TEN - timedelta(hours=1), ends_at=TEN + timedelta(minutes=10))
    rest = make_recording(hall, starts_at=TEN + timedelta(minutes=11), ends_at=LATER)
    assert [each.recording for each in found(talk).versions] == [rest]
    assert seconds(talk) == [0]


def test_languages_are_versions_and_the_talks_own_comes_first(hall):
    talk = talk_in(hall, language="en")
    german, english = (make_recording(talk, language=code) for code in ("de", "en"))
    assert [each.recording for each in found(talk).versions] == [english, german]
    assert found(talk).languages == ["de", "en"]


def test_a_talk_in_several_rooms_is_found_in_the_recording_of_another(hall, conference):
    talk = talk_in(make_room(conference))
    talk.also_in.add(hall)
    make_recording(hall, starts_at=TEN - timedelta(minutes=1), ends_at=LATER)
    assert seconds(talk) == [60]


@pytest.mark.parametrize(
    "changes",
    [
        {"may_be_replayed": False},
        {"is_hidden": True},
        {"is_canceled": True},
        {"ends_at": LATER + timedelta(minutes=1)},
    ],
)
@pytest.mark.parametrize("is_own", [True, False])
def test_what_is_not_shown(hall, changes, is_own):
    talk = talk_in(hall, **changes)
    if is_own:
        make_recording(talk)
    else:
        make_recording(hall, starts_at=TEN, ends_at=TEN + timedelta(days=1))
    assert found(talk) is None


def test_a_recording_that_is_not_shown(hall):
    talk = talk_in(hall)
    make_recording(talk, is_shown=False)
    assert found(talk) is None


def test_a_recording_of_a_room_with_somebody_who_has_not_agreed_is_not_shown(hall, conference):
    """Whoever has its address can move about in it."""
    agreed, not_asked = talk_in(hall), talk_in(hall, 1, may_be_replayed=False)
    talk_in(hall, 2, may_be_replayed=False, kind="break")
    talk_in(make_room(conference), 1, may_be_replayed=False)
    recording = make_recording(hall, starts_at=TEN, ends_at=TEN + timedelta(hours=3))
    assert found(agreed) is None
    Recording.objects.filter(pk=recording.pk).update(ends_at=not_asked.starts_at)
    assert seconds(agreed) == [0]
    assert found(not_asked) is None


def test_what_still_goes_on_shows_a_talk_minutes_after_it(hall):
    first = talk_in(hall)
    live = make_recording(hall, starts_at=TEN - timedelta(minutes=10))
    after = first.ends_at + timedelta(minutes=2)
    assert found(first, first.ends_at - timedelta(minutes=1)) is None
    assert seconds(first, after) == [600]
    assert found(first, after).versions[0].recording == live
    # Until somebody comes on who has not agreed.
    talk_in(hall, 2, may_be_replayed=False)
    assert seconds(first, TEN + timedelta(hours=2) - timedelta(seconds=1)) == [600]
    assert found(first, TEN + timedelta(hours=2)) is None


def test_what_still_goes_on_ends_with_its_day(hall):
    next_day = talk_in(hall, 26)
    make_recording(hall, starts_at=TEN)
    assert found(next_day, next_day.ends_at) is None


def test_after_the_end_of_the_replays_only_what_is_public(hall, conference):
    for_holders, public = talk_in(hall), talk_in(hall, 1)
    make_recording(for_holders)
    make_recording(public, public_at=TEN + timedelta(hours=4))
    conference.replays_end_at = LATER
    conference.save()
    before = LATER - timedelta(seconds=1)
    assert found(for_holders, before) and found(public, before)
    assert found(for_holders, LATER) is None
    assert found(public, LATER)
    assert not found(public, TEN + timedelta(hours=3)).open_at(TEN + timedelta(hours=3))
    conference.public_at = TEN
    conference.save()
    assert found(for_holders, LATER)


def test_recordings_and_nudges_raise_the_programme(hall, conference):
    talk = talk_in(hall)
    before = number(conference)
    recording = make_recording(talk)
    made = number(conference)
    nudge = Nudge.objects.create(recording=recording, talk=talk, seconds=3)
    nudged = number(conference)
    Nudge.objects.filter(pk=nudge.pk).update(seconds=4)
    again = number(conference)
    Talk.objects.filter(pk=talk.pk).update(may_be_replayed=False)
    withdrawn = number(conference)
    recording.delete()
    assert before < made < nudged < again < withdrawn < number(conference)
