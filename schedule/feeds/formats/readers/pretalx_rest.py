"""Listings of pretalx's REST API (https://docs.pretalx.org/api/), saved as one JSON document.

`slots/?expand=room,submission.speakers,submission.track,submission.submission_type` has the breaks
too; `submissions/?expand=slots.room,speakers,track,submission_type` and a `schedules/…/` with its
slots expanded are read as well. Older listings keep the breaks apart, in `breaks`. Several pages
stand in one JSON list.
"""

from collections.abc import Iterator

from schedule.feeds.formats.json_values import JsonObject, JsonReader, places
from schedule.feeds.formats.problems import Problems, refuse
from schedule.feeds.formats.raw import RawEvent, RawLink, RawPerson, RawRoom, RawSchedule, RawTrack
from schedule.feeds.formats.source import SourceFile, step

NAME = "pretalx-rest"

_TEXTS = {
    **{"code": "code", "title": "title", "language": "content_locale"},
    **{"abstract": "abstract", "description": "description"},
}
_TIMES = {"date": "start", "end": "end", "duration": "duration"}
_PERSON = {"name": "name", "code": "code", "biography": "biography"}
# An organizer's token lists all proposals; these alone are in the programme.
_STATES = ("", "confirmed", "canceled")
_BREAK: JsonObject = {"submission": None}


def recognises(source: SourceFile) -> bool:
    return source.kind == "json" and any(
        isinstance(page, dict) and _is_listing(page) for page, _at in _pages(source.json)
    )


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    return _Reader(problems).schedule(source.json)


def _pages(document: object) -> list[tuple[object, str]]:
    if isinstance(document, list):
        return [(page, step("", at)) for at, page in enumerate(document)]
    return [(document, "")]


def _is_listing(page: JsonObject) -> bool:
    if isinstance(items := page.get("results"), list):
        return not items or any(isinstance(item, dict) and _is_item(item) for item in items)
    return isinstance(page.get("slots"), list) and "version" in page


def _is_item(item: JsonObject) -> bool:
    if "submission" in item:
        return "start" in item
    return "code" in item and ("slots" in item or "slot" in item)


def is_public(reader: JsonReader, slot: JsonObject, talk: JsonObject, place: str) -> bool:
    """As pretalx' own schedule page has it. An organizer's token sees more: what is hidden until
    the next release has `is_visible: false`, whichever kind of slot it is.
    """
    if slot.get("start") is None or slot.get("slot_type") == "blocker":
        return False
    is_hidden = any(each.get("is_visible") is False for each in (slot, talk))
    return not is_hidden and reader.word(talk, "state", place) in _STATES


class _Reader(JsonReader):
    def schedule(self, document: object) -> RawSchedule:
        self.raw = raw = RawSchedule(NAME, "")
        expected = found = 0
        for value, at in _pages(document):
            page = self.mapping(value, at)
            name = "results" if "results" in page else "slots"
            items = self.objects(page.get(name), step(at, name))
            count = page.get("count")
            expected = max(expected, count if isinstance(count, int) else 0)
            found += len(items)
            raw.words["version"] = self.word(page, "version", at)
            for item, place in items:
                raw.take(self._events(item, place))
            for item, place in self.objects(page.get("breaks"), step(at, "breaks")):
                raw.take(self._events({**item, **_BREAK}, place))
        if found < expected:
            raise refuse("incomplete", "", f"{found} / {expected}")
        return raw

    def _events(self, item: JsonObject, place: str) -> Iterator[RawEvent]:
        """Of one slot: one. Of a submission: as many as it has slots."""
        if "submission" in item:
            if event := self._slot(item, place, item["submission"], step(place, "submission")):
                yield event
            return
        name = "slots" if "slots" in item else "slot"  # the second: version 1 of the API
        slots = item.get(name) if name == "slots" else [item.get(name)]
        for value, at in self.items(slots, step(place, name)):
            if isinstance(value, dict):
                if event := self._slot(value, at, item, place):
                    yield event
            elif value is not None:
                self.problems.add("not-expanded", at, str(value))

    def _slot(
        self, slot: JsonObject, place: str, submission: object, submission_at: str
    ) -> RawEvent | None:
        if isinstance(submission, str | int):
            self.problems.add("not-expanded", submission_at, str(submission))
            submission = {"code": submission}
        talk = self.mapping(submission, submission_at)
        if not is_public(self, slot, talk, submission_at):
            read = self.word(talk, "code", submission_at) or self.word(slot, "description", place)
            self.problems.add("not-in-programme", place, read)
            return None
        words = self.words(talk, submission_at, _TEXTS) | self.words(slot, place, _TIMES)
        where = places(submission_at, _TEXTS) | places(place, {**_TIMES, "room": "room"})
        where["track"] = step(submission_at, "track")
        if submission is None:
            words["title"], where["title"] = self.word(slot, "description", place), place
        words["room"] = self._room(slot, place)
        words["track"] = self._track(talk, submission_at)
        words["type"] = self._expanded(talk, "submission_type", submission_at)
        return RawEvent(
            location=place,
            words=words,
            kind="break" if submission is None else "",
            is_canceled=talk.get("state") == "canceled",
            do_not_record=self.flag(talk, "do_not_record"),
            places=where,
            persons=self._persons(talk, submission_at),
            links=self._links(talk, submission_at),
        )

    def _expanded(self, parent: JsonObject, name: str, place: str) -> str:
        """The name of a thing; the API gives no more than its number, unless it is asked to."""
        if isinstance(parent.get(name), int):
            self.problems.add("not-expanded", step(place, name), str(parent[name]))
            return ""
        return self.word(parent, name, place)

    def _track(self, talk: JsonObject, place: str) -> str:
        name = self._expanded(talk, "track", place)
        value, at = talk.get("track"), step(place, "track")
        if isinstance(value, dict):
            self.raw.tracks.append(RawTrack(at, name, colour=self.word(value, "color", at)))
        return name

    def _room(self, slot: JsonObject, place: str) -> str:
        name, value, at = self._expanded(slot, "room", place), slot.get("room"), step(place, "room")
        if isinstance(value, dict):
            guid = self.word(value, "guid", at) or self.word(value, "uuid", at)
            text = self.word(value, "description", at)
            self.raw.rooms.append(RawRoom(at, name, guid=guid, description=text))
        return name

    def _persons(self, talk: JsonObject, place: str) -> list[RawPerson]:
        found = []
        for value, at in self.items(talk.get("speakers"), step(place, "speakers")):
            if not isinstance(value, dict):
                self.problems.add("not-expanded", at, str(value))
                continue
            avatar = "avatar_url" if "avatar_url" in value else "avatar"
            found.append(self.person(value, at, {**_PERSON, "avatar": avatar}))
        return found

    def _links(self, talk: JsonObject, place: str) -> list[RawLink]:
        return [
            RawLink(at, self.word(value, "description", at), self.word(value, "resource", at))
            for value, at in self.items(talk.get("resources"), step(place, "resources"))
            if isinstance(value, dict) and value.get("is_public") is not False
        ]
