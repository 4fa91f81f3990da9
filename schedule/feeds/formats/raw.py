"""A programme as it stands in the file: words and their places, nothing understood yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo

from schedule.feeds.formats.problems import refuse

MAX_TALKS = 5_000  # the largest real file has 1,351


@dataclass(frozen=True, slots=True)
class RawDay:
    location: str
    date: str
    start: str = ""
    end: str = ""


@dataclass(slots=True)
class RawPerson:
    """E-mail addresses and answers to the organizers' questions never get this far."""

    location: str
    name: str
    guid: str = ""
    code: str = ""
    id: str = ""
    biography: str | None = None
    avatar: str | None = None


@dataclass(slots=True)
class RawRoom:
    location: str
    name: str
    guid: str = ""
    slug: str = ""
    description: str = ""


@dataclass(slots=True)
class RawTrack:
    location: str
    name: str
    slug: str = ""
    colour: str = ""


@dataclass(slots=True)
class RawLink:
    location: str
    title: str
    url: str


NO_DAY = RawDay("", "")


@dataclass(slots=True)
class RawEvent:
    """`words` by the names of pentabarf's XML: guid, id, code, date, start, duration, end, room, slug,
    title, subtitle, track, type, language, abstract, description, url; and `uid`, of iCalendar.

    `date` may be a date, or date and time; `start` may be a clock time or all of it.
    `is_all_day`: `date` is its first day, and `end` the day after its last, "" for one day.
    `container`: the room that it is listed in. `kind` "": guessed from type and title.
    `zone`: of times without an offset; None: the file's.
    """

    location: str
    words: dict[str, str]
    day: RawDay = NO_DAY
    container: str = ""
    kind: str = ""
    is_all_day: bool = False
    is_canceled: bool = False
    do_not_record: bool = False
    do_not_stream: bool = False
    zone: tzinfo | None = None
    places: dict[str, str] = field(default_factory=dict)
    also_in: list[RawRoom] = field(default_factory=list)
    persons: list[RawPerson] = field(default_factory=list)
    links: list[RawLink] = field(default_factory=list)

    def at(self, name: str) -> str:
        return self.places.get(name, self.location)


@dataclass(slots=True)
class RawSchedule:
    """`words`: of the conference; title, acronym, start, end, days (their number), time_zone_name,
    base_url, day_change, version, generator, as far as the format has them.
    """

    format: str
    location: str
    words: dict[str, str] = field(default_factory=dict)
    rooms: list[RawRoom] = field(default_factory=list)
    tracks: list[RawTrack] = field(default_factory=list)
    days: list[RawDay] = field(default_factory=list)
    events: list[RawEvent] = field(default_factory=list)

    def take(self, events: Iterable[RawEvent]) -> None:
        """Stops a file of millions of events before they fill the memory."""
        for event in events:
            if len(self.events) == MAX_TALKS:
                raise refuse("too-many", event.location, f"> {MAX_TALKS}")
            self.events.append(event)
