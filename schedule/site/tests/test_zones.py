"""Everybody reads the programme in their own time: days, marks and changes of the clocks."""

import pytest
from django.test import Client

from conftest import make_conference, make_room, make_talk, utc
from schedule.models import Conference
from schedule.site import zones
from schedule.site.zones import (
    known_zone,
    zone_label,
    zone_name,
    zone_names,
    zone_of_people,
    zone_tag,
)


def conference_in(zone, starts_on, ends_on) -> Conference:
    return make_conference(time_zone=zone, starts_on=starts_on, ends_on=ends_on)


@pytest.fixture
def autumn(db):
    """Over the night in which Berlin's clocks go back, a week before New York's."""
    conference = conference_in("Europe/Berlin", "2026-10-24", "2026-10-26")
    room = make_room(conference)
    make_talk(conference, title="Before", room=room, starts_at=utc("2026-10-24 18:00"))
    make_talk(conference, title="Night", room=room, starts_at=utc("2026-10-25 00:30"), minutes=120)
    make_talk(conference, title="After", room=room, starts_at=utc("2026-10-25 18:00"))
    return conference


def page(query=""):
    response = Client().get(f"/schedule/{query}", headers={"accept-encoding": "identity"})
    assert response.status_code == 200
    return response.content.decode()


def test_clocks_change_within_a_conference(autumn):
    html = page("?day=2026-10-24")
    assert 'datetime="2026-10-24T20:00:00+02:00">20:00' in html
    # Two hours of talk, but three by the clock would be wrong, and one was shown twice.
    assert 'datetime="2026-10-25T02:30:00+02:00">02:30</time> <span class="day-mark">+1 day' in html
    assert 'datetime="2026-10-25T03:30:00+01:00">03:30' in html
    assert 'datetime="2026-10-25T19:00:00+01:00">19:00' in page("?day=2026-10-25")


def test_other_clocks_change_on_other_days(autumn):
    html = page("?day=2026-10-24&tz=America/New_York")
    assert '14:00</time><span class="at-venue" title="Berlin">20:00' in html
    html = page("?day=2026-10-25&tz=America/New_York")
    assert '14:00</time><span class="at-venue" title="Berlin">19:00' in html


def test_the_hour_that_spring_leaves_out(db):
    conference = conference_in("Europe/Berlin", "2026-03-28", "2026-03-29")
    make_talk(conference, title="Night", starts_at=utc("2026-03-29 00:30"), minutes=60)
    html = page("?day=2026-03-28")
    assert 'datetime="2026-03-29T01:30:00+01:00">01:30' in html
    assert 'datetime="2026-03-29T03:30:00+02:00">03:30' in html


def test_days_are_grouped_as_the_viewer_counts_them(autumn):
    html = page("?tz=Pacific/Auckland&day=2026-10-25")
    assert "Before" in html
    assert "Night" in html
    assert "After" not in html
    assert "?day=2026-10-24" not in html
    assert (
        '07:00</time><span class="at-venue" title="Berlin">20:00 <span class="day-mark">−1 day'
        in html
    )


def test_after_a_change_of_zone_an_old_day_leads_to_the_nearest(autumn):
    assert "Before" in page("?tz=Pacific/Auckland&day=2026-10-24")
    assert Client().get("/schedule/?day=2026-10-20").status_code == 404


def test_zones_with_the_same_clock_share_a_page_that_names_none_of_them(autumn):
    berlin, paris, york = (
        known_zone(name) for name in ("Europe/Berlin", "Europe/Paris", "America/New_York")
    )
    assert zone_tag(berlin, autumn) == zone_tag(paris, autumn) != zone_tag(york, autumn)
    assert zone_label(paris, autumn) == "Berlin (UTC+2/+1)"
    assert zone_label(york, autumn) == "UTC−4"
    assert zone_label(known_zone("Europe/Lisbon"), autumn) == "UTC+1/+0"
    assert "New_York" not in page("?tz=America/New_York").replace("New York", "New_York")


def test_a_tag_follows_the_dates_of_the_conference(autumn):
    lisbon = known_zone("Europe/Lisbon")
    before = zone_tag(lisbon, autumn)
    autumn.ends_on = autumn.starts_on
    assert zone_tag(lisbon, autumn) != before


def test_a_zone_in_the_address_is_remembered(autumn):
    client = Client()
    response = client.get("/schedule/?tz=Asia/Seoul")
    assert response.cookies["tz"].value == "Asia/Seoul"
    assert "UTC+9" in client.get("/schedule/?day=2026-10-25").content.decode()
    for nonsense in ("Mars/Olympus", "../etc/passwd", "America", ""):
        assert "tz" not in Client().get("/schedule/", {"tz": nonsense}).cookies


def test_zones_to_choose_from_are_places_each_with_one_name():
    names = zone_names()
    assert {"Europe/Berlin", "Europe/Oslo", "Africa/Asmara", "Asia/Kolkata", "UTC"} <= set(names)
    old = {
        "Africa/Asmera",
        "Asia/Calcutta",
        "Europe/Kiev",
        "America/Buenos_Aires",
        "Europe/Belfast",
    }
    assert not old & set(names)
    assert not [name for name in names if name.startswith(("Etc", "posix", "US/"))]
    assert 300 < len(names) < 450
    assert all(known_zone(name) for name in names)


def test_what_a_browser_calls_a_zone_is_understood():
    assert zone_of_people("Asia/Calcutta") == "Asia/Kolkata"
    assert zone_of_people("Europe/Kiev") == "Europe/Kyiv"
    assert zone_of_people("Europe/Oslo") == "Europe/Oslo"
    for nonsense in ("Etc/GMT+3", "US/Pacific", "Mars/Olympus", "", "Asia/../UTC"):
        assert zone_of_people(nonsense) is None


def test_without_the_files_of_the_zone_database_there_are_all_names(monkeypatch):
    zones.zone_names.cache_clear()
    monkeypatch.setattr(zones, "_zone_file", lambda _name: [])
    assert "Europe/Berlin" in zone_names()
    zones.zone_names.cache_clear()


def test_zones_have_the_names_of_their_cities(autumn):
    names = (
        "Asia/Tokyo",
        "Asia/Kolkata",
        "America/St_Johns",
        "America/Argentina/Buenos_Aires",
        "UTC",
    )
    assert [zone_name(known_zone(name), autumn) for name in names] == [
        "Tokyo (UTC+9)",
        "Kolkata (UTC+5:30)",
        "St Johns (UTC−2:30)",
        "Buenos Aires (UTC−3)",
        "UTC",
    ]


def test_who_shares_a_page_still_learns_the_name_that_they_chose(autumn):
    """By the private answer that every page asks for; the shared page has the tag to compare."""
    client = Client()
    assert client.get("/me.json").json()["zone"] is None
    page = client.get("/schedule/?tz=Europe/Paris").text
    zone = client.get("/me.json").json()["zone"]
    assert zone["name"] == "Paris (UTC+2/+1)"
    assert f'data-tag="{zone["tag"]}"' in page
    assert "Times are in <strong>Berlin (UTC+2/+1)</strong>." in page
    other = client.get("/schedule/?tz=Asia/Tokyo").text
    assert f'data-tag="{zone["tag"]}"' not in other
