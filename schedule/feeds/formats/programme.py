"""The neutral programme: what every format is read into, before it meets the database.

Titles and names are plain text in one line, texts are clean HTML, times are UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime

from schedule.feeds.formats.problems import Problem


@dataclass(frozen=True, slots=True)
class ProgrammeRoom:
    name: str
    guid: str = ""
    slug: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ProgrammeTrack:
    name: str
    slug: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class ProgrammeSpeaker:
    """`keys`: all that identifies this person, strongest first, like "guid:…", "name:…".

    Biography and picture None: the file does not tell, which is not the same as having none.
    """

    keys: tuple[str, ...]
    name: str
    code: str = ""
    biography: str | None = None
    avatar_url: str | None = None

    @property
    def key(self) -> str:
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class ProgrammeTalk:
    """`keys`: all that identifies this talk, strongest first; talks of one key differ by `ordinal`.

    `room`, `also_in`, `track` and `speakers` refer to the programme's by name, or key; "" means none.
    """

    keys: tuple[str, ...]
    title: str
    starts_at: datetime
    ends_at: datetime
    is_all_day: bool = False
    ordinal: int = 0
    location: str = ""
    guid: str = ""
    code: str = ""
    series: str = ""
    kind: str = "talk"
    is_canceled: bool = False  # so says the source
    do_not_record: bool = False  # so say the speakers
    do_not_stream: bool = False
    subtitle: str = ""
    abstract: str = ""
    description: str = ""
    language: str = ""
    room: str = ""
    also_in: tuple[str, ...] = ()
    track: str = ""
    speakers: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()  # (title, absolute http address)

    @property
    def key(self) -> str:
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class Programme:
    """`time_zone` "": the file names none. `days` are as the file labels them, else the talks'."""

    format: str
    title: str
    acronym: str
    version: str
    time_zone: str
    starts_on: date | None
    ends_on: date | None
    days: tuple[date | None, ...]
    rooms: tuple[ProgrammeRoom, ...]
    tracks: tuple[ProgrammeTrack, ...]
    speakers: tuple[ProgrammeSpeaker, ...]
    talks: tuple[ProgrammeTalk, ...]
    problems: tuple[Problem, ...]
    sha256: str = ""

    @property
    def counts(self) -> dict[str, int]:
        return {
            "days": len(self.days),
            "rooms": len(self.rooms),
            "talks": len(self.talks),
            "speakers": len(self.speakers),
        }
