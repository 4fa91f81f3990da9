import json
from typing import Any

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse


def read(*events: dict[str, Any]) -> Programme:
    document = {"days": {"2026-03-06": {"rooms": ["Hall", "Club"], "events": list(events)}}}
    return parse(json.dumps(document).encode())


def event(**words: Any) -> dict[str, Any]:
    return {
        "code": "ABCDEF",
        "duration": 45,
        "event_type": "session",
        "level": "beginner",
        "rooms": ["Hall"],
        "session_type": "Keynote",
        "slug": "talk",
        "speakers": [{"avatar": "https://a.example/a.jpg", "code": "KEY3AB", "name": "Ada Beispiel"}],
        "start": "2026-03-06T10:00:00+01:00",
        "title": "Talk",
        "track": None,
        "tweet": "",
        "website_url": "https://a.example/talk",
        **words,
    }  # fmt: skip


COFFEE = {"duration": 15, "event_type": "break", "rooms": ["Club", "Hall"], "start": "2026-03-06T11:00:00+01:00", "title": "Refreshments"}  # fmt: skip


def test_it_works():
    programme = read(event(), COFFEE)
    assert programme.format == "europython"
    assert programme.problems == ()
    assert programme.counts == {"days": 1, "rooms": 2, "talks": 2, "speakers": 1}
    assert [room.name for room in programme.rooms] == ["Hall", "Club"]
    talk, coffee = programme.talks
    assert (talk.kind, talk.room, talk.also_in, talk.track) == ("keynote", "Hall", (), "")
    assert talk.keys[:2] == ("code:ABCDEF", "slug:talk")
    assert talk.starts_at.isoformat() == "2026-03-06T09:00:00+00:00"
    assert talk.ends_at.isoformat() == "2026-03-06T09:45:00+00:00"
    assert talk.location == "/days/2026-03-06/events/0"
    assert (coffee.kind, coffee.room, coffee.also_in) == ("break", "Club", ("Hall",))
    assert coffee.key == "break:refreshments|club"
    assert programme.speakers[0].code == "KEY3AB"


def test_two_slots_of_one_code_are_repeats():
    programme = read(event(), event(start="2026-03-06T14:00:00+01:00"))
    assert [(talk.series, talk.ordinal) for talk in programme.talks] == [
        ("ABCDEF", 0),
        ("ABCDEF", 1),
    ]
    assert programme.problems == ()


def test_two_talks_of_one_code_are_reported():
    programme = read(event(), event(start="2026-03-06T14:00:00+01:00", title="Another"))
    assert [problem.code for problem in programme.problems] == ["repeated-key", "repeated-id"]


def test_all_that_is_odd_is_reported():
    programme = read(
        event(rooms=["Hall", 7]), event(code="B", slug="b", rooms=None, speakers=None), {}
    )
    assert [(problem.code, problem.location) for problem in programme.problems] == [
        ("wrong-type", "/days/2026-03-06/events/0/rooms/1"),
        ("no-room", "/days/2026-03-06/events/1/rooms"),
        ("no-title", "/days/2026-03-06/events/2/title"),
    ]


def test_without_events_it_is_refused():
    with pytest.raises(ProgrammeError) as error:
        read()
    assert error.value.problem.code == "no-talks"
