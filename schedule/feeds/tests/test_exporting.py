"""/schedule.json, .xml and .ics: what they say, to whom, and what they cost."""

import io
import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from conftest import client_of, make_conference, make_room, make_speaker, make_talk, settle, utc
from schedule.feeds.exporting.export import Export
from schedule.feeds.exporting.views import WRITERS
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import import_schedule
from schedule.feeds.tests.schedule_files import event_xml, schedule_xml
from schedule.models import Conference, Track, Visibility
from schedule.programme.tests.counting import is_of_the_clock

PATHS = ["/schedule.json", "/schedule.xml", "/schedule.ics"]


@pytest.fixture
def programme(db):
    made = make_conference(starts_on="2026-03-06", ends_on="2026-03-07", slug="testconf-2026")
    conference = Conference.objects.get(pk=made.pk)
    room = make_room(conference, name="Main hall")
    track = Track.objects.create(
        conference=conference, name="Web & more", slug="web", colour="#112233"
    )
    make_talk(
        conference,
        code="ABCDEF",
        title="Kleines <für> den Anfang",
        abstract="<p>One, two;<br>three</p><ul><li>four</li></ul>",
        room=room,
        track=track,
        language="de",
        speakers=[make_speaker(conference, name="Ada Lindqvist", email="ada@example.com")],
        links=[{"title": "Slides", "url": "https://example.org/a?b=1&c=2"}],
        starts_at=utc("2026-03-06 09:00"),
        minutes=90,
        sequence=3,
    )
    make_talk(conference, code="GONE", title="Gone", room=room, is_canceled=True,
              starts_at=utc("2026-03-06 12:00"))  # fmt: skip
    make_talk(conference, title="Secret", room=room, is_hidden=True,
              starts_at=utc("2026-03-06 13:00"))  # fmt: skip
    # After midnight, in no room: still of the first day.
    make_talk(
        conference, code="PARTY", kind="social", title="Party", starts_at=utc("2026-03-06 23:30")
    )
    return conference


def body(path, client=None):
    response = (client or Client()).get(path, headers={"accept-encoding": "identity"})
    assert response.status_code == 200
    return response.content


def test_json(programme):
    conference = json.loads(body("/schedule.json"))["schedule"]["conference"]
    assert (conference["title"], conference["time_zone_name"]) == ("Testconf", "Europe/Berlin")
    first, second = conference["days"]
    assert first["day_start"] == "2026-03-06T00:00:00+01:00", "no evening lies before it"
    assert first["day_end"] == second["day_start"] == "2026-03-07T04:00:00+01:00"
    assert second["rooms"] == {}
    (talk,) = first["rooms"]["Main hall"]
    assert talk["code"] == "ABCDEF"
    assert talk["date"] == "2026-03-06T10:00:00+01:00"
    assert (talk["start"], talk["duration"]) == ("10:00", "01:30")
    assert talk["url"] == "http://testserver/talks/ABCDEF/"
    assert talk["persons"][0]["name"] == "Ada Lindqvist"
    assert [event["title"] for event in first["rooms"][""]] == ["Party"]


def test_xml(programme):
    root = ElementTree.fromstring(body("/schedule.xml"))
    event = root.find("day/room[@name='Main hall']/event[@code='ABCDEF']")
    assert event.findtext("title") == "Kleines <für> den Anfang"
    assert event.findtext("abstract").startswith("<p>One, two;")
    assert event.findtext("track") == "Web & more"
    assert event.find("links/link").get("href") == "https://example.org/a?b=1&c=2"
    assert len(list(root.iter("event"))) == 2


def test_calendar(programme):
    data = body("/schedule.ics")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    calendar = Calendar.from_ical(data)
    assert str(calendar["x-published-ttl"].to_ical(), "ascii") == "PT30M"
    events = {str(event["summary"]): event for event in calendar.walk("VEVENT")}
    talk = events["Kleines <für> den Anfang"]
    assert talk["dtstart"].dt == utc("2026-03-06 09:00")
    assert (talk["sequence"], talk["status"]) == (3, "CONFIRMED")
    assert talk["location"] == "Main hall"
    assert "One, two;\nthree\n\n- four" in talk["description"].replace("\n\n\n", "\n\n")
    assert events["Gone"]["status"] == "CANCELLED"
    assert "Secret" not in events


def test_a_talk_has_its_own_calendar_file_with_the_same_identity(programme):
    (event,) = Calendar.from_ical(body("/talks/ABCDEF/talk.ics")).walk("VEVENT")
    whole = Calendar.from_ical(body("/schedule.ics")).walk("VEVENT")
    assert str(event["uid"]) in {str(each["uid"]) for each in whole}
    assert Client().get("/talks/NOPE/talk.ics").status_code == 404


def test_what_is_a_moment_has_no_end_in_the_calendar(programme):
    """Ends must be later than starts (RFC 5545)."""
    make_talk(programme, code="DOORS", starts_at=utc("2026-03-06 08:40"), minutes=0)
    settle()
    (event,) = Calendar.from_ical(body("/talks/DOORS/talk.ics")).walk("VEVENT")
    assert event["dtstart"].dt == utc("2026-03-06 08:40")
    assert "dtend" not in event
    assert "duration" not in event
    again = parse(body("/schedule.ics"))
    assert again.talks[0].starts_at == utc("2026-03-06 08:40")
    assert len(again.talks) == 4


def test_calendars_ring_before_what_somebody_chose_alone(programme):
    def alarms(path):
        return Calendar.from_ical(body(path)).walk("VALARM")

    assert alarms("/schedule.ics") == []
    assert alarms("/talks/GONE/talk.ics") == []
    (alarm,) = alarms("/talks/ABCDEF/talk.ics")
    assert alarm["trigger"].dt == timedelta(minutes=-5)
    assert (alarm["action"], str(alarm["description"])) == ("DISPLAY", "Kleines <für> den Anfang")


@pytest.mark.parametrize("path", PATHS)
def test_no_private_address_and_nothing_hidden_gets_out(programme, path):
    assert b"ada@example.com" not in body(path)
    assert b"Secret" not in body(path)


@pytest.mark.parametrize("path", PATHS)
def test_unchanged_files_are_not_sent_again(programme, path):
    etag = Client().get(path).headers["ETag"]
    assert Client().get(path, headers={"if-none-match": etag}).status_code == 304
    programme.talks.filter(code="ABCDEF").update(title="Another title")
    settle()
    response = Client().get(path, headers={"if-none-match": etag, "accept-encoding": "identity"})
    assert b"Another title" in response.content


@pytest.mark.parametrize("path", [*PATHS, "/talks/ABCDEF/talk.ics"])
def test_a_hidden_programme_stays_with_the_holders(programme, path):
    programme.visibility = Visibility.HIDDEN
    programme.save()
    refused = Client().get(path)
    assert refused.status_code in (302, 401)
    assert b"Kleines" not in refused.content
    assert "/accounts/login/" in refused.headers.get("Location", refused.text)


def test_holders_get_a_hidden_programme(conference, attendee, room):
    conference.visibility = Visibility.HIDDEN
    conference.save()
    make_talk(conference, title="For holders", room=room)
    assert b"For holders" in body("/schedule.json", client_of(attendee))


@pytest.mark.parametrize("path", PATHS)
def test_more_talks_cost_no_more_queries(conference, room, path, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    def queries():
        body(path)
        with CaptureQueriesContext(connection) as captured:
            body(path)
        return len([query for query in captured if not is_of_the_clock(query["sql"])])

    make_talk(conference, room=room, speakers=[make_speaker(conference)])
    count = queries()
    for _ in range(2):
        make_talk(conference, room=room, speakers=[make_speaker(conference)])
    assert queries() == count


@pytest.mark.parametrize("format", ["json", "xml"])
def test_what_a_feed_said_comes_back_unchanged(programme, format):
    data = schedule_xml(
        event_xml(1, title="Long", duration="26:00", slug="testconf-1-long"),
        event_xml(2, title="مرحبا", children="<persons><person id='7'>Noor</person></persons>"),
        event_xml(3, title="Short", duration="00:00:30"),
    )

    def load(data):
        read = parse(data, default_zone=programme.zone)
        return import_schedule(conference=programme, programme=read, source="feed")

    programme.talks.all().delete()
    assert load(data).counts["new"] == 3
    again = load(WRITERS[format].write(Export.of(programme, "https://live.example.org/")))
    assert (again.counts["unchanged"], again.plan["lines"]) == (3, [])
    assert again.plan["speakers"] == {"new": 0, "changed": 0}


def test_the_command_writes_a_file(programme, tmp_path):
    printed = io.StringIO()
    call_command("export_schedule", format="xml", stdout=printed)
    assert ElementTree.fromstring(printed.getvalue()).find("day") is not None
    path = tmp_path / "programme.ics"
    call_command("export_schedule", format="ics", output=path)
    assert path.read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_a_long_night_is_told_in_hours(programme):
    talk = programme.talks.get(code="PARTY")
    talk.ends_at = talk.starts_at + timedelta(hours=26)
    talk.save()
    assert b"<duration>26:00</duration>" in body("/schedule.xml")


def test_whole_minutes_in_every_format(programme):
    talk = programme.talks.get(code="ABCDEF")
    talk.ends_at = talk.starts_at + timedelta(minutes=59, seconds=59)
    talk.save()
    (event,) = json.loads(body("/schedule.json"))["schedule"]["conference"]["days"][0]["rooms"][
        "Main hall"
    ]
    assert (event["duration"], event["end"]) == ("01:00", "2026-03-06T11:00:00+01:00")
    assert b"<duration>01:00</duration>" in body("/schedule.xml")


@pytest.mark.parametrize("format", ["json", "xml"])
def test_an_opt_out_of_the_recording_is_told_and_comes_back(programme, format):
    optout = "<recording><license>CC0</license><optout>1</optout></recording>"
    data = schedule_xml(event_xml(1, title="Not me", children=optout), event_xml(2, title="Me"))
    programme.talks.all().delete()

    def load(data):
        read = parse(data, default_zone=programme.zone)
        assert {talk.title: talk.do_not_record for talk in read.talks} == {
            "Not me": True,
            "Me": False,
        }
        return import_schedule(conference=programme, programme=read, source="feed")

    assert load(data).counts["new"] == 2
    again = load(WRITERS[format].write(Export.of(programme, "https://live.example.org/")))
    assert (again.counts["unchanged"], again.plan["lines"]) == (2, [])
