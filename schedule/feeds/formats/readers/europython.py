"""`schedule.json` of EuroPython's programme API (https://github.com/EuroPython/programapi)."""

from schedule.feeds.formats.json_values import JsonObject, JsonReader, places
from schedule.feeds.formats.problems import Problems
from schedule.feeds.formats.raw import RawDay, RawEvent, RawRoom, RawSchedule
from schedule.feeds.formats.source import SourceFile, step

NAME = "europython"

_NAMES = {
    **{"code": "code", "slug": "slug", "title": "title", "type": "session_type", "track": "track"},
    **{"abstract": "tweet", "date": "start", "duration": "duration"},
}


_PERSON = {"name": "name", "code": "code", "avatar": "avatar"}


def recognises(source: SourceFile) -> bool:
    days = source.json_object.get("days")
    return isinstance(days, dict) and any(
        isinstance(day, dict) and isinstance(day.get("events"), list) for day in days.values()
    )


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    return _Reader(problems).schedule(source.json["days"])


class _Reader(JsonReader):
    def schedule(self, days: JsonObject) -> RawSchedule:
        raw = RawSchedule(NAME, "/days")
        for date, value in days.items():
            place = step("/days", date)
            day = RawDay(place, date)
            raw.days.append(day)
            content = self.mapping(value, place)
            raw.rooms += self._rooms(content, place)
            events = self.objects(content.get("events"), step(place, "events"))
            raw.take(self._event(event, at, day) for event, at in events)
        return raw

    def _rooms(self, parent: JsonObject, place: str) -> list[RawRoom]:
        names = self.strings(parent.get("rooms"), step(place, "rooms"))
        return [RawRoom(at, name) for name, at in names]

    def _event(self, event: JsonObject, place: str, day: RawDay) -> RawEvent:
        rooms = self._rooms(event, place)
        words = self.words(event, place, _NAMES)
        words["room"] = rooms[0].name if rooms else ""
        return RawEvent(
            location=place,
            words=words,
            day=day,
            kind="break" if event.get("event_type") == "break" else "",
            places=places(place, {**_NAMES, "room": "rooms"}),
            also_in=rooms[1:],
            persons=[
                self.person(person, at, _PERSON)
                for person, at in self.objects(event.get("speakers"), step(place, "speakers"))
            ],
        )
