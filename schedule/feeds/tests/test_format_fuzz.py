"""Whatever stands in a file: a programme comes out of it, or a ProgrammeError, and nothing else.

The examples are the same in every run. More of them:
    FUZZ_EXAMPLES=5000 pytest schedule/feeds/tests/test_format_fuzz.py
"""

import copy
import dataclasses
import json
import os
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import FORMATS, parse
from schedule.feeds.tests import test_format_europython as europython
from schedule.feeds.tests import test_format_icalendar as icalendar
from schedule.feeds.tests import test_format_pretalx as pretalx
from schedule.feeds.tests import test_format_sessionize as sessionize
from schedule.feeds.tests import test_format_symposion as symposion
from schedule.feeds.tests.schedule_files import document, event_json, event_xml, schedule_xml

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)

PERSON = {"guid": "x", "id": 1, "code": "A", "public_name": "Ada", "biography": "*b*", "avatar": "a.png"}  # fmt: skip
EVENT = event_json(
    persons=[PERSON], links=[{"title": "a", "url": "b"}], end="2026-03-06T11:00", code="A", type="talk"
)  # fmt: skip
JSON = {
    "c3voc": document(EVENT, event_json(2), tracks=[{"name": "A", "color": "#fff"}], daysCount=1),
    "widget": pretalx.widget(),
    "slots": pretalx.page(pretalx.slot(), pretalx.LUNCH),
    "old listing": {"version": "1", "slots": [pretalx.submission(slot=pretalx.slot())], "breaks": [pretalx.LUNCH]},
    "submissions": [pretalx.page(pretalx.submission(slots=[pretalx.slot()]))],
    "all": sessionize.everything(),
    "grid": sessionize.grid(),
    "symposion": {"schedule": [symposion.slot(), symposion.plain(kind="break")]},
    "europython": {"days": {"2026-03-06": {"rooms": ["Hall"], "events": [europython.event(), europython.COFFEE]}}},
}  # fmt: skip
CSV = (
    "code,title,date,start,end,duration,room,also in,speakers,kind,language,links,canceled,abstract\n"
    'A,"Talk, one",2026-03-06,10:00,11:00,60 min,Hall,Foyer; Bar,Ada; Ben,talk,German,https://a.example/,no,*b*\n'
    ",Lunch,06.03.2026,12:00 pm,,1 h,Hall,,,break,,,,\n"
    'C,"Two\nlines",,2026-03-07T10:00+01:00,2026-03-07 23:00,,Hall,,,,,,yes,<p>x</p>\n'
)
VENUE = (
    "BEGIN:VTIMEZONE\nTZID:Venue\nBEGIN:STANDARD\nDTSTART:20001029T030000\nTZOFFSETFROM:+0200\n"
    "TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10;UNTIL=20401028T010000Z\n"
    "RDATE:20260101T000000\nEND:STANDARD\nEND:VTIMEZONE"
)
ICAL = icalendar.calendar(
    icalendar.EVENT,
    "SUMMARY:A - Ada\nDTSTART;VALUE=DATE:20260306\nRRULE:FREQ=DAILY\nATTENDEE;CN=Ada:invalid:x",
    "UID:pretalx-x-ABCDEF@a.example\nSUMMARY:B\nDTSTART:20260306T100000Z\nDURATION:PT1H\nSTATUS:CANCELLED",
    f"SUMMARY:C\nDTSTART;TZID=Venue:20260306T100000\nDURATION:PT1H\nEND:VEVENT\n{VENUE}\nBEGIN:VEVENT",
    head="PRODID:-//pretalx//\nX-WR-TIMEZONE:Europe/Berlin\nX-WR-CALNAME:Testconf",
)
TEXTS = {
    "xml": schedule_xml(event_xml(), event_xml(2, date=None), before="<generator name='pretalx'/>"),
    "csv": CSV.encode(),
    "ical": ICAL,
    **{name: json.dumps(value).encode() for name, value in JSON.items()},
}
WORDS = st.sampled_from(
    ["", "0", "-1", "²", "25:30", "99:99", "2026-03-29T02:30:00", "2026-02-30", "9999-12-31T23:59:59Z",
     "0001-01-01T00:00:00+14:00", "1:02:00", "P1D", "20260306", "Europe/Berlin", "America", "../etc/passwd",
     "\x00", "\ud800", "\u202e", "=1+1", "<b>", "[a](javascript:x)", "http://[", "A" * 400]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
CHUNKS = st.binary(max_size=6) | WORDS.map(lambda word: word.encode("utf-8", "surrogatepass")) | st.sampled_from(
    [b"\r\n", b"\n ", b"\r", b'"', b"'", b"<", b">", b"&", b"]]>", b"<!--", b"\\", b",", b";", b":", b"{", b"]",
     b"END:VEVENT", b"BEGIN:VEVENT", b"sep=;", b"<day>", b"</room>", b"\xff\xfe", b"\xef\xbb\xbf"]
)  # fmt: skip


def survives(data: bytes, format: str | None = None) -> None:
    try:
        programme = parse(data, format=format, default_zone=ZoneInfo("Europe/Berlin"))
    except ProgrammeError as error:
        assert [str(problem) for problem in error.problems]
        return
    check(programme)


def check(programme: Programme) -> None:
    """What the database takes for granted."""
    rooms = {room.name for room in programme.rooms}
    speakers = {speaker.key for speaker in programme.speakers}
    tracks = {track.name for track in programme.tracks}
    assert programme.talks
    assert len({(talk.key, talk.ordinal) for talk in programme.talks}) == len(programme.talks)
    for talk in programme.talks:
        assert talk.starts_at <= talk.ends_at
        assert talk.starts_at.utcoffset() == talk.ends_at.utcoffset()
        assert 0 < len(talk.title) <= 300
        assert len(talk.language) <= 20
        assert len(talk.code) <= 40
        assert len(talk.series) <= 40
        assert len(talk.guid) <= 200
        assert all(len(key) <= 300 for key in talk.keys)
        assert {talk.room, *talk.also_in} <= rooms | {""}
        assert talk.track in tracks | {""}
        assert speakers >= set(talk.speakers)
    assert all(0 < len(room.name) <= 100 for room in programme.rooms)
    for text in _texts(dataclasses.astuple(programme)):
        assert "\x00" not in text
        text.encode()  # no half of a letter
    assert all(str(problem) for problem in programme.problems)


@pytest.mark.slow
@fuzz
@given(st.binary(max_size=200), st.sampled_from([None, *[known.name for known in FORMATS]]))
def test_any_bytes(data, format):
    survives(data, format)


@pytest.mark.slow
@fuzz
@given(
    st.sampled_from(["title,start\n", "BEGIN:VCALENDAR\n", "<schedule>", '{"days":', "["]),
    st.text(),
)
def test_any_text_after_a_good_beginning(beginning, text):
    survives((beginning + text).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", TEXTS)
def test_valid_files_are_valid(name):
    check(parse(TEXTS[name], default_zone=ZoneInfo("Europe/Berlin")))


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
@fuzz
@given(data=st.data())
def test_files_with_other_bytes(name, data):
    """Cut, overwritten, with something put in between."""
    whole = bytearray(TEXTS[name])
    for _edit in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole[at : at + data.draw(st.integers(0, 12))] = data.draw(CHUNKS)
    survives(bytes(whole))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["csv", "ical", "xml"])
@fuzz
@given(data=st.data())
def test_files_with_other_lines(name, data):
    """Some are missing, some are there twice, and in any order."""
    lines = TEXTS[name].splitlines(keepends=True)
    kept = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=len(lines) + 5))
    in_order = sorted(kept) if data.draw(st.booleans()) else kept
    survives(b"".join(lines[at] for at in in_order))


@pytest.mark.slow
@pytest.mark.parametrize("name", JSON)
@fuzz
@given(data=st.data())
def test_json_with_other_values(name, data):
    """A value, or one from elsewhere in the file, where another one belongs."""
    whole = {"": copy.deepcopy(JSON[name])}
    for _edit in range(data.draw(st.integers(1, 3))):
        places = list(_places(whole))
        parent, key = data.draw(st.sampled_from(places))
        others = st.sampled_from([there[at] for there, at in places])
        parent[key] = copy.deepcopy(data.draw(VALUES | others))
    survives(json.dumps(whole[""]).encode())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from _texts(inner)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """All there is to exchange: (list or object, index or name)."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])
