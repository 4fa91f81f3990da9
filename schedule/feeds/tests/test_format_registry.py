"""A format that an installed package adds, without a change to ours."""

import importlib
from pathlib import Path

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.registry import FORMATS, known_formats, parse
from schedule.feeds.tests.schedule_files import schedule_xml

MODULE = '''
from schedule.feeds.formats.raw import RawEvent, RawSchedule
from schedule.feeds.formats.registry import Format


def read(source, problems):
    """Lines like: 2026-03-06T10:00+01:00 Hall Opening"""
    raw = RawSchedule(format="lines", location="line 1")
    for number, line in enumerate(source.text.splitlines()[1:], start=2):
        date, room, title = line.split(" ", 2)
        words = {"date": date, "duration": "30", "room": room, "title": title}
        raw.take([RawEvent(f"line {number}", words)])
    return raw


LINES = Format("lines", "Lines", lambda source: source.beginning.startswith("#lines"), read)
GREEDY = Format("c3voc-xml", "All", lambda source: True, read)
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch):
    """Puts a package on the path, as pip would, with these entry points."""

    def install(**points: str) -> None:
        (tmp_path / "front_row_lines.py").write_text(MODULE)
        info = tmp_path / "front_row_lines-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: front-row-lines\nVersion: 1.0")
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[front_row.schedule_formats]\n{lines}")
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()

    return install


def test_it_works(installed):
    installed(lines="front_row_lines:LINES")
    programme = parse(b"#lines\n2026-03-06T10:00+01:00 Hall Opening words\n")
    assert programme.format == "lines"
    (talk,) = programme.talks
    assert (talk.title, talk.room, talk.starts_at.hour) == ("Opening words", "Hall", 9)
    assert parse(schedule_xml()).format == "c3voc-xml"


def test_an_unknown_file_is_told_of_it(installed):
    installed(lines="front_row_lines:LINES")
    with pytest.raises(ProgrammeError) as error:
        parse(b"%PDF-1.7")
    assert "CSV table (csv)" in str(error.value)
    assert "Lines (lines)" in str(error.value)


def test_without_a_package_there_are_ours_alone():
    assert known_formats() == FORMATS
    with pytest.raises(ProgrammeError) as error:
        parse(b"#lines\n", format="lines")
    assert error.value.problem.code == "no-such-format"


def test_nobody_takes_the_place_of_ours(installed):
    installed(greedy="front_row_lines:GREEDY")
    assert known_formats() == FORMATS


@pytest.mark.parametrize(
    "value", ["front_row_lines:MISSING", "no_such_module:X", "front_row_lines"]
)
def test_a_broken_package_is_left_out_and_logged(installed, caplog, value):
    installed(good="front_row_lines:LINES", broken=value)
    assert [known.name for known in known_formats()][len(FORMATS) :] == ["lines"]
    (record,) = caplog.records
    assert value in record.getMessage()
