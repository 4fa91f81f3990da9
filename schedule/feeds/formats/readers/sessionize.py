"""Sessionize's `view/All` and `view/GridSmart` (https://sessionize.com/playbook/api).

Times have no offset: they are the conference's. Addresses of live streams are never read.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from schedule.feeds.formats.json_values import JsonObject, JsonReader, places
from schedule.feeds.formats.problems import Problems
from schedule.feeds.formats.raw import RawDay, RawEvent, RawPerson, RawRoom, RawSchedule
from schedule.feeds.formats.source import SourceFile, step
from schedule.feeds.formats.values.identity import is_guid
from schedule.feeds.formats.values.words import language_code

NAME = "sessionize"

_NAMES = {"title": "title", "description": "description", "date": "startsAt", "end": "endsAt"}
_PERSON = {"name": "name", "guid": "id", "biography": "bio", "avatar": "profilePicture"}
# The status of a session that everybody may see. Whether its speakers were informed and have confirmed
# says less: of keynotes that organizers add themselves neither is ever so.
_SHOWN = ("", "accepted")
_CANCELED = ("canceled", "cancelled")
# What a category says of a talk, by the title that organizers give it.
_CATEGORIES = (
    ("language", re.compile(r"language|sprache|langue|idioma", re.IGNORECASE)),
    ("type", re.compile(r"format|type|kind", re.IGNORECASE)),
    ("track", re.compile(r"track|topic|theme", re.IGNORECASE)),
)


def recognises(source: SourceFile) -> bool:
    if source.kind != "json":
        return False
    document = source.json
    if isinstance(document, dict):
        sessions, rooms = document.get("sessions"), document.get("rooms")
        if not isinstance(sessions, list) or not isinstance(rooms, list):
            return False
        # Others have sessions and rooms too.
        named = [set(each) for each in sessions if isinstance(each, dict)]
        return not sessions or any({"startsAt", "roomId"} & names for names in named)
    # Before the agenda is published the answer is [].
    return document == [] or any(
        isinstance(day, dict) and isinstance(day.get("rooms"), list) and "date" in day
        for day in document
    )


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    return _Reader(problems).schedule(source.json)


class _Reader(JsonReader):
    def schedule(self, document: Any) -> RawSchedule:
        raw = RawSchedule(NAME, "")
        self.rooms: dict[str, RawRoom] = {}
        self.rooms_of_plenum: list[RawRoom] = []
        self.persons: dict[str, RawPerson] = {}
        self.items_of: dict[str, tuple[str, str]] = {}
        raw.take(self._grid(raw, document) if isinstance(document, list) else self._all(document))
        raw.rooms += self.rooms.values()
        raw.events = list(_united(raw.events))
        return raw

    def _all(self, document: JsonObject) -> Iterator[RawEvent]:
        for room, at in self.objects(document["rooms"], "/rooms"):
            self.rooms[self.word(room, "id", at)] = RawRoom(at, self.word(room, "name", at))
        self.rooms_of_plenum = list(self.rooms.values())
        for person, at in self.objects(document.get("speakers"), "/speakers"):
            self.persons[self.word(person, "id", at)] = self._person(person, at)
        self._categories(document, "", "items")
        for talk, at in self.objects(document["sessions"], "/sessions"):
            if self._is_shown(talk, at):
                yield self._event(talk, at)

    def _grid(self, raw: RawSchedule, document: list[object]) -> Iterator[RawEvent]:
        for value, place in self.objects(document, ""):
            day = RawDay(place, self.word(value, "date", place))
            raw.days.append(day)
            rooms = self.objects(value.get("rooms"), step(place, "rooms"))
            self.rooms_of_plenum = [RawRoom(at, self.word(room, "name", at)) for room, at in rooms]
            for (room, at), known in zip(rooms, self.rooms_of_plenum, strict=True):
                self.rooms[self.word(room, "id", at)] = known
                for talk, talk_at in self.objects(room.get("sessions"), step(at, "sessions")):
                    if self._is_shown(talk, talk_at):
                        self._categories(talk, talk_at, "categoryItems")
                        yield replace(self._event(talk, talk_at), day=day, container=known.name)

    def _is_shown(self, talk: JsonObject, place: str) -> bool:
        """The API gives all that organizers tick: nominated, declined and not yet scheduled too."""
        status = self.word(talk, "status", place)
        is_known = status.strip().casefold() in (*_SHOWN, *_CANCELED)
        if is_known and talk.get("startsAt") is not None:
            return True
        self.problems.add("not-in-programme", place, f"{status} {self.word(talk, 'title', place)}")
        return False

    def _event(self, talk: JsonObject, place: str) -> RawEvent:
        words = self.words(talk, place, _NAMES) | self._categorised(talk, place)
        id = self.word(talk, "id", place)
        words["guid" if is_guid(id) else "id"] = id
        room = self.reference(self.rooms, talk, "roomId", place)
        words["room"] = room.name if room else ""
        persons = [
            self._mentioned(person, at)
            for person, at in self.items(talk.get("speakers"), step(place, "speakers"))
        ]
        is_service = talk.get("isServiceSession") is True
        return RawEvent(
            location=place,
            words=words,
            kind="break" if is_service and not persons else "",
            is_canceled=self.word(talk, "status", place).strip().casefold() in _CANCELED,
            places=places(place, {**_NAMES, "room": "roomId", "guid": "id"}),
            also_in=list(self.rooms_of_plenum) if talk.get("isPlenumSession") is True else [],
            persons=[person for person in persons if person],
        )

    def _mentioned(self, value: object, place: str) -> RawPerson | None:
        """An id, or in some views id and name."""
        id = self.word(value, "id", place) if isinstance(value, dict) else str(value)
        if id not in self.persons and isinstance(value, dict):
            self.persons[id] = self._person(value, place)
        if id not in self.persons:
            self.problems.add("unknown-reference", place, id)
        return self.persons.get(id)

    def _person(self, person: JsonObject, place: str) -> RawPerson:
        parts = self.word(person, "firstName", place), self.word(person, "lastName", place)
        known = self.person(person, place, _PERSON)
        known.name = self.word(person, "fullName", place) or known.name or " ".join(parts)
        return known

    def _categories(self, parent: JsonObject, place: str, name_of_items: str) -> None:
        for category, at in self.objects(parent.get("categories"), step(place, "categories")):
            title = self.word(category, "title", at) or self.word(category, "name", at)
            word = next((word for word, names in _CATEGORIES if names.search(title)), "")
            for item, item_at in self.objects(category.get(name_of_items), step(at, name_of_items)):
                told = (word, self.word(item, "name", item_at))
                self.items_of[self.word(item, "id", item_at)] = told

    def _categorised(self, talk: JsonObject, place: str) -> dict[str, str]:
        """Of several items of one category the first counts."""
        named = self.items(talk.get("categoryItems"), step(place, "categoryItems"))
        ids = [str(id) for id, _at in named]
        for category, at in self.objects(talk.get("categories"), step(place, "categories")):
            items = self.objects(category.get("categoryItems"), step(at, "categoryItems"))
            ids += [self.word(item, "id", item_at) for item, item_at in items]
        words: dict[str, str] = {}
        for word, name in (self.items_of[id] for id in ids if id in self.items_of):
            words.setdefault(word, name)
        name = words.pop("language", "")
        code = language_code(name)
        return words if code == name and len(name) != 2 else {**words, "language": code}


def _united(events: list[RawEvent]) -> Iterator[RawEvent]:
    """A grid lists a plenum in each room that shows it: one talk, in further rooms."""
    first: dict[tuple[str, ...], RawEvent] = {}
    for event in events:
        words = event.words
        id = words.get("guid") or words.get("id", "")
        known = first.setdefault((id, words["date"], words["end"]), event)
        if known is event or not id:
            yield event
        else:
            known.also_in.append(RawRoom(event.location, event.container or words["room"]))
