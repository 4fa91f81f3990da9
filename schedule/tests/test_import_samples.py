"""Published files of real conferences, where the machine has them: SAMPLE_SCHEDULES is their folder."""

import os
from pathlib import Path

import pytest

from conftest import make_conference
from schedule.formats import parse
from schedule.importing import Summary, import_schedule
from schedule.models import Talk
from schedule.tests.test_format_samples import COUNTS

FOLDER = Path(os.environ.get("SAMPLE_SCHEDULES", "/nowhere"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="SAMPLE_SCHEDULES is not set")


def load(conference, name: str) -> Summary:
    programme = parse((FOLDER / name).read_bytes(), default_zone=conference.zone)
    return import_schedule(conference=conference, programme=programme, source=name)


@pytest.mark.parametrize("name", COUNTS)
def test_twice_in_a_row_changes_nothing(db, name):
    conference = make_conference(time_zone="Europe/Brussels")
    assert load(conference, name).new == COUNTS[name][2]
    assert tuple(load(conference, name).read.values()) == COUNTS[name]
    again = load(conference, name)
    assert (again.unchanged, again.new, again.changed, again.moved) == (COUNTS[name][2], 0, 0, 0)
    assert conference.rooms.count() == COUNTS[name][1]
    assert conference.speakers.count() == COUNTS[name][3]


def test_the_next_version_adds_one_talk(db):
    conference = make_conference(time_zone="Australia/Melbourne")
    load(conference, "pyconau-2024-schedule-v0.json")
    summary = load(conference, "pyconau-2024-schedule.json")
    assert (summary.new, summary.missing, summary.moved) == (1, 0, 0)
    assert Talk.objects.count() == 57


@pytest.mark.parametrize("stem", ["39c3-everything", "pyconau-2024-schedule", "divoc-ptt-schedule"])
def test_xml_after_json_finds_every_talk_and_person(db, stem):
    conference = make_conference(time_zone="Europe/Brussels")
    load(conference, f"{stem}.json")
    people = conference.speakers.count()
    summary = load(conference, f"{stem}.xml")
    assert (summary.new, summary.missing, summary.moved) == (0, 0, 0)
    assert conference.speakers.count() == people


def test_the_widget_after_the_json_brings_the_breaks_alone(db):
    conference = make_conference(time_zone="Australia/Melbourne")
    load(conference, "pyconau-2024-schedule.json")
    summary = load(conference, "pyconau-2024-widget.json")
    assert (summary.new, summary.missing, summary.moved) == (37, 0, 0)
