"""Published files of real conferences, where the machine has them: SAMPLE_SCHEDULES is their folder."""

import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schedule.formats import Programme, parse

FOLDER = Path(os.environ.get("SAMPLE_SCHEDULES", "/nowhere"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="SAMPLE_SCHEDULES is not set")

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


def read(name: str) -> Programme:
    return parse((FOLDER / name).read_bytes(), default_zone=ZoneInfo("Europe/Brussels"))


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name):
    assert tuple(read(name).counts.values()) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_no_talk_is_left_out_and_every_one_is_told_apart(name):
    programme = read(name)
    assert not [problem for problem in programme.problems if problem.severity == "error"]
    assert len({(talk.key, talk.ordinal) for talk in programme.talks}) == len(programme.talks)


def test_the_invalid_sample_reports_what_is_wrong():
    problems = {
        (problem.code, problem.location)
        for problem in read("voc-example-invalid-example.json").problems
    }
    assert ("wrong-place", "/schedule/rooms") in problems
    assert ("bad-id", "/schedule/conference/days/0/rooms/Winterchaos/0/id") in problems
    assert ("days-differ", "/schedule/conference") in problems


def test_the_times_of_xml_and_json_agree():
    for name in ("pyconau-2024-schedule", "39c3-everything", "divoc-ptt-schedule"):
        xml, json = read(f"{name}.xml"), read(f"{name}.json")
        assert {(talk.guid, talk.starts_at, talk.ends_at, talk.room) for talk in xml.talks} == {
            (talk.guid, talk.starts_at, talk.ends_at, talk.room) for talk in json.talks
        }


def test_wrong_offsets_are_noticed_and_right_ones_believed():
    assert "mislabelled-time" in {p.code for p in read("pycones-2024-pretalx-part.json").problems}
    assert read("giggity-debconf23.xml").problems == ()


def test_texts_are_clean():
    for talk in read("fosdem-2024.xml").talks:
        assert not re.search(
            r"<(?!/?(p|br|hr|a|ul|ol|li|strong|em|b|i|code|pre|blockquote|h[345])\b)", talk.abstract
        )
