"""One talk in two slots, as pretalx gives it out in its five ways."""

import json
from typing import Any

import pytest

from conftest import make_conference
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.feeds.importing.reviewing import read
from schedule.feeds.tests.schedule_files import event_json, event_xml, schedule_json, schedule_xml
from schedule.models import Conference, Talk

HOURS = (10, 14)


def as_json(*hours: int) -> bytes:
    events = [event_json(at, id=7, code="ABCDEF", **_words(hour)) for at, hour in _numbered(hours)]
    return schedule_json(*events)


def as_xml(*hours: int) -> bytes:
    events = [event_xml(at, id="7", code="ABCDEF", **_words(hour)) for at, hour in _numbered(hours)]
    return schedule_xml(*events)


def as_widget(*hours: int) -> bytes:
    talks = [{"code": "ABCDEF", "title": "Twice", "room": 1, **_times(hour)} for hour in hours]
    rooms = [{"id": 1, "name": "Hall"}]
    return _bytes({"talks": talks, "rooms": rooms, "timezone": "Europe/Berlin"})


def as_slots(*hours: int) -> bytes:
    talk = {"code": "ABCDEF", "title": "Twice", "state": "confirmed"}
    slots = [{"submission": talk, "room": {"name": "Hall"}, **_times(hour)} for hour in hours]
    return _bytes({"count": len(slots), "next": None, "results": slots})


def as_calendar(*hours: int) -> bytes:
    """The numbers behind the code change with every release."""
    lines = ["BEGIN:VCALENDAR", "PRODID:-//pretalx//conf.example//"]
    for hour in hours:
        lines += ["BEGIN:VEVENT", f"UID:pretalx-test-ABCDEF-{sum(hours) + hour}@conf.example"]
        lines += [f"DTSTART;TZID=Europe/Berlin:20260306T{hour}0000", "DURATION:PT30M"]
        lines += ["SUMMARY:Twice - Ada Beispiel", "LOCATION:Hall", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR"]).encode()


def _numbered(hours: tuple[int, ...]) -> enumerate[int]:
    return enumerate(hours, start=1)


def _words(hour: int) -> dict[str, str]:
    return {"title": "Twice", "date": f"2026-03-06T{hour}:00:00+01:00", "start": f"{hour}:00"}


def _times(hour: int) -> dict[str, str]:
    return {"start": f"2026-03-06T{hour}:00:00+01:00", "end": f"2026-03-06T{hour}:30:00+01:00"}


def _bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


def load(conference: Conference, data: bytes) -> ImportSummary:
    programme = read(conference, data)
    return import_schedule(conference=conference, programme=programme, source="pretalx")


@pytest.mark.parametrize("way", [as_json, as_xml, as_widget, as_slots, as_calendar])
def test_each_slot_is_a_talk_of_its_own_and_stays_so(way, db):
    conference = make_conference(
        starts_on="2026-03-06", ends_on="2026-03-07", time_zone="Europe/Berlin"
    )
    first = load(conference, way(*HOURS))
    assert first.counts["new"] == 2
    assert first.problems == []
    again = load(conference, way(*HOURS))
    assert again.counts["unchanged"] == 2
    assert again.plan["lines"] == []
    early, late = Talk.objects.order_by("starts_at")
    assert early.series == late.series == "ABCDEF"
    moved = load(conference, way(10, 16))
    assert (moved.counts["moved"], moved.counts["new"], moved.counts["missing"]) == (1, 0, 0)
    assert moved.counts["rekeyed"] == 0
    assert list(Talk.objects.order_by("starts_at")) == [early, late]


def test_an_id_alone_may_be_shared_by_the_slots_of_one_talk_too(db):
    def file(**words):
        first, second = _words(10), {**_words(14), **words}
        return schedule_json(event_json(1, id=7, **first), event_json(2, id=7, **second))

    conference = make_conference(starts_on="2026-03-06", ends_on="2026-03-07")
    assert read(conference, file()).problems == ()
    for words in ({"title": "Another"}, _words(10)):
        found = [problem.code for problem in read(conference, file(**words)).problems]
        assert found == ["repeated-id"], words
