"""`schedule.json` of c3voc, frab and pretalx.

The schema is https://c3voc.de/schedule/schema.json; hardly a file obeys it.
"""

from schedule.feeds.formats.json_values import JsonObject, JsonReader
from schedule.feeds.formats.problems import Problems
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

_EVENT = [
    *("guid", "code", "date", "start", "duration", "end", "room", "slug", "url"),
    *("title", "subtitle", "track", "type", "language", "abstract", "description"),
]
_CONFERENCE = {
    **{name: name for name in ("title", "acronym", "start", "end", "time_zone_name")},
    "days": "daysCount",
}
_DAY = {"date": "date", "start": "day_start", "end": "day_end"}
_ROOM = {name: name for name in ("name", "guid", "slug", "description")}
_PERSON = {name: name for name in ("name", "guid", "code", "biography", "avatar")}
_TRACK = {"name": "name", "slug": "slug", "colour": "color"}


def recognises(source: SourceFile) -> bool:
    schedule = source.json_object.get("schedule")
    return isinstance(schedule, dict) and isinstance(schedule.get("conference"), dict)


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    return _Reader(problems).schedule(source.json)


class _Reader(JsonReader):
    def schedule(self, document: JsonObject) -> RawSchedule:
        top, place = self.mapping(document["schedule"], "/schedule"), "/schedule/conference"
        conference = self.mapping(top["conference"], place)
        generator = self.mapping(top.get("generator") or document.get("generator"), "/generator")
        words = self.words(conference, place, _CONFERENCE)
        words["version"] = self.word(top, "version", "/schedule")
        words["base_url"] = self.word(top, "base_url", "/schedule")
        words["generator"] = self.word(generator, "name", "/generator")
        raw = RawSchedule(format=NAME, location=place, words=words)
        raw.tracks = [
            RawTrack(at, **self.words(track, at, _TRACK))
            for track, at in self.objects(conference.get("tracks"), step(place, "tracks"))
        ]
        raw.rooms = self._rooms(conference, place)
        for name in ("rooms", "tracks", "days"):
            if name in top:
                self.problems.add("wrong-place", f"/schedule/{name}", f"{place}/{name}")
        raw.rooms += self._rooms(top, "/schedule")
        for day, at in self.objects(conference.get("days"), step(place, "days")):
            self._day(raw, day, at)
        return raw

    def _rooms(self, parent: JsonObject, place: str) -> list[RawRoom]:
        rooms = self.objects(parent.get("rooms"), step(place, "rooms"))
        return [RawRoom(at, **self.words(room, at, _ROOM)) for room, at in rooms]

    def _day(self, raw: RawSchedule, value: JsonObject, place: str) -> None:
        day = RawDay(place, **self.words(value, place, _DAY))
        raw.days.append(day)
        rooms_at = step(place, "rooms")
        for name, events in self.mapping(value.get("rooms"), rooms_at).items():
            raw.rooms.append(RawRoom(step(rooms_at, name), name))
            found = self.objects(events, step(rooms_at, name))
            raw.take(self._event(event, at, day, name) for event, at in found)

    def _event(self, value: JsonObject, place: str, day: RawDay, container: str) -> RawEvent:
        words = {name: self.word(value, name, place) for name in _EVENT}
        words["id"] = self._id(value, place)
        persons_at = step(place, "persons")
        return RawEvent(
            location=place,
            day=day,
            container=container,
            words=words,
            do_not_record=self.flag(value, "do_not_record"),
            do_not_stream=self.flag(value, "do_not_stream"),
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

    def _person(self, value: object, place: str) -> RawPerson:
        if isinstance(value, str):
            return RawPerson(place, value)
        person = self.mapping(value, place)
        known = self.person(person, place, _PERSON)
        known.name = self.word(person, "public_name", place) or known.name
        known.id = self._id(person, place)
        return known

    def _id(self, value: JsonObject, place: str) -> str:
        if isinstance(value.get("id"), str):
            self.problems.add("bad-id", step(place, "id"), repr(value["id"]))
        return self.word(value, "id", place)
