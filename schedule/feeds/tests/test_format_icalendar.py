from datetime import date
from zoneinfo import ZoneInfo

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse

EVENT = """UID:talk-7@conf.example
DTSTART;TZID=Europe/Paris:20260306T100000
DTEND;TZID=Europe/Paris:20260306T103000
LOCATION;CHARSET=UTF-8;ENCODING=8BIT:Salle 1\\, niveau 2
SUMMARY;LANGUAGE=fr:Ouverture
DESCRIPTION:Un\\nDeux
CATEGORIES:Keynote,Other"""


def calendar(*events: str, head: str = "PRODID:-//Test//EN", newline: str = "\r\n") -> bytes:
    listed = "\n".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in events)
    whole = f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}\n{listed}\nEND:VCALENDAR\n"
    return whole.replace("\n", newline).encode()


def timed(start: str, *lines: str) -> bytes:
    return calendar("\n".join(["SUMMARY:A", "LOCATION:Hall", start, *lines]))


def read(data: bytes) -> Programme:
    return parse(data, default_zone=ZoneInfo("Asia/Tokyo"))


def problems(programme: Programme) -> list[tuple[str, str]]:
    return [(problem.code, problem.location) for problem in programme.problems]


def times(programme: Programme) -> tuple[str, ...]:
    (talk,) = programme.talks
    return tuple(f"{at:%Y-%m-%d %H:%M}" for at in (talk.starts_at, talk.ends_at))


def test_it_works():
    programme = read(calendar(EVENT, head="X-WR-CALNAME:Testconf"))
    assert programme.format == "icalendar"
    assert programme.problems == ()
    assert programme.counts == {"days": 1, "rooms": 1, "talks": 1, "speakers": 0}
    assert (programme.title, programme.time_zone) == ("Testconf", "Europe/Paris")
    (talk,) = programme.talks
    assert (talk.title, talk.language, talk.kind) == ("Ouverture", "fr", "keynote")
    assert (talk.room, talk.track) == ("Salle 1, niveau 2", "Keynote")
    assert talk.description == "<p>Un<br>\nDeux</p>"
    assert talk.keys == ("uid:talk-7@conf.example", "title:ouverture")
    assert talk.location == "line 4, talk-7@conf.example"
    assert times(programme) == ("2026-03-06 09:00", "2026-03-06 09:30")


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\r\n"])
def test_line_ends_differ(newline):
    assert read(calendar(EVENT, newline=newline)).talks[0].title == "Ouverture"


def test_lines_are_folded_within_letters():
    data = (
        calendar(EVENT)
        .replace(b"Ouverture", "Été".encode())
        .replace(b"\xc3\x89t", b"\xc3\r\n \x89t")
    )
    programme = read(data)
    assert programme.talks[0].title == "Été"
    assert programme.problems == ()


def test_other_people_than_the_speakers_are_not_read():
    people = 'ATTENDEE;ROLE=REQ-PARTICIPANT;CN="Beispiel, Ada":invalid:nomail\nATTENDEE;CN=Guest:mailto:guest@a.example\nORGANIZER;CN=Office:MAILTO:o@a.example'
    programme = read(calendar(f"{EVENT}\n{people}"))
    assert [speaker.name for speaker in programme.speakers] == ["Beispiel, Ada"]
    assert "@a.example" not in repr(programme)


def test_pretalx_has_the_speakers_in_the_title_and_the_code_in_the_uid():
    event = EVENT.replace("talk-7@", "pretalx-test-2026-ABCDEF@").replace(
        "Ouverture", "A - B - Ada Beispiel\\, Ben Muster"
    )
    programme = read(calendar(event, head="PRODID:-//pretalx//conf.example//"))
    (talk,) = programme.talks
    assert (talk.title, talk.code) == ("A - B", "ABCDEF")
    assert [speaker.name for speaker in programme.speakers] == ["Ada Beispiel", "Ben Muster"]


def test_a_uid_may_be_a_guid():
    guid = "a0000000-0000-4000-8000-000000000001"
    (talk,) = read(calendar(EVENT.replace("talk-7", guid.upper()))).talks
    assert talk.keys[0] == f"guid:{guid}"


@pytest.mark.parametrize("status", ["STATUS:CANCELLED", "STATUS:cancelled"])
def test_canceled_talks_stay_with_their_mark(status):
    programme = read(calendar(f"{EVENT}\n{status}", EVENT.replace("talk-7", "talk-8")))
    assert [talk.is_canceled for talk in programme.talks] == [True, False]


def test_a_calendar_that_cancels():
    (talk,) = read(calendar(EVENT, head="METHOD:CANCEL")).talks
    assert talk.is_canceled


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DTSTART:20260306T090000Z", "DTEND:20260306T100000Z"), ("09:00", "10:00")),
        (("DTSTART:20260306T180000", "DTEND:20260306T190000"), ("09:00", "10:00")),
        (("DTSTART;TZID=Europe/Berlin:20260306T100000", "DURATION:PT1H30M"), ("09:00", "10:30")),
        (("DTSTART;TZID=W. Europe Standard Time:20260306T100000", "DURATION:PT30M"), ("09:00", "09:30")),
        (("DTSTART;TZID=/a.example/1_1/Europe/Berlin:20260306T100000", "DURATION:PT30M"), ("09:00", "09:30")),
        (("DTSTART;TZID=Europe/Berlin:20260306T100000", "DTEND;TZID=Europe/London:20260306T100000"), ("09:00", "10:00")),
    ],
)  # fmt: skip
def test_times(lines, expected):
    programme = read(timed(*lines))
    assert problems(programme) == []
    assert times(programme) == tuple(f"2026-03-06 {clock}" for clock in expected)


def test_a_zone_for_the_whole_calendar():
    data = calendar("SUMMARY:A\nLOCATION:H\nDTSTART:20260306T100000\nDTEND:20260306T110000", head="X-WR-TIMEZONE:Europe/Berlin")  # fmt: skip
    assert times(read(data)) == ("2026-03-06 09:00", "2026-03-06 10:00")


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["DTEND;VALUE=DATE:20260308"], 2),
        (["DTEND;VALUE=DATE:20260307"], 1),
        (["DTEND;VALUE=DATE:20260306"], 1),  # many write the last day
        (["DTEND:20260306T120000"], 1),
        (["DURATION:P3D"], 3),
        (["DURATION:PT1H"], 1),
        (["DURATION:soon"], 1),
        ([], 1),
    ],
)
def test_whole_days(lines, days):
    """They begin and end as the days of the conference do, whichever zone the file is of."""
    zone = "X-WR-TIMEZONE:Europe/Paris"
    event = "\n".join(["SUMMARY:A", "LOCATION:Hall", "DTSTART;VALUE=DATE:20260306", *lines])
    for head in ("PRODID:x", zone):
        programme = read(calendar(event, head=head))
        assert times(programme) == ("2026-03-05 19:00", f"2026-03-{5 + days:02} 19:00")
        assert programme.talks[0].is_all_day
        assert programme.days == (date(2026, 3, 6),)
        assert problems(programme) == []


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("20260306", "20260401", "too-long"),
        ("19990306", "19990307", "impossible-time"),
        ("20260231", "20260301", "no-start"),
        ("20260306", "99991231", "impossible-time"),
    ],
)
def test_impossible_days_are_left_out(start, end, code):
    event = f"SUMMARY:A\nLOCATION:H\nDTSTART;VALUE=DATE:{start}\nDTEND;VALUE=DATE:{end}"
    programme = read(calendar(EVENT, event))
    assert [talk.title for talk in programme.talks] == ["Ouverture"]
    assert [problem.code for problem in programme.problems] == [code]


def test_what_is_not_public_is_left_out():
    for access in ("PRIVATE", "confidential"):
        programme = read(
            calendar(EVENT, f"CLASS:{access}\nSUMMARY:Staff\nDTSTART:20260306T090000Z")
        )
        assert [talk.title for talk in programme.talks] == ["Ouverture"]
        (problem,) = programme.problems
        assert (problem.code, problem.read, problem.talk) == ("not-in-programme", access, "Staff")


def test_a_file_without_days_begins_with_its_first_date():
    night = "SUMMARY:Doors\nLOCATION:Hall\nDTSTART:20260306T003000\nDURATION:PT30M"
    assert read(calendar(night, EVENT)).days == (date(2026, 3, 6),)


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (("DTSTART:20260306T090000Z",), ["zero-length"]),
        (("DTSTART:20260306T090000Z", "DTEND:soon"), ["end-unreadable", "duration-unreadable", "zero-length"]),
        (("DTSTART:20260306T090000Z", "DURATION:-PT1H"), ["duration-unreadable", "zero-length"]),
        (("DTSTART:20260306T090000Z", "DURATION:P99999999999D"), ["duration-unreadable", "zero-length"]),
        (("DTSTART;TZID=Our Zone:20260306T180000", "DURATION:PT1H"), ["unknown-zone"]),
        (("DTSTART:20260306T090000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"), ["repeats"]),
    ],
)  # fmt: skip
def test_doubtful_times(lines, codes):
    programme = read(timed(*lines))
    assert [problem.code for problem in programme.problems] == codes
    assert times(programme)[0] == "2026-03-06 09:00"


def test_clock_changes_and_impossible_times():
    events = [
        "SUMMARY:Gap\nLOCATION:H\nDTSTART;TZID=Europe/Berlin:20260329T023000\nDURATION:PT1H",
        "SUMMARY:Year\nLOCATION:H\nDTSTART:19000306T090000Z\nDURATION:PT1H",
        "SUMMARY:None\nLOCATION:H",
        "SUMMARY:Night\nLOCATION:H\nDTSTART;TZID=Europe/Berlin:20260329T010000\nDTEND;TZID=Europe/Berlin:20260329T040000",
    ]
    programme = read(calendar(*events, *[EVENT] * 2))
    assert [problem.code for problem in programme.problems][:3] == [
        "time-gap",
        "impossible-time",
        "no-start",
    ]
    night = programme.talks[0]
    assert (night.ends_at - night.starts_at).total_seconds() == 2 * 3600


def test_what_is_nested_is_not_read():
    alarm = "BEGIN:VALARM\nSUMMARY:Alarm\nDESCRIPTION:Wake up\nEND:VALARM"
    zone = "BEGIN:VTIMEZONE\nTZID:Europe/Paris\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE"
    programme = read(calendar(f"{alarm}\n{EVENT}", head=zone))
    assert problems(programme) == [("zone-unreadable", "line 3")]
    assert programme.talks[0].title == "Ouverture"


def test_all_that_is_odd_is_reported_with_line_and_uid():
    odd = "no colon\nX;Y:z\nEND:VTODO\n\nCOMMENT:~\nUID:odd\nDTSTART:20260306T090000Z"
    programme = read(calendar(odd, EVENT).replace(b"~", b"\xff"))
    assert problems(programme) == [
        ("bad-line", "line 5"),
        ("bad-line", "line 6"),
        ("bad-line", "line 7"),
        ("replaced-bytes", "line 9"),
        ("no-title", "line 4, odd"),
    ]
    assert [talk.title for talk in programme.talks] == ["Ouverture"]


def test_a_truncated_file_is_refused_with_its_last_line():
    whole = calendar(EVENT, EVENT)
    with pytest.raises(ProgrammeError) as error:
        read(whole[: whole.rindex(b"SUMMARY")])
    assert error.value.problem.code == "not-well-formed"
    assert error.value.problem.location == "line 17"
    assert error.value.problem.read == "BEGIN:VEVENT"


def test_an_empty_calendar_is_refused():
    with pytest.raises(ProgrammeError) as error:
        read(calendar())
    assert error.value.problem.code == "no-talks"


def test_no_line_is_longer_than_a_text():
    with pytest.raises(ProgrammeError) as error:
        read(calendar(f"{EVENT}\nCOMMENT:{'a' * 300_000}"))
    assert (error.value.problem.code, error.value.problem.location) == ("too-many", "line 12")


def test_no_line_has_parameters_without_end():
    programme = read(calendar(f"X-ODD{';A=b' * 1_000}:c\n{EVENT}"))
    assert problems(programme) == [("bad-line", "line 5")]


def test_too_many_lines(monkeypatch):
    monkeypatch.setattr("schedule.feeds.formats.readers.icalendar_file.MAX_LINES", 5)
    with pytest.raises(ProgrammeError) as error:
        read(calendar(EVENT))
    assert error.value.problem.code == "too-many"
