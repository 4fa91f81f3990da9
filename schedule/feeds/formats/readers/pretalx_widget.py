"""What pretalx's schedule widget loads: `/EVENT/schedule/widgets/schedule.json` or `/widget/v2.json`.

The only public file of pretalx that has the breaks. They have no code, and no time is sure to have
the same offset as the next.
"""

from collections.abc import Iterator

from schedule.feeds.formats.json_values import JsonObject, JsonReader, places
from schedule.feeds.formats.problems import Problems
from schedule.feeds.formats.raw import RawEvent, RawPerson, RawRoom, RawSchedule, RawTrack
from schedule.feeds.formats.readers.pretalx_rest import is_public
from schedule.feeds.formats.source import SourceFile, step

NAME = "pretalx-widget"

_NAMES = {
    **{"code": "code", "title": "title", "abstract": "abstract", "language": "content_locale"},
    **{"date": "start", "end": "end", "duration": "duration"},
}


_PERSON = {"name": "name", "code": "code", "avatar": "avatar"}


def recognises(source: SourceFile) -> bool:
    lists = all(isinstance(source.json_object.get(name), list) for name in ("talks", "rooms"))
    return lists and ("timezone" in source.json_object or "event_start" in source.json_object)


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    return _Reader(problems).schedule(source.json)


class _Reader(JsonReader):
    def schedule(self, document: JsonObject) -> RawSchedule:
        names = {"version": "version", "time_zone_name": "timezone", "start": "event_start"}
        raw = RawSchedule(NAME, "", self.words(document, "", {**names, "end": "event_end"}))
        self.rooms: dict[str, RawRoom] = {}
        for room, at in self.objects(document.get("rooms"), "/rooms"):
            name, text = self.word(room, "name", at), self.word(room, "description", at)
            self.rooms[self.word(room, "id", at)] = RawRoom(at, name, description=text)
        self.tracks: dict[str, RawTrack] = {}
        for track, at in self.objects(document.get("tracks"), "/tracks"):
            name, colour = self.word(track, "name", at), self.word(track, "color", at)
            self.tracks[self.word(track, "id", at)] = RawTrack(at, name, colour=colour)
        self.persons: dict[str, RawPerson] = {}
        for person, at in self.objects(document.get("speakers"), "/speakers"):
            self.persons[self.word(person, "code", at)] = self.person(person, at, _PERSON)
        raw.rooms, raw.tracks = list(self.rooms.values()), list(self.tracks.values())
        raw.take(self._events(document))
        return raw

    def _events(self, document: JsonObject) -> Iterator[RawEvent]:
        for talk, at in self.objects(document["talks"], "/talks"):
            if is_public(self, talk, talk, at):
                yield self._event(talk, at)
            else:
                read = self.word(talk, "code", at) or self.word(talk, "title", at)
                self.problems.add("not-in-programme", at, read)

    def _event(self, talk: JsonObject, place: str) -> RawEvent:
        words = self.words(talk, place, _NAMES)
        room = self.reference(self.rooms, talk, "room", place)
        track = self.reference(self.tracks, talk, "track", place)
        words |= {"room": room.name if room else "", "track": track.name if track else ""}
        return RawEvent(
            location=place,
            words=words,
            kind="" if words["code"] else "break",
            is_canceled=talk.get("state") == "canceled",
            do_not_record=self.flag(talk, "do_not_record"),
            places=places(place, {**_NAMES, "room": "room", "track": "track"}),
            persons=self._persons(talk.get("speakers"), step(place, "speakers")),
        )

    def _persons(self, value: object, place: str) -> list[RawPerson]:
        """Codes of people; older widgets have the people themselves."""
        found = []
        for item, at in self.items(value, place):
            if isinstance(item, dict):
                found.append(self.person(item, at, _PERSON))
            elif person := self.persons.get(str(item)):
                found.append(person)
            else:
                self.problems.add("unknown-reference", at, str(item))
        return found
