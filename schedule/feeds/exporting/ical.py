"""iCalendar (RFC 5545): canceled talks stay, with their state, so that calendars take them out."""

from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vDuration

from lib.text import to_text
from schedule.feeds.exporting.export import GENERATOR, Export, ExportedTalk

CONTENT_TYPE = "text/calendar; charset=utf-8"
# How often calendars should ask; most ask far less often.
REFRESH = timedelta(minutes=30)
# Enough to sit down, and to go from one room to the other.
ALARM_BEFORE = timedelta(minutes=5)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def write(export: Export, name: str = "", *, alarms: bool = False) -> bytes:
    """`name`: of the calendar, instead of the conference's. `alarms`: before each talk, where somebody has
    chosen the talks; a whole programme would ring all day.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//{GENERATOR}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for field in ("name", "x-wr-calname"):
        calendar.add(field, name or export.conference.name)
    calendar.add("x-wr-timezone", export.conference.time_zone)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for exported in export.talks:
        event = _event(export, exported)
        if alarms and not exported.talk.is_canceled:
            event.add_component(_alarm(exported.talk.title))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(export: Export, exported: ExportedTalk) -> Event:
    talk = exported.talk
    event = Event()
    event.add("uid", exported.guid)
    # Instants in UTC need no definition of a zone, and cannot be misread.
    event.add("dtstamp", export.changed_at or NEVER)
    if talk.is_all_day:
        days = talk.days(export.conference)
        event.add("dtstart", days[0])
        event.add("dtend", days[-1] + timedelta(days=1))
    else:
        event.add("dtstart", talk.starts_at.astimezone(UTC))
        if talk.length:
            event.add("dtend", talk.ends_at.astimezone(UTC))  # else it is a moment, and has none
    event.add("sequence", talk.sequence)
    event.add("status", "CANCELLED" if talk.is_canceled else "CONFIRMED")
    event.add("summary", talk.title)
    event.add("url", exported.url)
    if talk.room:
        rooms = [talk.room, *talk.also_in.all()]
        event.add("location", ", ".join(room.name for room in rooms))
    if talk.track:
        event.add("categories", [talk.track.name])
    people = ", ".join(person.speaker.name for person in exported.speakers)
    texts = [people, to_text(talk.abstract or talk.description), exported.url]
    event.add("description", "\n\n".join(filter(None, texts)))
    return event


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -ALARM_BEFORE)
    return alarm
