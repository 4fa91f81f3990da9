"""Time zones by the names of other systems, and as calendar files define them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.readers.icalendar_file import MAX_ZONES
from schedule.feeds.formats.registry import parse
from schedule.feeds.formats.values.zone_names import read_zone
from schedule.feeds.formats.values.zone_rules import DefinedZone, UnreadableRule, changes_of
from schedule.feeds.tests.schedule_files import event_xml, schedule_xml

BERLIN, LONDON = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London")
SUMMER, WINTER = datetime(2026, 7, 1, 12), datetime(2026, 1, 1, 12)  # noqa: DTZ001 - clock times
BRITISH = {
    "BEGIN:STANDARD": ("20001029T020000", "+0100", "+0000", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"),
    "BEGIN:DAYLIGHT": ("20000326T010000", "+0000", "+0100", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"),
}


def offsets(name: str) -> tuple[float, float] | None:
    """In hours, in winter and in summer."""
    zone = read_zone(name)
    if zone is None:
        return None
    winter, summer = (zone.utcoffset(at) or timedelta() for at in (WINTER, SUMMER))
    return winter / timedelta(hours=1), summer / timedelta(hours=1)


@pytest.mark.parametrize(
    "name",
    [
        *("Europe/Berlin", "europe/berlin", "Europe/BERLIN ", "CET", "Arctic/Longyearbyen"),
        *("W. Europe Standard Time", "Romance Standard Time", "Central European Standard Time"),
        *("/mozilla.org/2007/Europe/Berlin", "/freeassociation.sourceforge.net/Europe/Berlin"),
        *("Berlin", "Bern", "(UTC+01:00) Berlin", "(GMT+01:00) Central European Time - Berlin"),
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    ],
)
def test_names_of_one_zone(name):
    assert offsets(name) == (1, 2)


@pytest.mark.parametrize(
    ("name", "winter", "summer"),
    [
        ("US/Eastern", -5, -4),
        ("Eastern Time (US & Canada)", -5, -4),
        ("(UTC-05:00) Eastern Time (US & Canada)", -5, -4),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", 5.5, 5.5),
        ("Asia/Calcutta", 5.5, 5.5),
        ("/example.org/2026_1/America/Argentina/Buenos_Aires", -3, -3),
        ("GMT Standard Time", 0, 1),
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", 0, 1),
        ("UTC", 0, 0),
        ("tzone://Microsoft/Utc", 0, 0),
        ("UTC+01:00", 1, 1),
        ("GMT+1", 1, 1),
        ("UTC−3", -3, -3),
        ("+0530", 5.5, 5.5),
        ("(UTC+03:00) Nowhere at all", 3, 3),
        ("(UTC+09:00) Berlin", 9, 9),  # a label that cannot be right: what it counts by
        ("Etc/GMT-1", 1, 1),
    ],
)
def test_other_names(name, winter, summer):
    assert offsets(name) == (winter, summer)


@pytest.mark.parametrize("name", ["", "Mars/Base", "Venue", "UTC+99:00", "()", "Custom", "x" * 500])
def test_what_is_no_zone(name):
    assert offsets(name) is None


def test_a_file_may_name_its_zone_in_any_way():
    event = event_xml(date="2026-07-06T10:00:00")
    for name in ("Berlin", "W. Europe Standard Time", "UTC+02:00"):
        programme = parse(schedule_xml(event, zone=name), default_zone=LONDON)
        assert programme.talks[0].starts_at == datetime(2026, 7, 6, 8, tzinfo=UTC)
        assert programme.problems == ()


def definition(name: str, observances: dict[str, tuple[str, ...]] | None = None) -> str:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for begin, (start, before, after, rule) in (observances or BRITISH).items():
        lines += [begin, f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
        lines += [f"RRULE:{rule}"] if rule else []
        lines += [begin.replace("BEGIN", "END")]
    return "\n".join([*lines, "END:VTIMEZONE"])


def event(zone: str, start: str = "20260723T102000") -> str:
    return (
        f"BEGIN:VEVENT\nUID:a@x\nDTSTART;TZID={zone}:{start}\nDURATION:PT30M\nSUMMARY:Talk\n"
        "LOCATION:Hall\nEND:VEVENT"
    )


def read(*parts: str, zone: ZoneInfo = LONDON) -> Programme:
    data = "\n".join(["BEGIN:VCALENDAR", *parts, "END:VCALENDAR"]).encode()
    return parse(data, default_zone=zone)


def start_of(programme: Programme) -> str:
    return programme.talks[0].starts_at.strftime("%m-%d %H:%M")


def codes(programme: Programme) -> list[str]:
    return [problem.code for problem in programme.problems]


def test_a_definition_counts_over_the_name_and_that_is_said_once():
    programme = read(definition("GMT"), event("GMT"), event("GMT").replace("a@x", "b@x"))
    assert start_of(programme) == "07-23 09:20"
    assert codes(programme) == ["zone-differs"]
    assert programme.time_zone == ""
    winter = read(definition("GMT"), event("GMT", "20260123T102000"))
    assert start_of(winter) == "01-23 10:20"
    assert codes(winter) == []


def test_a_name_of_its_own_is_known_by_its_definition_wherever_that_stands():
    for parts in ([definition("Venue"), event("Venue")], [event("Venue"), definition("Venue")]):
        programme = read(*parts, zone=BERLIN)
        assert start_of(programme) == "07-23 09:20"
        assert codes(programme) == []


def test_times_without_a_zone_are_of_the_calendars():
    bare = event("x").replace(";TZID=x", "")
    programme = read("X-WR-TIMEZONE:Venue", definition("Venue"), bare, zone=BERLIN)
    assert start_of(programme) == "07-23 09:20"


def test_a_definition_that_agrees_leaves_the_name():
    programme = read(definition("Europe/London"), event("Europe/London"))
    assert (programme.time_zone, codes(programme)) == ("Europe/London", [])


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("20260329T003000", "03-29 00:30"),
        ("20260329T023000", "03-29 01:30"),
        ("20261025T003000", "10-24 23:30"),
        ("20261025T013000", "10-25 00:30"),  # shown twice: the first
        ("20261025T023000", "10-25 02:30"),
    ],
)
def test_around_a_change_of_the_clocks(start, expected):
    programme = read(definition("Venue"), event("Venue", start))
    assert start_of(programme) == expected
    assert start_of(read(event("Europe/London", start))) == expected


def test_a_time_that_the_defined_clock_skips_is_left_out():
    programme = read(definition("Venue"), event("Venue"), event("Venue", "20260329T013000"))
    assert codes(programme) == ["time-gap"]


def changes(rule: str, start: str = "20000326T010000", dates: tuple[str, ...] = ()) -> list[str]:
    found = changes_of(start=start, before="+0100", after="+0200", rule=rule, dates=dates)
    return sorted({f"{change.at:%Y-%m-%d}" for change in found if change})


@pytest.mark.parametrize(
    ("rule", "first", "last"),
    [
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "2000-03-26", "2099-03-29"),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14",
            "2001-03-11",
            "2099-03-08",
        ),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU;UNTIL=20060402T070000Z", "2001-03-11", "2006-03-12"),
        ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=1;COUNT=3", "2000-04-01", "2002-04-01"),
        ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=-1;INTERVAL=50", "2000-04-30", "2050-04-30"),
        ("FREQ=YEARLY", "2001-03-26", "2099-03-26"),
    ],
)
def test_rules(rule, first, last):
    found = [day for day in changes(rule) if day != "2000-03-26" or first == "2000-03-26"]
    assert (found[0], found[-1]) == (first, last)


def test_dates_without_a_rule():
    assert changes("", dates=("20010325T010000", "20020331T010000")) == [
        *("2000-03-26", "2001-03-25", "2002-03-31")
    ]


def test_a_rule_from_the_beginning_of_time_is_written_out_for_our_years_alone():
    for start in ("00010101T020000", "16010101T020000"):
        found = changes("FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", start)
        assert found[:2] == ["1904-01-01", "1970-10-25"]
        zone = DefinedZone("x", changes_of(start=start, before="+0200", after="+0100", rule="", dates=()))  # fmt: skip
        assert zone.utcoffset(SUMMER) == timedelta(hours=1)


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=SECONDLY", "FREQ=YEARLY;BYHOUR=1", "FREQ=YEARLY;BYDAY=1SU", "FREQ=YEARLY;INTERVAL=0"),
        *("FREQ=YEARLY;BYMONTH=13;BYDAY=1SU", "FREQ=YEARLY;BYMONTH=x", "FREQ=YEARLY;COUNT=-9999"),
        *("FREQ=YEARLY;BYMONTH=3;BYDAY=SU,MO", "FREQ=YEARLY;UNTIL=soon", "nonsense"),
        f"FREQ=YEARLY;COUNT={'9' * 5000}",
    ],
)  # fmt: skip
def test_other_rules_are_refused(rule):
    with pytest.raises(UnreadableRule):
        changes(rule)


@pytest.mark.parametrize(
    ("begin", "start", "before"),
    [
        ("BEGIN:STANDARD", "20001029", "+0100"),
        ("BEGIN:STANDARD", "99991231T230000", "+0100"),
        ("BEGIN:STANDARD", "20001029T020000", "1"),
        ("BEGIN:STANDARD", "20001029T020000", "+9900"),
        ("BEGIN:X-OTHER", "", ""),
    ],
)
def test_a_definition_that_cannot_be_read_is_reported(begin, start, before):
    programme = read(definition("Venue", {begin: (start, before, "+0100", "")}), event("Venue"))
    assert codes(programme) == ["zone-unreadable", "unknown-zone"]
    assert start_of(programme) == "07-23 09:20", "in the conference's zone"
    named = read(definition("Europe/Berlin", {begin: (start, before, "+0100", "")}), event("Europe/Berlin"))  # fmt: skip
    assert (start_of(named), codes(named)) == ("07-23 08:20", ["zone-unreadable"])


def test_definitions_without_end_are_refused():
    many = [definition(f"Zone {number}") for number in range(MAX_ZONES + 1)]
    with pytest.raises(ProgrammeError) as refused:
        read(*many, event("Zone 1"))
    assert refused.value.problem.code == "too-many"
    rules = {f"BEGIN:X-{number}": BRITISH["BEGIN:STANDARD"] for number in range(60)}
    assert codes(read(definition("Venue", rules), event("Venue"))) == [
        *("zone-unreadable", "unknown-zone")
    ]


@pytest.mark.parametrize(("count", "found"), [(15, []), (16, ["zone-unreadable", "unknown-zone"])])
def test_a_rule_that_never_falls_costs_as_much_as_another_one(count, found):
    never = ("19700101T000000", "+0100", "+0100", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
    rules = {f"BEGIN:X-{number}": never for number in range(count)}
    assert codes(read(definition("Venue", rules), event("Venue"))) == found
