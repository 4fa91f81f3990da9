"""Published files of real conferences: read, imported and given out again. The big ones take
seconds, so each is read and imported once, and everything is asked of it then.

SAMPLE_SCHEDULES and SCHEDULE_SCHEMAS are the folders where the machine has them.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from django.db import transaction
from lxml import etree

from conftest import make_conference
from schedule.feeds.exporting.export import Export
from schedule.feeds.exporting.views import WRITERS
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.models import Conference, Talk

SAMPLES = Path(os.environ.get("SAMPLE_SCHEDULES", "/nowhere"))
SCHEMAS = Path(os.environ.get("SCHEDULE_SCHEMAS", "/nowhere"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="SAMPLE_SCHEDULES is not set"),
    pytest.mark.skipif(not SCHEMAS.is_dir(), reason="SCHEDULE_SCHEMAS is not set"),
]

# Days, rooms, talks and speakers.
COUNTS = {
    "pyconau-2024-schedule.xml": (3, 3, 57, 64),
    "pyconau-2024-schedule.json": (3, 3, 57, 64),
    "pyconau-2024-schedule-v0.json": (3, 3, 56, 63),
    "pyconau-2024-widget.json": (3, 3, 94, 64),
    "39c3-everything.json": (4, 58, 895, 709),
    "39c3-everything.xml": (4, 58, 895, 709),
    "giggity-debconf23.xml": (8, 5, 117, 87),
    "fosdem-2012.xml": (2, 23, 442, 513),
    "fosdem-2024.xml": (2, 32, 674, 738),
    "divoc-ptt-schedule.xml": (3, 1, 23, 18),
    "divoc-ptt-schedule.json": (3, 1, 23, 18),
    "pycones-2024-pretalx-part.json": (2, 5, 17, 7),
    "voc-example-pretalx-democon.json": (3, 2, 36, 27),
    "voc-example-invalid-example.json": (1, 1, 1, 1),
    "europython-2024-schedule.json": (5, 13, 209, 162),
    "pycon-us-2024-conference.json": (5, 23, 209, 153),
    "pyconau-2023-adelaide.ics": (3, 4, 94, 87),
    "giggity-jres_2022.ics": (4, 15, 120, 0),
    "droidkaigi-2018-sessionize-all.json": (1, 9, 9, 10),
}
ZONE = "Europe/Brussels"
UNCLEAN = re.compile(r"<(?!/?(p|br|hr|a|ul|ol|li|strong|em|b|i|code|pre|blockquote|h[345])\b)")


@cache
def read(name: str, zone: str = ZONE) -> Programme:
    return parse((SAMPLES / name).read_bytes(), default_zone=ZoneInfo(zone))


def load(
    conference: Conference, programme: Programme, source: str, accepts_removals: bool = False
) -> ImportSummary:
    return import_schedule(
        conference=conference,
        programme=programme,
        source=source,
        accepts_removals=accepts_removals,
    )


@contextmanager
def taken_back() -> Iterator[None]:
    """What is written within never was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def places_and_times(programme: Programme) -> set[tuple[object, ...]]:
    return {(talk.guid, talk.starts_at, talk.ends_at, talk.room) for talk in programme.talks}


def assert_well_read(name: str) -> None:
    programme = read(name)
    assert tuple(programme.counts.values()) == COUNTS[name]
    assert not [problem for problem in programme.problems if problem.severity == "error"]
    assert len({(talk.key, talk.ordinal) for talk in programme.talks}) == len(programme.talks)
    assert not [talk.abstract for talk in programme.talks if UNCLEAN.search(talk.abstract)]


def assert_imported_once(conference: Conference, name: str) -> None:
    _days, rooms, talks, speakers = COUNTS[name]
    assert load(conference, read(name), name).counts["new"] == talks
    again = load(conference, read(name), name)
    assert tuple(again.programme.counts.values()) == COUNTS[name]
    assert (
        again.counts["unchanged"],
        again.counts["new"],
        again.counts["changed"],
        again.counts["moved"],
    ) == (talks, 0, 0, 0)
    assert conference.rooms.count() == rooms
    assert conference.speakers.count() == speakers


def assert_every_talk_and_person_found(conference: Conference, twin: str) -> None:
    people = conference.speakers.count()
    with taken_back():
        summary = load(conference, read(twin), twin)
        assert (summary.counts["new"], summary.counts["missing"], summary.counts["moved"]) == (
            0,
            0,
            0,
        )
        assert conference.speakers.count() == people


def assert_valid(format: str, data: bytes) -> None:
    if format == "json":
        schema = json.loads((SCHEMAS / "schedule.schema.json").read_bytes())
        validator = jsonschema.Draft6Validator(schema)
        assert [error.message for error in validator.iter_errors(json.loads(data))] == []
    else:
        schema = etree.XMLSchema(etree.parse(SCHEMAS / "schedule.xml.xsd"))
        schema.validate(etree.fromstring(data))
        assert [error.message for error in schema.error_log] == []


def assert_comes_back_unchanged(conference: Conference, name: str, format: str) -> None:
    data = WRITERS[format].write(Export.of(conference, "https://live.example.org/"))
    assert_valid(format, data)
    programme = parse(data, default_zone=conference.zone)
    with taken_back():
        again = load(conference, programme, name, accepts_removals=True)
        assert [field for line in again.plan["lines"] for field in line["fields"]] == []
        assert (
            again.counts["new"],
            again.counts["missing"],
            again.counts["moved"],
            again.counts["changed"],
        ) == (0, 0, 0, 0)
        assert conference.speakers.count() == COUNTS[name][3]
        assert again.plan["speakers"] == {"new": 0, "changed": 0}
        # Once known by its new keys, an export is nothing new at all.
        known = load(conference, programme, name, accepts_removals=True)
        assert known.plan["lines"] == []


@pytest.mark.parametrize("name", COUNTS)
def test_it_is_read_imported_once_and_comes_back_unchanged(db, name):
    made = make_conference(time_zone=ZONE, starts_on="2024-06-01", ends_on="2024-06-02")
    conference = Conference.objects.get(pk=made.pk)
    assert_well_read(name)
    assert_imported_once(conference, name)
    twin = name.replace(".json", ".xml")
    if twin != name and twin in COUNTS:
        assert places_and_times(read(twin)) == places_and_times(read(name))
        assert_every_talk_and_person_found(conference, twin)
    for format in ("json", "xml"):
        assert_comes_back_unchanged(conference, name, format)


def test_the_next_version_adds_one_talk(db):
    conference = make_conference(time_zone="Australia/Melbourne")
    first, second = "pyconau-2024-schedule-v0.json", "pyconau-2024-schedule.json"
    load(conference, read(first, conference.time_zone), first)
    summary = load(conference, read(second, conference.time_zone), second)
    assert (summary.counts["new"], summary.counts["missing"], summary.counts["moved"]) == (1, 0, 0)
    assert Talk.objects.count() == 57


def test_the_widget_after_the_json_brings_the_breaks_alone(db):
    conference = make_conference(time_zone="Australia/Melbourne")
    for name in ("pyconau-2024-schedule.json", "pyconau-2024-widget.json"):
        summary = load(conference, read(name, conference.time_zone), name)
    assert (summary.counts["new"], summary.counts["missing"], summary.counts["moved"]) == (37, 0, 0)


def test_the_invalid_sample_reports_what_is_wrong():
    problems = {
        (problem.code, problem.location)
        for problem in read("voc-example-invalid-example.json").problems
    }
    assert ("wrong-place", "/schedule/rooms") in problems
    assert ("bad-id", "/schedule/conference/days/0/rooms/Winterchaos/0/id") in problems
    assert ("days-differ", "/schedule/conference") in problems


def test_wrong_offsets_are_noticed_and_right_ones_believed():
    assert "mislabelled-time" in {p.code for p in read("pycones-2024-pretalx-part.json").problems}
    assert read("giggity-debconf23.xml").problems == ()
