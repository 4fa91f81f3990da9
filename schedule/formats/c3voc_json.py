"""`schedule.json` of c3voc, frab and pretalx.

The schema is https://c3voc.de/schedule/schema.json; hardly a file obeys it.
"""

from typing import Any

from schedule.formats.c3voc import Assumptions, assemble
from schedule.formats.c3voc_raw import (
    RawDay,
    RawEvent,
    RawLink,
    RawPerson,
    RawRoom,
    RawSchedule,
    RawTrack,
)
from schedule.formats.problems import Problems
from schedule.formats.programme import Programme
from schedule.formats.source import Source, step

NAME = "c3voc-json"

_EVENT_WORDS = [
    *("guid", "code", "date", "start", "duration", "end", "room", "slug", "url"),
    *("title", "subtitle", "track", "type", "language", "abstract", "description"),
]


def recognises(source: Source) -> bool:
    if source.kind != "json" or not isinstance(source.json, dict):
        return False
    schedule = source.json.get("schedule")
    return isinstance(schedule, dict) and isinstance(schedule.get("conference"), dict)


def read(source: Source, assumptions: Assumptions) -> Programme:
    problems = Problems()
    return assemble(_Reader(source.json, problems).schedule(), problems, assumptions)


class _Reader:
    """Takes values out by their JSON pointers and notes whatever is not of the expected type."""

    def __init__(self, document: dict[str, Any], problems: Problems) -> None:
        self.document = document
        self.problems = problems

    def schedule(self) -> RawSchedule:
        top = self.document["schedule"]
        conference, place = top["conference"], "/schedule/conference"
        generator = self._object(
            top.get("generator") or self.document.get("generator"), "/generator"
        )
        names = "title acronym start end time_zone_name"
        words = {name: self._word(conference, name, place) for name in names.split()}
        words["days"] = self._word(conference, "daysCount", place)
        words["version"] = self._word(top, "version", "/schedule")
        words["base_url"] = self._word(top, "base_url", "/schedule")
        words["generator"] = self._word(generator, "name", "/generator")
        raw = RawSchedule(format=NAME, location=place, words=words)
        raw.tracks = [
            RawTrack(at, self._word(track, "name", at), self._word(track, "slug", at), self._word(track, "color", at))
            for track, at in self._objects(conference.get("tracks"), step(place, "tracks"))
        ]  # fmt: skip
        raw.rooms = self._rooms(conference, place)
        for name in ("rooms", "tracks", "days"):
            if name in top:
                self.problems.add("wrong-place", f"/schedule/{name}", f"{place}/{name}")
        raw.rooms += self._rooms(top, "/schedule")
        for day, at in self._objects(conference.get("days"), step(place, "days")):
            self._day(raw, day, at)
        return raw

    def _rooms(self, parent: dict[str, Any], place: str) -> list[RawRoom]:
        return [
            RawRoom(
                location=at,
                name=self._word(room, "name", at),
                guid=self._word(room, "guid", at),
                slug=self._word(room, "slug", at),
                description=self._word(room, "description", at),
            )
            for room, at in self._objects(parent.get("rooms"), step(place, "rooms"))
        ]

    def _day(self, raw: RawSchedule, value: dict[str, Any], place: str) -> None:
        day = RawDay(
            location=place,
            date=self._word(value, "date", place),
            start=self._word(value, "day_start", place),
            end=self._word(value, "day_end", place),
        )
        raw.days.append(day)
        rooms_at = step(place, "rooms")
        for name, events in self._object(value.get("rooms"), rooms_at).items():
            raw.rooms.append(RawRoom(step(rooms_at, name), name))
            found = self._objects(events, step(rooms_at, name))
            raw.take(self._event(event, at, day, name) for event, at in found)

    def _event(self, value: dict[str, Any], place: str, day: RawDay, container: str) -> RawEvent:
        words = {name: self._word(value, name, place) for name in _EVENT_WORDS}
        words["id"] = self._id(value, place)
        persons_at = step(place, "persons")
        return RawEvent(
            location=place,
            day=day,
            container=container,
            words=words,
            places={name: step(place, name) for name in value},
            persons=[
                self._person(person, step(persons_at, at))
                for at, person in enumerate(self._list(value.get("persons"), persons_at))
            ],
            links=[
                RawLink(at, self._word(link, "title", at), self._word(link, "url", at))
                for name in ("links", "attachments")
                for link, at in self._objects(value.get(name), step(place, name))
            ],
        )

    def _person(self, value: Any, place: str) -> RawPerson:
        if isinstance(value, str):
            return RawPerson(place, value)
        person = self._object(value, place)
        return RawPerson(
            location=place,
            name=self._word(person, "public_name", place) or self._word(person, "name", place),
            guid=self._word(person, "guid", place),
            code=self._word(person, "code", place),
            id=self._id(person, place),
            biography=self._word(person, "biography", place) if "biography" in person else None,
            avatar=self._word(person, "avatar", place) if "avatar" in person else None,
        )

    def _id(self, value: dict[str, Any], place: str) -> str:
        if isinstance(value.get("id"), str):
            self.problems.add("bad-id", step(place, "id"), repr(value["id"]))
        return self._word(value, "id", place)

    def _word(self, parent: dict[str, Any], name: str, place: str) -> str:
        """Text of a member: numbers are spelled, of {"de": …, "en": …} English or the first is taken."""
        value = parent.get(name)
        if isinstance(value, dict):
            texts = [text for text in value.values() if isinstance(text, str) and text]
            value = value.get("en") or value.get("name") or next(iter(texts), None)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None:
            self.problems.add("wrong-type", step(place, name), str(value))
        return ""

    def _object(self, value: Any, place: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if value is not None:
            self.problems.add("wrong-type", place, str(value))
        return {}

    def _list(self, value: Any, place: str) -> list[Any]:
        if isinstance(value, list):
            return value
        if value is not None:
            self.problems.add("wrong-type", place, str(value))
        return []

    def _objects(self, value: Any, place: str) -> list[tuple[dict[str, Any], str]]:
        found = ((item, step(place, at)) for at, item in enumerate(self._list(value, place)))
        return [(self._object(item, at), at) for item, at in found]
