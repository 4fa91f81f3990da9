"""The formats that we know, ours and those of installed packages, and a file read in one of them.

A package adds a format by an entry point of the group `front_row.schedule_formats`; its value
names a `Format`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from lib.plugins import plugins
from schedule.feeds.formats.assembly import Assembly
from schedule.feeds.formats.problems import Problems, ProgrammeError, refuse
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.raw import RawSchedule
from schedule.feeds.formats.readers import (
    c3voc_json,
    c3voc_xml,
    europython,
    icalendar_file,
    pretalx_rest,
    pretalx_widget,
    sessionize,
    symposion,
    table,
)
from schedule.feeds.formats.source import MAX_BYTES, SourceFile

GROUP = "front_row.schedule_formats"


@dataclass(frozen=True, slots=True)
class Format:
    """`recognises` looks at the content alone; `read` raises ProgrammeError and nothing else."""

    name: str
    label: str
    recognises: Callable[[SourceFile], bool]
    read: Callable[[SourceFile, Problems], RawSchedule]


FORMATS = tuple(
    Format(reader.NAME, label, reader.recognises, reader.read)
    for reader, label in (
        (c3voc_xml, "c3voc/pentabarf XML"),
        (c3voc_json, "c3voc/pretalx JSON"),
        (table, "CSV table"),
        (pretalx_widget, "pretalx widget JSON"),
        (pretalx_rest, "pretalx REST listing"),
        (sessionize, "Sessionize All or GridSmart"),
        (symposion, "symposion/PyCon US JSON"),
        (europython, "EuroPython programme"),
        (icalendar_file, "iCalendar"),
    )
)


def known_formats() -> tuple[Format, ...]:
    """Ours first: no package can take a name or a file from them."""
    known = {format.name: format for format in FORMATS}
    for format in plugins(GROUP, Format):
        known.setdefault(format.name, format)
    return tuple(known.values())


def parse(
    data: bytes,
    *,
    format: str | None = None,
    default_zone: ZoneInfo | None = None,
    day_starts_at_hour: int = 4,
    believe_clock: bool | None = None,
) -> Programme:
    """Reads a schedule file. Format None: recognised by its content.

    The zone and the hour at which a day begins stand in for what the file leaves open.
    `believe_clock`: where a talk's date contradicts its start, the start counts, a clock time of
    the venue, or the date with its offset; None: the date, if the file names its time zone.
    Raises ProgrammeError, and nothing else, when nothing can be imported.
    """
    if len(data) > MAX_BYTES:
        raise refuse("too-big", read=f"{len(data) / 1024 / 1024:.1f} MB")
    if not data.strip():
        raise refuse("empty")
    source, problems = SourceFile(data), Problems()
    raw = _format_of(source, format).read(source, problems)
    try:
        assembly = Assembly(raw, problems, default_zone, day_starts_at_hour, believe_clock)
        return replace(assembly.programme(), sha256=hashlib.sha256(data).hexdigest())
    except ProgrammeError as error:
        raise ProgrammeError(error.problem, problems.found) from None


def _format_of(source: SourceFile, name: str | None) -> Format:
    formats = known_formats()
    named = [known for known in formats if name in (None, known.name)]
    labels = ", ".join(f"{known.label} ({known.name})" for known in formats)
    supported = gettext("Supported: %(formats)s.") % {"formats": labels}
    if not named:
        raise refuse("no-such-format", read=name or "", done=supported)
    for known in named:
        if known.recognises(source):
            return known
    raise refuse("unknown-format", read=_content_of(source), done=supported)


def _content_of(source: SourceFile) -> str:
    """What a file that nobody recognises holds, so that its owner can tell which one it is."""
    if source.kind == "xml":
        return f"<{source.xml.tag}>"
    if names := list(source.json_object):
        return "JSON: " + ", ".join(names)
    return source.beginning[:60]
