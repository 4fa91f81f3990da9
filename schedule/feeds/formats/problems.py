"""What is wrong with a schedule file, where, and what was done about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lib.text import one_line

# One hostile file may not fill the memory with complaints; the worst real one has about 1,000.
MAX_PROBLEMS = 10_000


class Severity(StrEnum):
    WARNING = "warning"  # read, perhaps not as meant
    ERROR = "error"  # this talk was left out
    FATAL = "fatal"  # the whole file was refused


WARNING, ERROR, FATAL = Severity.WARNING, Severity.ERROR, Severity.FATAL

KINDS: dict[str, tuple[Severity, Promise]] = {
    # The file
    "too-big": (FATAL, _("The file is larger than 15 MB.")),
    "empty": (FATAL, _("The file is empty.")),
    "bad-encoding": (FATAL, _("The file is not text in an encoding that can be read.")),
    "not-well-formed": (FATAL, _("The file is broken or cut off.")),
    "dtd": (FATAL, _("The file declares a document type or entities. They are never read.")),
    "too-deep": (FATAL, _("The file is nested too deeply.")),
    "too-many": (FATAL, _("The file holds more than a programme can have.")),
    "repeated-name": (FATAL, _("The same name stands twice in one JSON object.")),
    "not-json": (FATAL, _("Not a JSON value.")),
    "unknown-format": (FATAL, _("This is not a schedule in a format that can be read.")),
    "no-such-format": (FATAL, _("There is no format of this name.")),
    "no-zone": (FATAL, _("The file has times without an offset and names no time zone.")),
    "no-column": (FATAL, _("A column is missing.")),
    "incomplete": (FATAL, _("The listing has more pages. Save all of them, as one JSON list.")),
    "no-talks": (FATAL, _("The file has no talks.")),
    "unreadable": (FATAL, _("More than half of the talks cannot be read.")),
    # One talk that is left out
    "no-title": (ERROR, _("No title. The talk is left out.")),
    "no-start": (ERROR, _("No start that can be read. The talk is left out.")),
    "impossible-time": (ERROR, _("Not between the years 2000 and 2100. The talk is left out.")),
    "time-gap": (ERROR, _("The clock skips this time that night. The talk is left out.")),
    "too-long": (ERROR, _("Longer than seven days. The talk is left out.")),
    # Structure
    "wrong-type": (WARNING, _("Not the kind of value that belongs here. It is read as far as possible.")),
    "wrong-place": (WARNING, _("This belongs elsewhere in the file. It is read nevertheless.")),
    "days-differ": (WARNING, _("The file declares another number of days than it has.")),
    "unknown-zone": (WARNING, _("Unknown time zone. The conference's is used.")),
    "zone-differs": (
        WARNING,
        _("The file defines this time zone otherwise than its name says. The definition counts."),
    ),
    "zone-unreadable": (
        WARNING,
        _("This definition of a time zone cannot be read. The zone of its name counts."),
    ),
    "not-expanded": (
        WARNING,
        _("A number or code, where the thing itself is needed. Ask the API for it with ?expand=…"),
    ),
    "unknown-reference": (WARNING, _("This refers to something that the file does not have.")),
    "not-in-programme": (WARNING, _("Not confirmed, not scheduled or not public. It is left out.")),
    "replaced-bytes": (WARNING, _("Bytes that are not UTF-8 were replaced.")),
    "bad-line": (WARNING, _("This line cannot be read. It is left out.")),
    "repeats": (WARNING, _("A rule for repeating it. Only the first time is read.")),
    # Tables
    "unknown-column": (WARNING, _("A column of an unknown name. It is not read.")),
    "repeated-column": (WARNING, _("Two columns for the same thing. The first is read.")),
    "more-cells": (WARNING, _("More cells than the header has. Is a text with a comma without quotes?")),
    "bad-word": (WARNING, _("Neither yes nor no. It counts as no.")),
    "bad-opt-out": (WARNING, _("Neither yes nor no. It counts as an opt-out from the recording.")),
    # Times
    "bad-date": (WARNING, _("A date is written 2026-11-21 or 21.11.2026.")),
    "bad-time": (WARNING, _("A time is written 14:30, or with its date 2026-11-21 14:30.")),
    "over-midnight": (WARNING, _("The end lies before the start. It is taken for the next day's.")),
    "date-unreadable": (WARNING, _("The date cannot be read. Day and start are used.")),
    "mislabelled-time": (
        WARNING,
        _(
            "The start equals the clock time of the date, but not in the time zone that the file"
            " names: its offset looks wrong. The offset is believed; compare with the real"
            " programme."
        ),
    ),
    "clock-believed": (
        WARNING,
        _("Date and start contradict each other. The start is used, as the venue's clock time."),
    ),
    "offset-believed": (
        WARNING,
        _(
            "Date and start are not of the time zone of the conference. The date with its offset is"
            " used; compare with the real programme."
        ),
    ),
    "start-differs": (WARNING, _("Date and start contradict each other. The date is used.")),
    "ambiguous-time": (WARNING, _("The clock shows this time twice that night. The first is used.")),
    "outside-day": (WARNING, _("Outside the hours of its day. It is kept where it is.")),
    "end-differs": (WARNING, _("End and duration contradict each other. The end is used.")),
    "end-before-start": (WARNING, _("The end lies before the start. The duration is used.")),
    "end-unreadable": (WARNING, _("The end cannot be read. The duration is used.")),
    "duration-unreadable": (WARNING, _("No duration that can be read. The length is zero.")),
    "three-part-duration": (WARNING, _("A duration in three parts can be read in two ways.")),
    "zero-length": (WARNING, _("The talk has no length.")),
    # Identity
    "repeated-key": (WARNING, _("Several talks have this identity. All are kept.")),
    "repeated-id": (WARNING, _("Several talks have this id or code. It does not tell them apart.")),
    "bad-guid": (WARNING, _("The guid is not a UUID.")),
    "bad-code": (WARNING, _("A code may have letters A to Z, digits, - and _ only. It is not used.")),
    "bad-id": (WARNING, _("The id is a text; a number is expected. It is used as it stands.")),
    "repeated-room-guid": (WARNING, _("Several rooms have this guid. It is not used.")),
    # Rooms, people, texts
    "no-room": (WARNING, _("No room.")),
    "room-differs": (WARNING, _("The talk names another room than the one it is listed in. The list counts.")),
    "no-name": (WARNING, _("A person without a name. The person is left out.")),
    "too-many-here": (WARNING, _("Too many entries. The first are used.")),
    "cut": (WARNING, _("Too long. The end is cut off.")),
    "control-characters": (WARNING, _("Control characters were removed.")),
    "bad-link": (WARNING, _("Not a full http or https address. The link is left out.")),
    "bad-language": (WARNING, _("Not one language code. The first that can be read is used.")),
    # Against the conference
    "other-zone": (WARNING, _("The file names another time zone than the conference has.")),
    "outside-conference": (WARNING, _("Outside the dates of the conference.")),
    "name-taken": (WARNING, _("Another room has this name. The room keeps its old one.")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """`location` is a line, a JSON pointer (RFC 6901), or "" for the whole file."""

    code: str
    location: str = ""
    read: str = ""
    talk: str = ""
    done: str = ""

    @property
    def severity(self) -> Severity:
        return KINDS[self.code][0]

    @property
    def message(self) -> str:
        return str(KINDS[self.code][1]) + (f" {self.done}" if self.done else "")

    def as_dict(self) -> dict[str, str]:
        return {
            "severity": self.severity.value,
            "code": self.code,
            "location": self.location,
            "talk": self.talk,
            "read": self.read,
            "message": self.message,
        }

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        read = f" [{self.read}]" if self.read else ""
        talk = f" ({self.talk})" if self.talk else ""
        return f"{place}{self.message}{read}{talk}"


class ProgrammeError(Exception):
    """The file cannot be imported. `problem` says why; `problems` has all, also the lesser ones."""

    def __init__(self, problem: Problem, others: Iterable[Problem] = ()) -> None:
        self.problem = problem
        self.problems = (problem, *others)
        super().__init__(str(problem))


def refuse(code: str, location: str = "", read: str = "", done: str = "") -> ProgrammeError:
    return ProgrammeError(Problem(code, location, shorten(read), done=done))


def shorten(text: str) -> str:
    """What was read, fit for one line of a report."""
    line = one_line(text)
    return line if len(line) <= 80 else line[:79] + "…"


@dataclass(slots=True)
class Problems:
    """Collects problems; `talk` is the one being read."""

    found: list[Problem] = field(default_factory=list)
    talk: str = ""

    def add(self, code: str, location: str, read: str = "") -> None:
        if len(self.found) < MAX_PROBLEMS:
            self.found.append(Problem(code, location, shorten(read), self.talk))
