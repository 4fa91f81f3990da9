"""Small files of the kinds that were once read wrongly, in schedule/feeds/tests/cases/: what each says
when it is imported, twice in a row.
"""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from conftest import make_conference, settle, utc
from schedule.feeds.exporting.export import Export
from schedule.feeds.exporting.views import WRITERS
from schedule.models import Conference, FeedItem, Talk

CASES = Path(__file__).parent / "cases"
BERLIN, LONDON = "Europe/Berlin", "Europe/London"


def conference_of(zone: str, day: str = "2026-12-05") -> Conference:
    return make_conference(time_zone=zone, starts_on=day, ends_on=f"{day[:-1]}{int(day[-1]) + 1}")


def load(conference: Conference, name: str, *options: str) -> str:
    """What the command prints of the second time, when nothing may change any more."""
    for words in ("unchanged", "0 new, 0 changed, 0 moved, 0 missing"):
        printed = io.StringIO()
        path = str(CASES / name)
        call_command("import_schedule", path, *options, conference=conference.slug, stdout=printed)
        assert words in printed.getvalue()
    return printed.getvalue()


def starts(conference: Conference) -> dict[str, str]:
    zone = conference.zone
    return {
        talk.title: f"{talk.starts_at.astimezone(zone):%d %H:%M}"
        for talk in conference.talks.order_by("starts_at")
    }


@pytest.mark.parametrize(
    ("name", "believed", "by_date"),
    [
        ("osem-3242.xml", {"Shifted": "05 10:00", "Shifted too": "05 11:00"}, {"Shifted": "05 12:00", "Shifted too": "05 13:00"}),
        ("osem-1188.xml", {"Z time": "05 10:00"}, {"Z time": "05 11:00"}),
    ],
)  # fmt: skip
def test_where_date_and_start_contradict_the_clock_of_the_venue_counts(name, believed, by_date, db):
    conference = conference_of(BERLIN)
    printed = load(conference, name)
    assert starts(conference) == believed
    (first, *_others) = by_date.values()
    assert f"= {first[3:]} / 10:00 Europe/Berlin]" in printed, "both readings"
    load(conference_of(BERLIN), name, "--believe-clock")
    other = conference_of(BERLIN)
    assert "compare with the real programme" in load(other, name, "--no-believe-clock")
    assert starts(other) == by_date
    assert other.feeds.get().believes_clock is False


@pytest.mark.parametrize(
    ("name", "zone", "start"),
    [("ics-gmt.ics", LONDON, "23 10:20"), ("ics-customtz.ics", BERLIN, "23 11:20")],
)
def test_a_zone_that_the_file_defines_counts_over_its_name(name, zone, start, db):
    conference = conference_of(zone, "2026-07-23")
    printed = load(conference, name)
    assert list(starts(conference).values()) == [start]
    assert ("otherwise than its name says" in printed) is (name == "ics-gmt.ics")


def test_an_all_day_item_is_on_its_day(db):
    conference = conference_of(BERLIN)
    assert "warning" not in load(conference, "ics-allday.ics")
    sprint = conference.talks.get(title="Sprint day")
    assert sprint.is_all_day
    assert Talk.objects.days(conference) == [conference.starts_on]
    settle()
    page = Client().get("/schedule/").text
    assert "Saturday, 5 December 2026" in page
    assert "4 December" not in page
    assert "all day" in page
    assert "04:00" not in page
    calendar = WRITERS["ics"].write(Export.of(conference, "https://live.example.org/"))
    assert b"DTSTART;VALUE=DATE:20261205\r\nDTEND;VALUE=DATE:20261206" in calendar


def test_the_opt_out_of_the_recording_goes_into_every_export(db):
    conference = conference_of(BERLIN)
    load(conference, "optout.xml")
    assert FeedItem.objects.get().values["do_not_record"] is True
    export = Export.of(conference, "https://live.example.org/")
    assert b"<optout>true</optout>" in WRITERS["xml"].write(export)
    assert b'"do_not_record":true' in WRITERS["json"].write(export)


def test_only_accepted_sessions_are_shown(db):
    conference = conference_of(BERLIN)
    printed = load(conference, "sess-status.json")
    assert list(starts(conference)) == ["T"]
    assert "3 × /sessions/1: Not confirmed, not scheduled or not public." in printed
    assert conference.talks.get().starts_at == utc("2026-12-05 09:00")


def test_an_unknown_file_is_refused_in_plain_words(db, tmp_path):
    path = tmp_path / "session.json"
    path.write_text('{"sessions": [{"id": "A", "zh": {}}], "rooms": [], "tags": []}')
    with pytest.raises(CommandError, match="not a schedule in a format that can be read"):
        call_command("import_schedule", str(path), conference=conference_of(BERLIN).slug)
