"""`schedule.xml` of c3voc, by https://c3voc.de/schedule/schema.xsd."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from lib.text import without_controls
from schedule.feeds.exporting.export import (
    GENERATOR,
    Export,
    ExportedDay,
    ExportedTalk,
    links_of,
    slug_of,
)

CONTENT_TYPE = "application/xml; charset=utf-8"

# What the schema allows; other slugs and codes are left out, which it allows too.
_talk_slug = re.compile(r"[a-z0-9_]{4,}-[a-z0-9_-]{4,}")
_track_slug = re.compile(r"[a-z][a-z0-9-]+")
_code = re.compile(r"[0-9A-Z]{6}")


def write(export: Export) -> bytes:
    root = Element("schedule")
    SubElement(root, "generator", name=GENERATOR)
    _child(root, "url", f"{export.base_url.rstrip('/')}/schedule.xml")
    _child(root, "version", export.version)
    _conference(root, export)
    for day in export.days:
        _day(root, export, day)
    data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _child(parent: Element, name: str, text: str, **attributes: str) -> Element:
    child = SubElement(parent, name, attributes)
    child.text = without_controls(text)
    return child


def _conference(root: Element, export: Export) -> None:
    conference = export.conference
    parent = SubElement(root, "conference")
    for name, text in {
        "title": conference.name,
        "acronym": export.acronym,
        "start": conference.starts_on.isoformat(),
        "end": conference.ends_on.isoformat(),
        "days": str(len(export.days)),
        "timeslot_duration": "00:05",
        "base_url": export.base_url,
        "time_zone_name": conference.time_zone,
    }.items():
        _child(parent, name, text)
    SubElement(parent, "color", primary=conference.accent_colour)
    for track in conference.tracks.all():
        attributes = {"name": without_controls(track.name)}
        if track.colour:
            attributes["color"] = track.colour
        if _track_slug.fullmatch(track.slug):
            attributes["slug"] = track.slug
        SubElement(parent, "track", attributes)


def _day(root: Element, export: Export, day: ExportedDay) -> None:
    parent = SubElement(
        root,
        "day",
        index=str(day.index),
        date=day.date.isoformat(),
        start=day.starts_at.isoformat(),
        end=day.ends_at.isoformat(),
    )
    for name, talks in day.rooms.items():
        place = talks[0].talk.room
        attributes = {"name": without_controls(name)}
        if place and place.guid:
            attributes["guid"] = str(place.guid)
        room = SubElement(parent, "room", attributes)
        for exported in talks:
            _event(room, export, exported, name)


def _event(parent: Element, export: Export, exported: ExportedTalk, room: str) -> None:
    talk = exported.talk
    event = SubElement(parent, "event", guid=exported.guid, id=str(exported.id))
    # A code may stand once; of a repeat the schema does not take the code that it shares.
    if _code.fullmatch(exported.code) and not talk.series:
        event.set("code", exported.code)
    for name, text in exported.words(room, export.conference.zone).items():
        _child(event, name, text)
    slug = slug_of(exported, export.acronym)
    if _talk_slug.fullmatch(slug):
        _child(event, "slug", slug)
    persons = SubElement(event, "persons")
    for person in exported.speakers:
        attributes = {"guid": person.guid}
        if person.id is not None:
            attributes["id"] = str(person.id)
        _child(persons, "person", person.speaker.name, **attributes)
    if exported.do_not_record:
        recording = SubElement(event, "recording")
        _child(recording, "license", "")
        _child(recording, "optout", "true")
    links = SubElement(event, "links")
    for link in links_of(talk):
        _child(links, "link", link["title"], href=link["url"])
