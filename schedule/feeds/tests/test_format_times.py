from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse
from schedule.feeds.tests.schedule_files import event_json, event_xml, schedule_json, schedule_xml

BERLIN = ZoneInfo("Europe/Berlin")
PRETALX = "<generator name='pretalx' version='2024.3'/>"


def codes(programme: Programme) -> list[str]:
    return [problem.code for problem in programme.problems]


def start_of(programme: Programme) -> str:
    return programme.talks[0].starts_at.isoformat()


def length_of(programme: Programme) -> timedelta:
    return programme.talks[0].ends_at - programme.talks[0].starts_at


@pytest.mark.parametrize(
    ("spelling", "hours"),
    [("00:30", 0.5), ("1:30", 1.5), ("01:30", 1.5), ("26:00", 26), ("45", 0.75), ("90.0", 1.5)],
)
def test_durations(spelling, hours):
    programme = parse(schedule_xml(event_xml(duration=spelling)))
    assert length_of(programme) == timedelta(hours=hours)
    assert codes(programme) == []


def test_three_parts_are_a_clock_time_but_days_from_pretalx():
    clock = parse(schedule_xml(event_xml(duration="1:02:00")))
    days = parse(schedule_xml(event_xml(duration="1:02:00"), before=PRETALX))
    assert length_of(clock) == timedelta(hours=1, minutes=2)
    assert length_of(days) == timedelta(days=1, hours=2)
    assert codes(clock) == codes(days) == ["three-part-duration"]
    assert days.problems[0].read == "1:02:00 = 26:00, 1:02"


def test_an_end_decides_between_the_readings():
    event = event_json(duration="1:02:00", end="2026-03-07T12:00:00+01:00")
    programme = parse(schedule_json(event))
    assert length_of(programme) == timedelta(days=1, hours=2)
    assert codes(programme) == []


def test_minutes_as_a_json_number():
    assert length_of(parse(schedule_json(event_json(duration=90)))) == timedelta(minutes=90)


def test_an_end_beats_the_duration():
    programme = parse(schedule_json(event_json(end="2026-03-06T11:00:00+01:00")))
    assert length_of(programme) == timedelta(hours=1)
    assert codes(programme) == ["end-differs"]


def test_an_end_before_the_start_does_not():
    programme = parse(schedule_json(event_json(end="2026-03-06T09:00:00+01:00")))
    assert length_of(programme) == timedelta(minutes=30)
    assert codes(programme) == ["end-before-start"]


def test_pentabarf_ends_are_clock_times():
    programme = parse(schedule_xml(event_xml(start="23:30", date=None, duration="", end="00:15")))
    assert length_of(programme) == timedelta(minutes=45)


@pytest.mark.parametrize("duration", ["", None, "soon", "1:2:3:4", "-5", "²"])
def test_an_unreadable_duration_is_zero(duration):
    programme = parse(schedule_xml(event_xml(duration=duration)))
    assert length_of(programme) == timedelta(0)
    assert codes(programme) == ["duration-unreadable", "zero-length"]


def test_zero_length_is_legal():
    programme = parse(schedule_xml(event_xml(duration="00:00")))
    assert length_of(programme) == timedelta(0)
    assert codes(programme) == ["zero-length"]


def test_longer_than_a_week_is_left_out():
    programme = parse(schedule_xml(event_xml(), event_xml(2, duration="169:00")))
    assert [talk.title for talk in programme.talks] == ["Talk 1"]
    assert codes(programme) == ["too-long"]


def test_a_date_in_utc_beside_a_local_start_is_fine():
    programme = parse(
        schedule_xml(
            event_xml(date="2026-03-06T05:00:00+00:00", start="10:30"), zone="Asia/Kolkata"
        )
    )
    assert start_of(programme) == "2026-03-06T05:00:00+00:00"
    assert codes(programme) == []


def test_a_mislabelled_offset_is_reported_and_the_clock_believed_when_asked():
    data = schedule_json(
        event_json(date="2026-03-06T10:00:00+00:00", end="2026-03-06T10:30:00+00:00")
    )
    programme = parse(data)
    assert start_of(programme) == "2026-03-06T10:00:00+00:00"
    assert codes(programme) == ["mislabelled-time"]
    believed = parse(data, believe_clock=True)
    assert start_of(believed) == "2026-03-06T09:00:00+00:00"
    assert length_of(believed) == timedelta(minutes=30)
    assert codes(believed) == ["clock-believed"]


def test_a_file_that_was_made_in_another_zone_is_believed_and_reported():
    programme = parse(schedule_xml(zone=""), default_zone=ZoneInfo("UTC"))
    assert start_of(programme) == "2026-03-06T09:00:00+00:00"
    assert codes(programme) == ["offset-believed"]
    assert programme.problems[0].read == "2026-03-06T10:00:00+01:00 = 09:00 / 10:00 UTC"


@pytest.mark.parametrize(
    ("date", "start", "by_clock", "by_date"),
    [
        ("2026-03-06T12:00:00+01:00", "10:00", "06T09:00", "06T11:00"),  # shifted
        ("2026-03-06T10:00:00Z", "10:00", "06T09:00", "06T10:00"),  # called UTC
        ("2026-03-06T23:30:00+00:00", "23:30", "06T22:30", "06T23:30"),
        ("2026-03-07T00:30:00+01:00", "22:30", "06T21:30", "06T23:30"),  # over midnight
        ("2026-03-06T23:30:00+01:00", "25:30", "07T00:30", "06T22:30"),
    ],
)
def test_without_a_zone_in_the_file_the_clock_of_the_venue_counts(date, start, by_clock, by_date):
    end = f"{date[:11]}{date[11:13]}:59{date[16:]}"
    event = event_json(date=date, start=start, end=end, duration=None)
    data = schedule_json(event, time_zone_name="")
    for believes, expected, problem in (
        (None, by_clock, "clock-believed"),
        (True, by_clock, "clock-believed"),
        (False, by_date, "offset-believed"),
    ):
        programme = parse(data, default_zone=BERLIN, believe_clock=believes)
        assert start_of(programme) == f"2026-03-{expected}:00+00:00"
        assert length_of(programme) == timedelta(minutes=59 - int(date[14:16]))
        assert codes(programme) == [problem]
        assert programme.problems[0].read.startswith(f"{date} = ")
        assert programme.problems[0].read.endswith(f" / {start} Europe/Berlin")


def test_a_date_in_utc_is_fine_in_the_zone_of_the_conference_too():
    event = event_xml(date="2026-03-06T05:00:00+00:00", start="10:30")
    programme = parse(schedule_xml(event, zone=""), default_zone=ZoneInfo("Asia/Kolkata"))
    assert start_of(programme) == "2026-03-06T05:00:00+00:00"
    assert codes(programme) == []


def test_lengths_are_whole_minutes():
    for end, minutes in (("10:59:59", 60), ("10:20:20", 20), ("10:20:30", 21), ("10:00:10", 0)):
        event = event_json(end=f"2026-03-06T{end}+01:00", duration=None)
        assert length_of(parse(schedule_json(event))) == timedelta(minutes=minutes), end


def test_a_contradiction_is_reported():
    data = schedule_xml(event_xml(start="11:45"))
    programme = parse(data)
    assert start_of(programme) == "2026-03-06T09:00:00+00:00"
    assert codes(programme) == ["start-differs"]
    believed = parse(data, believe_clock=True)
    assert start_of(believed) == "2026-03-06T10:45:00+00:00"
    assert codes(believed) == ["clock-believed"]


def test_an_unknown_zone_falls_back():
    programme = parse(schedule_xml(event_xml(date=None), zone="Mars/Base"), default_zone=BERLIN)
    assert start_of(programme) == "2026-03-06T09:00:00+00:00"
    assert codes(programme) == ["unknown-zone"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"date": "2026-03-06T10:00:00"}, "2026-03-06T09:00:00+00:00"),
        ({"date": "2026-03-06"}, "2026-03-06T09:00:00+00:00"),
        ({"date": None}, "2026-03-06T09:00:00+00:00"),
        ({"date": None, "start": "9:05:00"}, "2026-03-06T08:05:00+00:00"),
        ({"date": None, "start": "2026-03-06T09:05:00+01:00"}, "2026-03-06T08:05:00+00:00"),
        # After midnight belongs to the evening before; 25:30 says so itself.
        ({"date": None, "start": "01:30"}, "2026-03-07T00:30:00+00:00"),
        ({"date": None, "start": "25:30"}, "2026-03-07T00:30:00+00:00"),
        ({"date": "2026-03-06", "start": "01:30"}, "2026-03-06T00:30:00+00:00"),
    ],
)
def test_starts_without_an_offset(event, expected):
    programme = parse(schedule_xml(event_xml(**event)))
    assert start_of(programme) == expected
    assert codes(programme) == []


def test_the_file_says_when_its_day_changes():
    for change, expected in (("09:00:00", 7), ("00:00", 6)):
        data = schedule_xml(
            event_xml(date=None, start="08:30"), conference=f"<day_change>{change}</day_change>"
        )
        assert parse(data).talks[0].starts_at == datetime(2026, 3, expected, 7, 30, tzinfo=UTC)


def test_the_bounds_of_a_day_place_its_starts():
    day = 'date="2026-03-06" start="2026-03-06T11:00:00+01:00" end="2026-03-07T06:00:00+01:00"'
    programme = parse(schedule_xml(event_xml(date=None, start="05:30"), day=day))
    assert start_of(programme) == "2026-03-07T04:30:00+00:00"
    opening = parse(schedule_xml(event_xml(date=None, start="10:30"), day=day))
    assert start_of(opening) == "2026-03-06T09:30:00+00:00", "before the day, yet not lost"
    assert codes(opening) == ["outside-day"]


def test_a_broken_date_falls_back_to_the_day():
    programme = parse(schedule_xml(event_xml(date="6 March")))
    assert start_of(programme) == "2026-03-06T09:00:00+00:00"
    assert codes(programme) == ["date-unreadable"]


def test_clock_changes():
    gap = event_xml(1, date="2026-03-29T02:30:00", start="02:30")
    twice = event_xml(2, date="2026-10-25T02:30:00", start="02:30")
    night = event_xml(3, date="2026-03-29T01:30:00", start="01:30", duration="02:00")
    programme = parse(schedule_xml(gap, twice, night))
    assert codes(programme) == ["time-gap", "ambiguous-time"]
    assert start_of(programme) == "2026-10-25T00:30:00+00:00"
    elapsed = programme.talks[1]
    assert elapsed.ends_at.astimezone(BERLIN).hour == 4, "two hours later by the clock that jumped"


@pytest.mark.parametrize(
    "date", ["20008-01-01T10:00:00+01:00", "1999-12-31T10:00:00+01:00", "9999-12-31"]
)
def test_impossible_years_are_left_out(date):
    programme = parse(schedule_xml(event_xml(), event_xml(2, date=date, start="")))
    assert len(programme.talks) == 1
    assert programme.problems[-1].severity == "error"
