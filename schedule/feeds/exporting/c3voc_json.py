"""`schedule.json` of c3voc, by https://c3voc.de/schedule/schema.json."""

import json
import re

from schedule.feeds.exporting.export import (
    GENERATOR,
    Export,
    ExportedDay,
    ExportedSpeaker,
    ExportedTalk,
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


def _conference(export: Export) -> dict[str, object]:
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
            {"name": track.name, "slug": track.slug, **_named("color", track.colour)}
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


def _day(export: Export, day: ExportedDay) -> dict[str, object]:
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


def _event(export: Export, exported: ExportedTalk, room: str) -> dict[str, object]:
    talk, zone = exported.talk, export.conference.zone
    words = exported.words(room, zone)
    event = {
        **words,
        "guid": exported.guid,
        "id": exported.id,
        "end": exported.ends_at.astimezone(zone).isoformat(),
        "slug": slug_of(exported, export.acronym),
        "track": words["track"] or None,
        "language": words["language"] or None,
        "persons": [_person(person) for person in exported.speakers],
        "links": links_of(talk),
        **_named("do_not_record", exported.do_not_record),
        **_named("do_not_stream", exported.do_not_stream),
    }
    return {**event, **_named("code", _code.fullmatch(exported.code) and exported.code)}


def _person(person: ExportedSpeaker) -> dict[str, object]:
    speaker = person.speaker
    return {
        "name": speaker.name,
        "guid": person.guid,
        "biography": speaker.biography,
        **_named("avatar", speaker.avatar_url),
        **_named("id", person.id),
        **_named("code", _code.fullmatch(speaker.code) and speaker.code),
    }


def _named(name: str, value: object) -> dict[str, object]:
    """Left out where there is nothing to say; most of these the schema does not take empty."""
    return {name: value} if value else {}
