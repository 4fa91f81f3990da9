"""iCalendar (RFC 5545): a last resort, for it has no tracks, kinds and persons of its own.

The library reads single lines; what belongs to what is found here, so that each problem has its
line. Of time zones the definition in the file counts over the name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from itertools import islice

from icalendar import vDuration
from icalendar.parser import Contentline

from lib.text import one_line
from schedule.feeds.formats.problems import Problems, refuse
from schedule.feeds.formats.raw import RawEvent, RawPerson, RawSchedule
from schedule.feeds.formats.source import SourceFile
from schedule.feeds.formats.values.clocks import in_zone, read_date, read_stamp
from schedule.feeds.formats.values.identity import is_guid
from schedule.feeds.formats.values.zone_names import read_zone
from schedule.feeds.formats.values.zone_rules import (
    ClockChange,
    DefinedZone,
    UnreadableRule,
    changes_of,
)

NAME = "icalendar"

_NAMES = {
    **{"title": "SUMMARY", "description": "DESCRIPTION", "room": "LOCATION", "uid": "UID"},
    **{"date": "DTSTART", "end": "DTEND", "duration": "DURATION"},
    **{"track": "CATEGORIES", "type": "CATEGORIES"},
}
MAX_LINES = 200_000  # 5,000 talks of 40 lines, unfolded
MAX_LINE_BYTES = 256_000  # the longest real text has 30,485 letters
MAX_ZONES = 50  # that are defined
MAX_CLOCK_CHANGES = (
    2_000  # of one zone: 15 rules, each for the years of programmes, if it falls or not
)

# Name and parameters of a line. None has so many that they would not fit.
_head = re.compile(r'[^":]*(?:"[^"]*"[^":]*)*:')
_MAX_HEAD_CHARS = 2_000
_pretalx_uid = re.compile(r"pretalx-.+-([A-Z0-9]{6,})(-[0-9]+)?@")
_bare_date = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


@dataclass(frozen=True, slots=True)
class ContentLine:
    number: int
    name: str
    parameters: dict[str, str]
    value: str


@dataclass(slots=True)
class CalendarComponent:
    """A calendar, an event or a time zone: its lines by name. What is nested in an event is not
    read; in a zone these are its `observances`, the times of the year with their rules.
    """

    kind: str
    number: int
    lines: dict[str, list[ContentLine]] = field(default_factory=dict)
    observances: list["CalendarComponent"] = field(default_factory=list)

    def all(self, name: str) -> list[ContentLine]:
        return self.lines.get(name, [])

    def line(self, name: str) -> ContentLine:
        return next(iter(self.all(name)), ContentLine(self.number, name, {}, ""))

    def value(self, name: str) -> str:
        return self.line(name).value

    @property
    def uid(self) -> str:
        return one_line(self.value("UID"))

    def place(self, line: ContentLine | None = None) -> str:
        """Of the line, else of its beginning."""
        number = line.number if line else self.number
        return f"line {number}, {self.uid}" if self.uid else f"line {number}"


def recognises(source: SourceFile) -> bool:
    return source.beginning[:15].upper() == "BEGIN:VCALENDAR"


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    reader = _Reader(problems)
    raw = RawSchedule(NAME, "line 1")
    raw.take(reader.events(source.data))
    raw.words = reader.words()
    return raw


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers. They are folded between bytes, also within a letter."""
    parts: list[bytes] = []
    first = 1
    newline = b"\n" if b"\n" in data else b"\r"
    lines = data.removeprefix(b"\xef\xbb\xbf").split(newline)
    for number, line in enumerate((line.rstrip(b"\r") for line in lines), start=1):
        if line[:1] in (b" ", b"\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield first, b"".join(parts)
        parts, first = [line], number
    yield first, b"".join(parts)


def _line(number: int, text: str) -> ContentLine | None:
    try:
        # The library's constructor has no types.
        name, parameters, value = Contentline(text).parts()  # type: ignore[no-untyped-call]
    except ValueError:
        return None
    # Of several values of a parameter the first counts.
    single = {
        key.upper(): given[0] if isinstance(given, list) else given
        for key, given in parameters.items()
    }
    return ContentLine(number, name.upper(), single, value)


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.calendar = CalendarComponent("VCALENDAR", 1)
        self.definitions: dict[str, CalendarComponent] = {}
        self.defined: dict[str, DefinedZone | None] = {}
        self.contradicted: set[str] = set()
        self.zones: set[str] = set()

    def words(self) -> dict[str, str]:
        zone = self.calendar.value("X-WR-TIMEZONE")
        if not zone or zone in self.contradicted:
            zone = next(iter(self.zones)) if len(self.zones) == 1 else ""
        return {"title": self.calendar.value("X-WR-CALNAME"), "time_zone_name": zone}

    def events(self, data: bytes) -> Iterator[RawEvent]:
        # Definitions of zones may stand behind the events that refer to them.
        for component in list(self._components(data)):
            self.problems.talk = one_line(component.value("SUMMARY"))[:80]
            access = component.line("CLASS")
            if access.value.upper() in ("PRIVATE", "CONFIDENTIAL"):
                self.problems.add("not-in-programme", component.place(access), access.value)
            else:
                yield self._event(component)
            self.problems.talk = ""

    def _components(self, data: bytes) -> Iterator[CalendarComponent]:
        """Events, as they end."""
        open: list[CalendarComponent] = []
        number = 0
        for line in self._lines(data):
            number = line.number
            if line.name == "BEGIN":
                is_calendar = not open and line.value.upper() == "VCALENDAR"
                open.append(
                    self.calendar if is_calendar else CalendarComponent(line.value.upper(), number)
                )
            elif not open or (line.name == "END" and open[-1].kind != line.value.upper()):
                self.problems.add("bad-line", f"line {number}", f"{line.name}:{line.value}")
            elif line.name == "END":
                component = open.pop()
                if component.kind == "VEVENT":
                    yield component
                elif component.kind == "VTIMEZONE":
                    self._define(component)
                elif open and open[-1].kind == "VTIMEZONE":
                    open[-1].observances.append(component)
            else:
                open[-1].lines.setdefault(line.name, []).append(line)
        if open:
            raise refuse("not-well-formed", f"line {number}", f"BEGIN:{open[-1].kind}")

    def _lines(self, data: bytes) -> Iterator[ContentLine]:
        for count, (number, content) in enumerate(_unfolded(data)):
            if count == MAX_LINES:
                raise refuse("too-many", f"line {number}", f"> {MAX_LINES} lines")
            if not content.strip():
                continue
            if len(content) > MAX_LINE_BYTES:
                raise refuse("too-many", f"line {number}", f"> {MAX_LINE_BYTES} bytes")
            text = content.decode("utf-8", "replace")
            if "\ufffd" in text:
                self.problems.add("replaced-bytes", f"line {number}", text)
            line = _line(number, text) if _head.match(text, 0, _MAX_HEAD_CHARS) else None
            if line is None:
                self.problems.add("bad-line", f"line {number}", text)
            else:
                yield line

    def _define(self, component: CalendarComponent) -> None:
        self.definitions.setdefault(one_line(component.value("TZID")), component)
        if len(self.definitions) > MAX_ZONES:
            raise refuse("too-many", component.place(), f"> {MAX_ZONES} VTIMEZONE")

    def _zone(self, line: ContentLine, place: str) -> tzinfo | None:
        name = one_line(line.parameters.get("TZID") or self.calendar.value("X-WR-TIMEZONE"))
        if not name or line.value.endswith("Z"):
            return None
        named, defined = read_zone(name), self._defined(name)
        if defined is None or (named is not None and _agree(named, defined, line.value)):
            if named is None:
                self.problems.add("unknown-zone", place, name)
            else:
                self.zones.add(str(named))
            return named
        if named is not None and name not in self.contradicted:
            self.contradicted.add(name)
            self.problems.add("zone-differs", place, f"{name}: {line.value}")
        return defined

    def _defined(self, name: str) -> DefinedZone | None:
        if name not in self.defined:
            self.defined[name] = None
            if component := self.definitions.get(name):
                try:
                    self.defined[name] = DefinedZone(name, _clock_changes(component))
                except UnreadableRule as error:
                    self.problems.add("zone-unreadable", component.place(), str(error))
        return self.defined[name]

    def _event(self, component: CalendarComponent) -> RawEvent:
        words = {word: component.value(name) for word, name in _NAMES.items()}
        words["track"] = words["type"] = words["track"].partition(",")[0]
        words["language"] = component.line("SUMMARY").parameters.get("LANGUAGE", "")
        event = RawEvent(
            location=component.place(),
            words=words,
            places={word: component.place(component.line(name)) for word, name in _NAMES.items()},
        )
        _identify(words, component.uid)
        status = component.value("STATUS").upper()
        is_cancellation = self.calendar.value("METHOD").upper() == "CANCEL"
        event.is_canceled = status in ("CANCELLED", "CANCELED") or is_cancellation
        is_from_pretalx = "pretalx" in self.calendar.value("PRODID").lower()
        names = _names_in_title(words) if is_from_pretalx else []
        event.persons = [RawPerson(event.at("title"), name) for name in names]
        event.persons += _attendees(component)
        self._set_times(event, component)
        for line in [*component.all("RRULE"), *component.all("RDATE")]:
            self.problems.add("repeats", component.place(line), line.value)
        return event

    def _set_times(self, event: RawEvent, component: CalendarComponent) -> None:
        start, end = component.line("DTSTART"), component.line("DTEND")
        words = event.words
        event.zone = self._zone(start, event.at("date"))
        if _bare_date.fullmatch(start.value):
            event.is_all_day = True
            words["date"] = _dashed(start.value)
            words["end"] = _last_date(words, end.value)
            return
        words["end"] = self._end(event, end)
        words["duration"] = _duration(words)

    def _end(self, event: RawEvent, end: ContentLine) -> str:
        """In the zone of the start; a flight may end in another one."""
        zone = self._zone(end, event.at("end"))
        stamp = read_stamp(end.value)
        if stamp is None or stamp.tzinfo or zone is None or zone == event.zone:
            return end.value
        try:
            return in_zone(stamp, zone)[0].isoformat()
        except ValueError:  # a time that the clock skips, or a year that is none
            return end.value


def _clock_changes(component: CalendarComponent) -> list[ClockChange]:
    """Raises UnreadableRule."""
    changes = (
        change
        for part in component.observances
        for change in changes_of(
            start=part.value("DTSTART"),
            before=part.value("TZOFFSETFROM"),
            after=part.value("TZOFFSETTO"),
            rule=part.value("RRULE"),
            dates=(text for line in part.all("RDATE") for text in line.value.split(",")),
        )
    )
    tried = list(islice(changes, MAX_CLOCK_CHANGES + 1))
    if not 0 < len(tried) <= MAX_CLOCK_CHANGES:
        raise UnreadableRule(f"{len(tried)} times")
    return [change for change in tried if change is not None]


def _agree(named: tzinfo, defined: tzinfo, value: str) -> bool:
    """Whether the zone of this name has the same time then as the one that the file defines."""
    stamp = read_stamp(value)
    return stamp is None or named.utcoffset(stamp) == defined.utcoffset(stamp)


def _identify(words: dict[str, str], uid: str) -> None:
    local = uid.partition("@")[0].lower()
    if is_guid(local):
        words["guid"], words["uid"] = local, ""
    if found := _pretalx_uid.match(uid):
        # The number that follows the code of a talk with several slots may change with each release.
        words["code"], words["uid"] = found[1], ""


def _names_in_title(words: dict[str, str]) -> list[str]:
    """pretalx writes "Title - Ada Beispiel, Ben Muster"."""
    title, dash, names = words["title"].rpartition(" - ")
    if dash:
        words["title"] = title
    return [name for name in names.split(", ") if name] if dash else []


def _attendees(component: CalendarComponent) -> list[RawPerson]:
    """Of conferences these are the speakers, without addresses. Who has one may be a guest."""
    return [
        RawPerson(component.place(line), line.parameters["CN"])
        for line in component.all("ATTENDEE")
        if line.parameters.get("CN") and not line.value.lower().startswith("mailto:")
    ]


def _duration(words: dict[str, str]) -> str:
    """In minutes. What has neither end nor duration has no length (RFC 5545, 3.6.1)."""
    if not words["duration"]:
        return "" if words["end"] else "0"
    try:
        # Neither has this one.
        length = vDuration.from_ical(words["duration"])  # type: ignore[no-untyped-call]
    except ValueError:
        return words["duration"]
    return str(length // timedelta(minutes=1)) if length >= timedelta() else words["duration"]


def _last_date(words: dict[str, str], end: str) -> str:
    """The day after the last, of an event without times."""
    minutes = _duration(words) if words["duration"] else ""
    first = read_date(words["date"])
    if end or first is None or not minutes.isdigit():
        return _dashed(end)
    # More days than a talk may have are not counted.
    return (first + min(timedelta(minutes=int(minutes)), timedelta(days=100))).isoformat()


def _dashed(text: str) -> str:
    return _bare_date.sub(r"\1-\2-\3", text)
