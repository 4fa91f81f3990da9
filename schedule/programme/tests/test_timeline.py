"""What is on, for everybody who asks."""

from datetime import timedelta

import pytest

from conftest import make_conference, make_room, make_speaker, make_talk, settle, utc
from schedule.models import Conference
from schedule.programme.state import rooms_now
from schedule.programme.timeline import RoomTimeline, TimelineTalk, cards_of, timeline_now

NOON = utc("2026-11-21 12:00")
HOUR = timedelta(hours=1)


def item(code: str, starts_at=NOON, **kw) -> TimelineTalk:
    fields = {"title": code, "kind": "talk", "ends_at": starts_at + HOUR, "planned_starts_at": None}
    return TimelineTalk(code=code, starts_at=starts_at, **{**fields, **kw})


@pytest.mark.parametrize(
    ("kw", "is_streamed"),
    [
        ({}, True),
        ({"kind": "keynote"}, True),
        ({"delivery": "pre_recorded"}, True),
        ({"delivery": "on_site"}, False),
        ({"kind": "break"}, False),
    ],
)
def test_what_people_at_home_are_to_see(kw, is_streamed):
    assert item("A", **kw).is_streamed is is_streamed


def test_what_is_on_in_all_rooms(conference):
    """Of two that overlap the one that began last; what is canceled or hidden is not on."""
    hall, lab = make_room(conference, position=1), make_room(conference, position=2)
    make_talk(conference, code="BEFORE", room=hall, starts_at=NOON - HOUR, ends_at=NOON + HOUR)
    make_talk(conference, code="BOTH", room=hall, starts_at=NOON).also_in.add(lab)
    make_talk(conference, code="CANCELED", room=lab, starts_at=NOON, is_canceled=True)
    make_talk(conference, code="HIDDEN", room=lab, starts_at=NOON, is_hidden=True)
    make_room(conference, position=3)
    settle()
    assert [each.code for each in timeline_now(conference).live_at(NOON)] == ["BOTH", "BOTH"]
    assert timeline_now(conference).live_at(NOON - 2 * HOUR) == []


def test_rooms_where_something_is_on_come_first():
    conference = Conference(time_zone="Europe/Berlin", day_starts_at_hour=4)
    rooms = [
        RoomTimeline("over", "", [item("A", NOON - 2 * HOUR)]),
        RoomTimeline("later", "", [item("B", NOON + HOUR)]),
        RoomTimeline("empty", "", []),
        RoomTimeline("on", "", [item("C")]),
        RoomTimeline("tomorrow", "", [item("D", NOON + 24 * HOUR)]),
    ]
    seen = rooms_now(rooms, conference, NOON)
    assert [each.room.slug for each in seen.busy] == ["on", "later"]
    assert [each.room.slug for each in seen.quiet] == ["over", "empty", "tomorrow"]


def test_the_cards_of_what_is_on(conference, django_assert_num_queries):
    for code in "AB":
        make_talk(conference, code=code, speakers=[make_speaker(conference)])
    make_talk(make_conference(domain="other.example.org"), code="A")
    with django_assert_num_queries(3):
        cards = cards_of(conference, [item("A"), None, item("B"), item("B"), item("GONE")])
        assert all(talk.speakers.all() and talk.room is None for talk in cards.values())
    assert {code: talk.conference_id for code, talk in cards.items()} == {
        "A": conference.pk,
        "B": conference.pk,
    }
    with django_assert_num_queries(0):
        assert cards_of(conference, [None]) == {}
