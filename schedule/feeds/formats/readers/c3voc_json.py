"""`schedule.json` of c3voc, frab and pretalx.

The schema is https://c3voc.de/schedule/schema.json; hardly a file obeys it.
"""

from typing import Any

from schedule.feeds.formats.assembly import Assumptions, assemble
from schedule.feeds.formats.json_values import JsonReader
from schedule.feeds.formats.problems import Problems
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.raw import (
    RawDay,
    RawEvent,
    RawLink,
    RawPerson,
    RawRoom,
    RawSchedule,
    RawTrack,
)
from schedule.feeds.formats.source import SourceFile, step

NAME = "c3voc-json"

_EVENT_WORDS = [
    *("guid", "code", "date", "start", "duration", "end", "room", "slug", "url"),
    *("title", "subtitle", "track", "type", "language", "abstract", "description"),
]


def recognises(source: SourceFile) -> bool:
    if source.kind != "json" or not isinstance(source.json, dict):
        return False
    schedule = source.json.get("schedule")
    return isinstance(schedule, dict) and isinstance(schedule.get("conference"), dict)


def read(source: SourceFile, assumptions: Assumptions) -> Programme:
    problems = Problems()
    return assemble(_Reader(problems).schedule(source.json), problems, assumptions)


class _Reader(JsonReader):
    def schedule(self, document: dict[str, Any]) -> RawSchedule:
        top = document["schedule"]
        conference, place = top["conference"], "/schedule/conference"
        generator = self.object(top.get("generator") or document.get("generator"), "/generator")
        names = "title acronym start end time_zone_name"
        words = {name: self.word(conference, name, place) for name in names.split()}
        words["days"] = self.word(conference, "daysCount", place)
        words["version"] = self.word(top, "version", "/schedule")
        words["base_url"] = self.word(top, "base_url", "/schedule")
        words["generator"] = self.word(generator, "name", "/generator")
        raw = RawSchedule(format=NAME, location=place, words=words)
        raw.tracks = [
            RawTrack(at, self.word(track, "name", at), self.word(track, "slug", at), self.word(track, "color", at))
            for track, at in self.objects(conference.get("tracks"), step(place, "tracks"))
        ]  # fmt: skip
        raw.rooms = self._rooms(conference, place)
        for name in ("rooms", "tracks", "days"):
            if name in top:
                self.problems.add("wrong-place", f"/schedule/{name}", f"{place}/{name}")
        raw.rooms += self._rooms(top, "/schedule")
        for day, at in self.objects(conference.get("days"), step(place, "days")):
            self._day(raw, day, at)
        return raw

    def _rooms(self, parent: dict[str, Any], place: str) -> list[RawRoom]:
        return [
            RawRoom(
                location=at,
                name=self.word(room, "name", at),
                guid=self.word(room, "guid", at),
                slug=self.word(room, "slug", at),
                description=self.word(room, "description", at),
            )
            for room, at in self.objects(parent.get("rooms"), step(place, "rooms"))
        ]

    def _day(self, raw: RawSchedule, value: dict[str, Any], place: str) -> None:
        day = RawDay(
            location=place,
            date=self.word(value, "date", place),
            start=self.word(value, "day_start", place),
            end=self.word(value, "day_end", place),
        )
        raw.days.append(day)
        rooms_at = step(place, "rooms")
        for name, events in self.object(value.get("rooms"), rooms_at).items():
            raw.rooms.append(RawRoom(step(rooms_at, name), name))
            found = self.objects(events, step(rooms_at, name))
            raw.take(self._event(event, at, day, name) for event, at in found)

    def _event(self, value: dict[str, Any], place: str, day: RawDay, container: str) -> RawEvent:
        words = {name: self.word(value, name, place) for name in _EVENT_WORDS}
        words["id"] = self._id(value, place)
        persons_at = step(place, "persons")
        return RawEvent(
            location=place,
            day=day,
            container=container,
            words=words,
            do_not_record=value.get("do_not_record") is True,
            places={name: step(place, name) for name in value},
            persons=[
                self._person(person, at)
                for person, at in self.items(value.get("persons"), persons_at)
            ],
            links=[
                RawLink(at, self.word(link, "title", at), self.word(link, "url", at))
                for name in ("links", "attachments")
                for link, at in self.objects(value.get(name), step(place, name))
            ],
        )

    def _person(self, value: Any, place: str) -> RawPerson:
        if isinstance(value, str):
            return RawPerson(place, value)
        person = self.object(value, place)
        return RawPerson(
            location=place,
            name=self.word(person, "public_name", place) or self.word(person, "name", place),
            guid=self.word(person, "guid", place),
            code=self.word(person, "code", place),
            id=self._id(person, place),
            biography=self.word(person, "biography", place) if "biography" in person else None,
            avatar=self.word(person, "avatar", place) if "avatar" in person else None,
        )

    def _id(self, value: dict[str, Any], place: str) -> str:
        if isinstance(value.get("id"), str):
            self.problems.add("bad-id", step(place, "id"), repr(value["id"]))
        return self.word(value, "id", place)
