"""`schedule.json` of c3voc, by https://c3voc.de/schedule/schema.json."""

import json
import re
from datetime import timedelta
from typing import Any

from schedule.feeds.exporting.export import (
    GENERATOR,
    Export,
    ExportedDay,
    ExportedSpeaker,
    ExportedTalk,
    length_words,
    links_of,
    slug_of,
)

CONTENT_TYPE = "application/json"
SCHEMA = "https://c3voc.de/schedule/schema.json"

_code = re.compile(r"[A-Z0-9]+")


def write(export: Export) -> bytes:
    document = {
        "$schema": SCHEMA,
        "generator": {"name": GENERATOR},
        "schedule": {
            "version": export.version,
            "base_url": export.base_url,
            "conference": _conference(export),
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _conference(export: Export) -> dict[str, Any]:
    conference = export.conference
    rooms = conference.rooms.all()
    return {
        "acronym": export.acronym,
        "title": conference.name,
        "start": conference.starts_on.isoformat(),
        "end": conference.ends_on.isoformat(),
        "daysCount": len(export.days),
        "timeslot_duration": "00:05",
        "time_zone_name": conference.time_zone,
        "colors": {"primary": conference.accent_colour},
        "url": export.base_url,
        "tracks": [
            _without_empty({"name": track.name, "slug": track.slug, "color": track.colour})
            for track in conference.tracks.all()
        ],
        # A room without a guid is known by its name, in the days.
        "rooms": [
            {"name": room.name, "slug": room.slug, "guid": str(room.guid)}
            for room in rooms
            if room.guid
        ],
        "days": [_day(export, day) for day in export.days],
    }


def _day(export: Export, day: ExportedDay) -> dict[str, Any]:
    return {
        "index": day.index,
        "date": day.date.isoformat(),
        "day_start": day.starts_at.isoformat(),
        "day_end": day.ends_at.isoformat(),
        "rooms": {
            name: [_event(export, exported, name) for exported in talks]
            for name, talks in day.rooms.items()
        },
    }


def _event(export: Export, exported: ExportedTalk, room: str) -> dict[str, Any]:
    talk, zone = exported.talk, export.conference.zone
    starts_at = exported.starts_in(zone)
    event = {
        "guid": exported.guid,
        "id": exported.id,
        "date": starts_at.isoformat(),
        "start": f"{starts_at:%H:%M}",
        "end": talk.ends_at.astimezone(zone).isoformat(),
        "duration": _whole_minutes(talk.length),
        "room": room,
        "slug": slug_of(exported, export.acronym),
        "url": exported.url,
        "title": talk.title,
        "subtitle": talk.subtitle,
        "track": talk.track.name if talk.track else None,
        "type": talk.kind,
        "language": talk.language or None,
        "abstract": talk.abstract,
        "description": talk.description,
        "persons": [_person(person) for person in exported.speakers],
        "links": links_of(talk),
    }
    if _code.fullmatch(exported.code):
        event["code"] = exported.code
    return event


def _person(person: ExportedSpeaker) -> dict[str, Any]:
    speaker = person.speaker
    told: dict[str, Any] = {
        "name": speaker.name,
        "guid": person.guid,
        "biography": speaker.biography,
    }
    if speaker.avatar_url:
        told["avatar"] = speaker.avatar_url
    if person.id is not None:
        told["id"] = person.id
    if _code.fullmatch(speaker.code):
        told["code"] = speaker.code
    return told


def _whole_minutes(length: timedelta) -> str:
    """The schema has no seconds here; `end` has them."""
    return length_words(length - length % timedelta(minutes=1))


def _without_empty(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
