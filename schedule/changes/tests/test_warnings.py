"""What organizers are told to look at."""

from datetime import timedelta

import pytest

from conftest import make_room, make_speaker
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.changes.tests.running import at, main_hall, talk_at
from schedule.changes.warnings import find_warnings, minutes, words


@pytest.fixture
def hall(db):
    return main_hall()


def found(hall):
    sheet = RunSheet.read(hall.conference)
    return [
        (str(each.kind), "/".join(talk.title for talk in each.talks), minutes(each.size))
        for each in find_warnings(sheet)
    ]


def test_a_clean_day_has_none(hall):
    assert found(hall) == []


def test_overlap_in_a_room_and_in_a_shared_room(hall):
    small = make_room(hall.conference, name="Small")
    talk_at(hall, "X", "10:20", 5)
    talk_at(small, "Y", "13:00", 10).also_in.add(hall)
    assert found(hall) == [("overlap", "A/X", 5), ("overlap", "D/Y", 10)]
    sheet = RunSheet.read(hall.conference)
    assert words(find_warnings(sheet)[0], sheet) == "Main hall: “A” and “X” overlap by 5 min."


def test_nothing_overlaps_with_what_is_canceled_or_takes_no_time(hall):
    talk_at(hall, "Off", "10:10", 10, is_canceled=True)
    talk_at(hall, "Doors", "10:10", 0)
    assert found(hall) == []


def test_a_speaker_in_two_places_and_in_a_hurry(hall):
    ada = make_speaker(hall.conference, name="Ada")
    small = make_room(hall.conference, name="Small")
    hall.talks.get(title="A").speakers.add(ada)
    talk_at(small, "X", "10:20", 15, speakers=[ada])
    assert found(hall) == [("two_places", "A/X", 10)]
    small.talks.update(starts_at=at("10:39"), ends_at=at("10:50"))
    assert found(hall) == [("tight", "A/X", 9)]
    small.talks.update(starts_at=at("10:40"))
    assert found(hall) == []


def test_outside_the_conference_and_without_a_room(hall):
    talk_at(hall, "Late", "10:00", 10)
    before = {"starts_at": at("00:00") - timedelta(hours=1), "ends_at": at("00:00")}
    hall.talks.filter(title="Late").update(**before, room=None)
    assert found(hall) == [("outside", "Late", 0), ("no_room", "Late", 0)]


def test_a_gap_while_others_go_on(hall):
    small = make_room(hall.conference, name="Small")
    talk_at(small, "X", "10:00", 30)
    talk_at(small, "Y", "11:10", 30)
    assert found(hall) == [("gap", "X/Y", 40)]


def test_lunch_is_no_gap(hall):
    small = make_room(hall.conference, name="Small")
    talk_at(small, "X", "11:10", 30)
    talk_at(small, "Y", "13:00", 30)
    assert found(hall) == []
