"""What goes on all day: on its days, in nobody's way. And the first day, before which there is none."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from icalendar import Calendar

from conftest import client_of, make_conference, make_room, make_talk, settle, utc
from schedule.attending.bookmarks import clashes_of
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.models import Conference, Talk
from schedule.programme.timeline import timeline_now

BERLIN, NEW_YORK, TOKYO = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Tokyo"))
DAYS = [date(2026, 12, day) for day in (5, 6, 7)]


@pytest.fixture
def conference(db) -> Conference:
    return make_conference(starts_on="2026-12-05", ends_on="2026-12-07", name="Testconf")


@pytest.fixture
def hall(conference):
    return make_room(conference, name="Hall", slug="hall")


def all_day(hall, first: date, last: date, **kw) -> Talk:
    starts_at, ends_at = hall.conference.whole_days(first, last)
    return make_talk(
        hall.conference, room=hall, starts_at=starts_at, ends_at=ends_at, is_all_day=True, **kw
    )


def at_ten(hall, day: int = 5) -> Talk:
    return make_talk(
        hall.conference, title="Talk", room=hall, starts_at=utc(f"2026-12-0{day} 09:00")
    )


def page(path: str, client: Client | None = None) -> str:
    settle()
    response = (client or Client()).get(path)
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, TOKYO])
def test_it_is_on_the_days_of_the_venue_wherever_it_is_read(conference, hall, zone):
    sprint = all_day(hall, DAYS[0], DAYS[1])
    talk = at_ten(hall)
    assert Talk.objects.days(conference, zone) == DAYS[:2]
    on_days = [list(Talk.objects.on_day(conference, day, zone).in_order()) for day in DAYS]
    assert on_days == [[sprint, talk], [sprint], []]
    assert sprint.day(conference, zone) == DAYS[0]


@pytest.mark.slow
def test_it_stands_above_the_times_of_its_day(conference, hall):
    all_day(hall, DAYS[0], DAYS[0], title="Sprints", code="SPRINT")
    talk = at_ten(hall)
    day = page("/schedule/")
    assert day.index("Sprints") < day.index("10:00") < day.index(f"/talks/{talk.code}/")
    assert "04:00" not in day
    assert ">all day<" in "".join(day.split("\n")).replace("  ", "")
    found = page("/schedule/?q=sprints&tz=America/New_York")
    assert "Saturday, 5 December 2026" in found
    assert "Friday" not in found
    told = page("/talks/SPRINT/?tz=America/New_York")
    assert "Saturday 5 December, all day</time>" in told
    assert "22:00" not in told


def test_several_days_say_until_when(hall):
    all_day(hall, DAYS[0], DAYS[2], code="ART")
    assert "all day, until Mon 7 Dec" in page("/talks/ART/")
    assert "all day, until Mon 7 Dec" in page("/schedule/?day=2026-12-06")


def test_calendars_get_dates(hall):
    all_day(hall, DAYS[0], DAYS[1], code="ART")
    settle()
    data = Client().get("/talks/ART/talk.ics", headers={"accept-encoding": "identity"}).content
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert (event["dtstart"].dt, event["dtend"].dt) == (DAYS[0], DAYS[2])


def test_calendars_do_not_ring_before_it(hall):
    all_day(hall, DAYS[0], DAYS[0], code="ART")
    settle()
    body = Client().get("/talks/ART/talk.ics").content
    assert Calendar.from_ical(body).walk("VALARM") == []


def test_nobody_counts_down_to_its_end(hall, organizer):
    all_day(hall, DAYS[0], DAYS[0], code="ART")
    settle()
    client = client_of(organizer)
    assert client.get("/talks/ART/chair/").status_code == 404
    assert client.post("/talks/ART/chair/extend/", {"minutes": "5"}).status_code == 404


def test_other_formats_keep_it_within_its_day(hall):
    all_day(hall, DAYS[1], DAYS[1], title="Sprints")
    settle()
    days = Client().get("/schedule.json").json()["schedule"]["conference"]["days"]
    assert [sum(map(len, day["rooms"].values())) for day in days] == [0, 1, 0]
    (event,) = days[1]["rooms"]["Hall"]
    assert (event["date"], event["duration"]) == (days[1]["day_start"], "24:00")


def test_it_is_in_no_rooms_way(conference, hall):
    sprint = all_day(hall, DAYS[0], DAYS[0])
    talk = at_ten(hall)
    sheet = RunSheet.read(conference)
    assert [each.pk for each in sheet.taking_place] == [talk.pk]
    settle()
    timeline = timeline_now(conference)
    assert timeline.room("hall").live_at(utc("2026-12-05 05:00")) is None
    assert [item.code for item in timeline.all_day] == [sprint.code]
    assert {sprint.starts_at, sprint.ends_at} <= set(timeline.edges)
    assert clashes_of([sprint, talk]) == {sprint.pk: [], talk.pk: []}


def test_an_item_in_the_night_before_the_first_day_makes_no_day(conference, hall):
    doors = make_talk(conference, room=hall, starts_at=utc("2026-12-04 23:30"))
    party = make_talk(conference, room=hall, starts_at=utc("2026-12-05 23:30"))
    talk = at_ten(hall, 6)
    assert Talk.objects.days(conference) == DAYS[:2]
    assert list(Talk.objects.on_day(conference, DAYS[0]).in_order()) == [doors, party]
    assert list(Talk.objects.on_day(conference, DAYS[1])) == [talk]
    assert conference.day_window(DAYS[0])[0] == utc("2026-12-04 23:00") == conference.window[0]
    warm_up = make_talk(conference, room=hall, starts_at=utc("2026-12-04 20:00"))
    assert list(Talk.objects.on_day(conference, date(2026, 12, 4))) == [warm_up]


def test_the_day_before_the_first_one_is_no_part_of_it(conference, hall):
    """Days begin at four, but the first one, before which there is no evening, begins at midnight."""
    before = DAYS[0] - timedelta(days=1)
    setup = all_day(hall, before, before, title="Building up", code="SETUP")
    assert setup.days(conference) == [before] == Talk.objects.days(conference)
    on_days = [list(Talk.objects.on_day(conference, day)) for day in (before, *DAYS)]
    assert on_days == [[setup], [], [], []]
    assert setup.day(conference) == before


@pytest.mark.parametrize("hour", [0, 2, 4, 12])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Asia/Tokyo"])
def test_whole_days_are_these_days(zone, hour):
    """All of a year with its changes of the clock: Santiago's skip midnight, Berlin's skip two."""
    conference = Conference(
        time_zone=zone, day_starts_at_hour=hour, starts_on=date(2026, 3, 29), ends_on=DAYS[2]
    )
    for number in range(365):
        first = date(2026, 1, 1) + timedelta(days=number)
        for count in (1, 2, 7):
            days = [first + timedelta(days=each) for each in range(count)]
            times = conference.whole_days(days[0], days[-1])
            assert conference.days_between(*times) == days


TYPED = [
    ("05 00:00", "06 00:00", [5]),
    ("05 00:00", "05 00:00", [5]),
    ("05 00:00", "05 23:59", [5]),
    ("05 04:00", "06 04:00", [5]),
    ("05 09:00", "05 17:00", [5]),
    ("05 22:00", "06 02:00", [5]),
    ("05 01:00", "05 03:00", [5]),
    ("04 00:00", "05 00:00", [4]),
    ("05 18:00", "07 16:00", [5, 6, 7]),
    ("05 00:00", "08 00:00", [5, 6, 7]),
    ("06 00:00", "08 04:00", [6, 7]),
]


@pytest.mark.parametrize(("start", "end", "expected"), TYPED)
def test_it_lasts_the_days_that_were_typed(hall, start, end, expected):
    starts_at, ends_at = (
        datetime.strptime(f"2026-12-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN)
        for text in (start, end)
    )
    talk = make_talk(
        hall.conference, room=hall, starts_at=starts_at, ends_at=ends_at, is_all_day=True
    )
    for _twice in range(2):
        talk.clean()
        assert [day.day for day in talk.days(hall.conference)] == expected
    whole = hall.conference.whole_days(*(date(2026, 12, expected[each]) for each in (0, -1)))
    assert (talk.starts_at, talk.ends_at) == whole


def test_seven_days_are_no_more_where_the_clock_is_put_back(db):
    conference = make_conference(starts_on="2026-10-22", ends_on="2026-10-28")
    starts_at, ends_at = conference.whole_days(date(2026, 10, 22), date(2026, 10, 28))
    assert ends_at - starts_at > timedelta(days=7)
    talk = make_talk(conference, starts_at=starts_at, ends_at=ends_at, is_all_day=True)
    talk.clean()
    talk.ends_at += timedelta(days=1)
    with pytest.raises(ValidationError, match="more than seven days"):
        talk.clean()


def test_it_is_live_at_no_time(conference, hall):
    sprint = all_day(hall, DAYS[0], DAYS[0])
    assert not sprint.is_live_at(utc("2026-12-05 12:00"))


@pytest.mark.slow
def test_the_lobby_has_what_is_on_today(conference, hall, organizer):
    """Also in the night before the first day, which begins at midnight."""
    for day, title in ((date(2026, 12, 4), "Building up"), (DAYS[0], "Sprints"), (DAYS[1], "Hike")):
        all_day(hall, day, day, title=title, code=title[:5].upper().strip())
    settle()
    client = client_of(organizer)

    def found(at: str) -> set[str]:
        html = client.get("/lobby/", {"at": at}).text
        return {title for title in ("Building up", "Sprints", "Hike") if title in html}

    assert found("2026-12-04T22:59:00Z") == {"Building up"}
    assert found("2026-12-04T23:01:00Z") == {"Sprints"}
    assert found("2026-12-06T02:59:00Z") == {"Sprints"}
    assert found("2026-12-06T03:00:00Z") == {"Hike"}


def test_shared_pages_are_made_anew_when_a_day_ends(conference):
    assert conference.next_edge(utc("2026-12-05 20:00")) == utc("2026-12-06 03:00")
    assert conference.next_edge(utc("2026-12-04 20:00")) == utc("2026-12-04 23:00")
