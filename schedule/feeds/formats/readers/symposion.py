"""`conference.json` of symposion and of PyCon US, which grew out of it."""

import re

from schedule.feeds.formats.json_values import JsonObject, JsonReader, places
from schedule.feeds.formats.problems import Problems
from schedule.feeds.formats.raw import RawEvent, RawPerson, RawRoom, RawSchedule
from schedule.feeds.formats.source import SourceFile, step

NAME = "symposion"

_NAMES = {
    **{"title": "name", "type": "kind", "abstract": "abstract", "description": "description"},
    **{"date": "start", "end": "end", "duration": "duration"},
}
_PERSON = {"name": "name", "id": "id", "biography": "bio", "avatar": "photo"}
_keynote = re.compile(r"(opening |closing )?keynote\b", re.IGNORECASE)


def recognises(source: SourceFile) -> bool:
    slots = source.json_object.get("schedule")
    return isinstance(slots, list) and any(
        isinstance(slot, dict) and "conf_key" in slot for slot in slots
    )


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    return _Reader(problems).schedule(source.json)


class _Reader(JsonReader):
    def schedule(self, document: JsonObject) -> RawSchedule:
        conference = document.get("conference")
        title = (
            self.word(conference, "title", "/conference") if isinstance(conference, dict) else ""
        )
        raw = RawSchedule(NAME, "", {"title": title})
        slots = self.objects(document["schedule"], "/schedule")
        raw.take(self._event(slot, at) for slot, at in slots)
        return raw

    def _event(self, slot: JsonObject, place: str) -> RawEvent:
        rooms = self._rooms(slot, place)
        words = self.words(slot, place, _NAMES)
        words["room"] = rooms[0].name if rooms else ""
        # The key is the slot's: two talks that swap their slots would swap their keys.
        address = self.word(slot, "conf_url", place)
        words |= {"slug": address} if address else {"id": self.word(slot, "conf_key", place)}
        is_keynote = words["type"] == "plenary" and _keynote.match(words["title"])
        return RawEvent(
            location=place,
            words=words,
            kind="keynote" if is_keynote else "",
            is_canceled=slot.get("cancelled") is True,
            # Whether the speakers have released the recording.
            do_not_record=slot.get("released") is False,
            places=places(place, {**_NAMES, "room": "room", "persons": "speakers"}),
            also_in=rooms[1:],
            persons=self._persons(slot, place),
        )

    def _rooms(self, slot: JsonObject, place: str) -> list[RawRoom]:
        """A list of names; older versions have only one text, "Hall A, Hall B"."""
        names = self.strings(slot.get("rooms"), step(place, "rooms"))
        if not names:
            at = step(place, "room")
            names = [(name, at) for name in self.word(slot, "room", place).split(", ")]
        return [RawRoom(at, name) for name, at in names]

    def _persons(self, slot: JsonObject, place: str) -> list[RawPerson]:
        """Where there are no speakers there are at least the authors' names."""
        if not slot.get("speakers"):
            authors = self.strings(slot.get("authors"), step(place, "authors"))
            return [RawPerson(at, name) for name, at in authors]
        return [
            self.person(person, at, _PERSON)
            for person, at in self.objects(slot.get("speakers"), step(place, "speakers"))
        ]
