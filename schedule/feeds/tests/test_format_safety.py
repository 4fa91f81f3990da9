import json
from collections.abc import Iterator

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.registry import parse
from schedule.feeds.formats.source import MAX_BYTES
from schedule.feeds.tests.schedule_files import event_json, event_xml, schedule_json, schedule_xml


def refusal(data: bytes, **kw) -> ProgrammeError:
    with pytest.raises(ProgrammeError) as error:
        parse(data, **kw)
    return error.value


def with_doctype(doctype: str) -> bytes:
    return schedule_xml(event_xml(title="&x;")).replace(b"&amp;x;", b"&x;").replace(
        b"<schedule>", f"{doctype}<schedule>".encode()
    )  # fmt: skip


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE schedule>",
        '<!DOCTYPE schedule SYSTEM "https://a.example/schedule.dtd">',
        '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE s [<!ENTITY % p SYSTEM "https://a.example/p.dtd"> %p;]>',
    ],
)
def test_document_types_and_entities_are_refused(doctype):
    error = refusal(with_doctype(doctype))
    assert error.problem.code == "dtd"
    assert error.problem.location.startswith("line ")


def test_an_undeclared_entity_is_an_error_with_its_line():
    error = refusal(schedule_xml().replace(b"Talk 1", b"&nbsp;"))
    assert error.problem.code == "not-well-formed"
    assert str(error).startswith("line 17, column 8: ")


def test_a_truncated_xml_file_names_the_line():
    whole = schedule_xml()
    error = refusal(whole[: whole.index(b"<duration>")])
    assert str(error).startswith("line 16, column 1: The file is broken or cut off.")


def test_a_truncated_json_file_names_the_line():
    whole = json.dumps(json.loads(schedule_json()), indent=1).encode()
    error = refusal(whole[: whole.index(b'"duration"')])
    assert error.problem.code == "not-well-formed"
    assert error.problem.location == "line 21, column 9"


def test_too_big():
    assert refusal(b" " * (MAX_BYTES + 1)).problem.code == "too-big"


def test_too_deep():
    assert refusal(b"<schedule>" + b"<a>" * 60).problem.code == "too-deep"
    assert refusal(b"[" * 60 + b"]" * 60).problem.code == "too-deep"
    assert refusal(b"[" * 200_000 + b"]" * 200_000).problem.code == "too-deep"


def test_too_many_talks(monkeypatch):
    monkeypatch.setattr("schedule.feeds.formats.raw.MAX_TALKS", 2)
    assert refusal(schedule_json(*map(event_json, range(3)))).problem.code == "too-many"


def test_too_many_rooms(monkeypatch):
    monkeypatch.setattr("schedule.feeds.formats.assembly.MAX_ROOMS", 1)
    error = refusal(schedule_json(rooms={"A": [event_json()], "B": []}))
    assert error.problem.code == "too-many"


def test_too_many_entries_of_anything():
    problem = refusal(schedule_json(rooms={"Hall": [{}] * 10_001})).problem
    assert (problem.code, problem.location) == (
        "too-many",
        "/schedule/conference/days/0/rooms/Hall",
    )


def test_too_many_elements(monkeypatch):
    monkeypatch.setattr("schedule.feeds.formats.source.MAX_ELEMENTS", 10)
    assert refusal(schedule_xml()).problem.code == "too-many"


def test_json_names_may_not_repeat():
    data = schedule_json().replace(b'"title": "Talk 1"', b'"title": "A", "title": "B"')
    problem = refusal(data).problem
    assert (problem.code, problem.read) == ("repeated-name", "title")
    assert problem.location == "/schedule/conference/days/0/rooms/Hall/0"


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_json_has_no_nan(constant):
    data = schedule_json(event_json(id=7)).replace(b'"id": 7', b'"id": ' + constant.encode())
    problem = refusal(data).problem
    assert (problem.code, problem.read) == ("not-json", constant)
    assert problem.location.endswith("/rooms/Hall/0/id")


def test_a_number_without_end_is_refused():
    assert refusal(schedule_json(event_json(id=7)).replace(b": 7", b": " + b"7" * 5_000)).problem


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"BEGIN:VCALENDAR\r\n", "not-well-formed"),
        (b"<iCalendar/>", "unknown-format"),
        (b"<!DOCTYPE html><html>", "unknown-format"),
        (b'{"days": {}}', "unknown-format"),
        (b"[1]", "unknown-format"),
        (b"\x89PNG\r\n\x1a\n", "unknown-format"),
        (b'{"a": "\xff"}', "bad-encoding"),
        (b"<?xml version='1.0' encoding='klingon'?><schedule/>", "bad-encoding"),
        (b"<schedule/>", "no-talks"),
    ],
)
def test_other_files_are_refused(data, code):
    assert refusal(data).problem.code == code


def test_an_unknown_format_is_told_what_is_supported():
    assert "c3voc/pentabarf XML (c3voc-xml)" in str(refusal(b"a,b,c\n"))
    assert "c3voc-json" in str(refusal(schedule_xml(), format="ical"))


def test_the_format_can_be_said():
    assert parse(schedule_xml(), format="c3voc-xml").format == "c3voc-xml"
    assert refusal(schedule_xml(), format="c3voc-json").problem.code == "unknown-format"


@pytest.mark.slow
def test_any_cut_and_any_flipped_byte_is_survived():
    for whole in (schedule_xml(), schedule_json()):
        for at in range(0, len(whole), 3):
            for data in (
                whole[:at],
                whole[:at] + b"\xff" + whole[at + 1 :],
                whole[:at] + whole[at + 2 :],
            ):
                try:
                    parse(data)
                except ProgrammeError as error:
                    assert str(error)


@pytest.mark.parametrize(
    "odd", [None, True, -1, 1e300, 10**40, "", [], {}, [[]], [None], "\x00", "²:³"]
)
def test_any_odd_value_anywhere_is_survived(odd):
    def odd_versions(value: object) -> Iterator[object]:
        yield odd
        if isinstance(value, dict):
            for name in value:
                yield from ({**value, name: other} for other in odd_versions(value[name]))
        elif isinstance(value, list):
            for at, item in enumerate(value):
                yield from ([*value[:at], other, *value[at + 1 :]] for other in odd_versions(item))

    person = {
        "guid": "x",
        "id": 1,
        "code": "A",
        "public_name": "Ada",
        "biography": "",
        "avatar": "",
    }
    event = event_json(persons=[person], links=[{"title": "a", "url": "b"}], end="2026-03-06T11:00")
    for version in odd_versions(
        json.loads(schedule_json(event, tracks=[{"name": "A", "color": "#fff"}]))
    ):
        try:
            parse(json.dumps(version).encode())
        except ProgrammeError as error:
            assert str(error)
