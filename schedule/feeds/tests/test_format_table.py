import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse
from schedule.feeds.formats.values.spellings import UnreadableValue, read_length, read_when

BERLIN = ZoneInfo("Europe/Berlin")


def read(text: str, encoding: str = "utf-8") -> Programme:
    return parse(text.encode(encoding), default_zone=BERLIN)


def row(**words: str) -> Programme:
    """One talk with these columns beside its title and start."""
    words = {"title": "Talk", "start": "2026-03-06 10:00", "end": "10:30", "room": "Hall", **words}
    cells = (f'"{cell}"' for cell in words.values())
    return read(f"{','.join(words)}\n{','.join(cells)}\n")


def problems(programme: Programme) -> list[tuple[str, str]]:
    return [(problem.code, problem.location) for problem in programme.problems]


def refusal(text: str) -> ProgrammeError:
    with pytest.raises(ProgrammeError) as error:
        read(text)
    return error.value


def test_the_example_of_the_manual_works():
    page = Path(settings.BASE_DIR, "docs/schedule-csv.md").read_text()
    example = re.search(r"```csv\n(.*?)```", page, re.DOTALL)
    programme = read(example[1])
    assert programme.problems == ()
    assert programme.format == "csv"
    assert programme.counts == {"days": 1, "rooms": 2, "talks": 4, "speakers": 4}
    opening, stars, robots, coffee = programme.talks
    assert (opening.code, opening.title, opening.kind) == ("OPEN26", "Opening", "keynote")
    assert opening.starts_at.isoformat() == "2026-11-21T08:30:00+00:00"
    assert opening.ends_at.isoformat() == "2026-11-21T09:00:00+00:00"
    assert opening.abstract == "<p>Welcome!</p>"
    assert [speaker.name for speaker in programme.speakers][1:3] == ["Ben Muster", "Cleo Exempel"]
    assert stars.speakers == ("name:ben muster", "name:cleo exempel")
    assert (robots.title, robots.language, robots.track) == ("Robots, with paper", "de", "Making")
    assert (coffee.kind, coffee.code, coffee.room) == ("break", "", "Main hall")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_spreadsheets_differ(delimiter, newline, encoding):
    lines = ["Titel", "Start-Time", "ENDS AT", "", "Räume"], ["Ä", "2026-03-06 10:00", "11:00", "", "x"]  # fmt: skip
    text = newline.join(delimiter.join(cells) for cells in lines)
    (talk,) = read(text, encoding).talks
    assert (talk.title, talk.starts_at.hour, talk.ends_at.hour) == ("Ä", 9, 10)


def test_the_delimiter_may_stand_before_the_header():
    (talk,) = read("\nsep=;\nTitle;Start\nA;2026-03-06 10:00\n").talks
    assert talk.title == "A"
    assert talk.location == "line 4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-06", ("2026-03-06", "")),
        ("6.3.2026", ("2026-03-06", "")),
        ("06.03.26", ("2026-03-06", "")),
        ("2026-03-06 9:30", ("2026-03-06", "09:30")),
        ("06.03.2026, 09:30:15", ("2026-03-06", "09:30:15")),
        ("2026-03-06T09:30:00.000", ("2026-03-06", "09:30:00")),
        ("2026-03-06T09:30:00+01:00", ("2026-03-06T09:30:00+01:00", "")),
        ("2026-03-06T09:30Z", ("2026-03-06T09:30Z", "")),
        ("9.30", ("", "09:30")),
        ("9:30 Uhr", ("", "09:30")),
        ("9 Uhr", ("", "09:00")),
        ("12:15 am", ("", "00:15")),
        ("12 PM", ("", "12:00")),
        ("2:30 p.m.", ("", "14:30")),
        ("25:30", ("", "25:30")),
        ("", ("", "")),
    ],
)
def test_dates_and_times(text, expected):
    assert read_when(text) == expected


@pytest.mark.parametrize(
    "text", ["3/6/2026", "31.02.2026", "6.3.", "soon", "10", "13:00 pm", "45992.5", "20263-01-01"]
)
def test_what_can_be_read_in_several_ways_is_not_read(text):
    with pytest.raises(UnreadableValue):
        read_when(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("45", "45"), ("45 min", "45"), ("45'", "45"), ("2 h", "2:00"), ("1:30", "1:30"), ("x", "x")],
)
def test_lengths(text, expected):
    assert read_length(text) == expected


def test_a_time_without_a_date_names_the_cell():
    programme = read("title,start,date\nA,10:00,2026-03-06\nB,10:00,\nC,10:00,3/6/2026\nD,noon,6.3.2026\n"
                     "E,10:00,2026-03-06\nF,10:00,2026-03-06\n")  # fmt: skip
    assert [talk.title for talk in programme.talks] == ["A", "E", "F"]
    found = [problem for problem in problems(programme) if problem[0].startswith("bad-")]
    assert found == [
        ("bad-date", "line 3, date"),
        ("bad-date", "line 4, date"),
        ("bad-time", "line 5, start"),
    ]
    left_out = [p for p in programme.problems if p.severity == "error"]
    assert [(p.code, p.talk) for p in left_out] == [("no-start", "B"), ("no-start", "C"), ("no-start", "D")]  # fmt: skip


def test_after_midnight():
    assert row(start="2026-03-06 23:30", end="0:30").talks[0].ends_at.hour == 23
    assert row(start="2026-03-06 25:30", end="2026-03-07 2:30").talks[0].starts_at.day == 7


def test_an_end_half_a_day_before_the_start_is_doubted():
    programme = row(start="2026-03-06 14:00", end="13:30")
    assert problems(programme) == [("over-midnight", "line 2, end")]


def test_what_stands_in_the_cells():
    guid = "a0000000-0000-4000-8000-000000000001"
    programme = row(
        **{"Also in": "Hall; Foyer", "Kind": "Hands-on workshop", "Language": "Deutsch"},
        **{"Links": "https://a.example/ /slides", "Subtitle": "S", "Description": "*d*"},
        speaker="Ada, Ben", id="7", guid=guid, code="A1", track="Web",
    )  # fmt: skip
    (talk,) = programme.talks
    assert (talk.room, talk.also_in) == ("Hall", ("Foyer",))
    assert [room.name for room in programme.rooms] == ["Hall", "Foyer"]
    assert (talk.kind, talk.language, talk.track) == ("workshop", "de", "Web")
    assert talk.links == (("a.example", "https://a.example/"),)
    assert talk.description == "<p><em>d</em></p>"
    assert talk.keys[:3] == (f"guid:{guid}", "code:A1", "id:7")
    assert [speaker.name for speaker in programme.speakers] == ["Ada", "Ben"]
    assert problems(programme) == [("bad-link", "line 2, Links")]


def test_what_is_not_public_is_left_out():
    for state in ("Draft", "waitlisted", "Abgelehnt", "HIDDEN"):
        programme = read(
            f"Title,Date,Start,Status\nA,2026-03-06,10:00,{state}\nB,2026-03-06,11:00,accepted"
        )
        assert [talk.title for talk in programme.talks] == ["B"]
        left_out = [each for each in programme.problems if each.code == "not-in-programme"]
        assert [(each.location, each.read) for each in left_out] == [
            ("line 2, Status", f"{state} A")
        ]


def test_canceled():
    assert row(Status="Cancelled").talks[0].is_canceled
    assert not row(Status="confirmed").talks[0].is_canceled
    doubtful = row(canceled="perhaps")
    assert not doubtful.talks[0].is_canceled
    assert problems(doubtful) == [("bad-word", "line 2, canceled")]


def test_breaks_are_told_apart_by_room_and_start():
    programme = read(
        "title,start,duration,room\n"
        + "".join(
            f"Lunch,2026-03-0{day} 12:00,60,{room}\n" for day in (6, 7) for room in ("A", "B")
        )
    )
    assert [(talk.kind, talk.key, talk.ordinal) for talk in programme.talks] == [
        ("break", "break:lunch|a", 0),
        ("break", "break:lunch|b", 0),
        ("break", "break:lunch|a", 1),
        ("break", "break:lunch|b", 1),
    ]
    assert programme.problems == ()


def test_repeats_share_a_code():
    programme = read("code,title,start,end,room\nA,T,2026-03-06 10:00,11:00,H\nA,T,2026-03-07 10:00,11:00,H")  # fmt: skip
    assert [(talk.code, talk.series, talk.ordinal) for talk in programme.talks] == [
        ("", "A", 0),
        ("", "A", 1),
    ]


def test_all_that_is_odd_is_reported_with_its_place():
    programme = read(
        "title,start,end,room,Foo,starts\n"
        '"Two\nlines",2026-03-06 10:00,11:00,H,,\n'
        "\n"
        ",2026-03-06 10:00,11:00,H,,\n"
        "Comma, again,2026-03-06 10:00,11:00,H,,1\n"
        "No room,2026-03-06 10:00\n"
        "Good,2026-03-06 10:00,11:00,H,,\n"
        "Good too,2026-03-06 10:00,11:00,H,,\n"
    )
    assert [talk.title for talk in programme.talks] == ["Two lines", "No room", "Good", "Good too"]
    assert problems(programme) == [
        ("unknown-column", "line 1"),
        ("repeated-column", "line 1"),
        ("more-cells", "line 6"),
        ("bad-time", "line 6, start"),
        ("no-title", "line 5, title"),
        ("no-start", "line 6, start"),
        ("duration-unreadable", "line 7"),
        ("zero-length", "line 7"),
        ("no-room", "line 7, room"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "location"),
    [
        ("a,b,c\n1,2,3\n", "unknown-format", ""),
        ("title,room\nA,B\n", "no-column", "line 1"),
        ("start,room\n10:00,B\n", "no-column", "line 1"),
        ("title,start\n", "no-talks", "line 1"),
        ('title,start\nA,2026-03-06 10:00\n"B,2026-03-06 10:00\nC\n', "not-well-formed", "line 3"),
        ('title,start\n"A" b,2026-03-06 10:00\n', "not-well-formed", "line 2"),
        (f"title,start\n{'A' * 200_000},2026-03-06 10:00\n", "not-well-formed", "line 2"),
    ],
)
def test_refusals(text, code, location):
    problem = refusal(text).problem
    assert (problem.code, problem.location) == (code, location)


def test_an_old_encoding_is_refused_with_its_line():
    with pytest.raises(ProgrammeError) as error:
        read("title,start\nA,2026-03-06 10:00\nÄ,2026-03-06 10:00\n", "cp1252")
    assert str(error.value).startswith("line 3: ")
    assert error.value.problem.code == "bad-encoding"


def test_too_many_talks(monkeypatch):
    monkeypatch.setattr("schedule.feeds.formats.raw.MAX_TALKS", 2)
    assert refusal("title,start\n" + "A,2026-03-06 10:00\n" * 3).problem.code == "too-many"


def test_too_many_lines_and_columns(monkeypatch):
    assert refusal("title,start," + "x," * 300 + "\n").problem.code == "too-many"
    monkeypatch.setattr("schedule.feeds.formats.source.MAX_LINES", 2)
    assert refusal("title,start\n" + "\n" * 9).problem.code == "too-many"
