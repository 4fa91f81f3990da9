"""The formats that we know: ours, and those of installed packages.

A package adds a format by an entry point of the group `front_row.schedule_formats`; its value
names a `Format`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lib.plugins import plugins
from schedule.feeds.formats.assembly import Assumptions
from schedule.feeds.formats.programme import Programme
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
from schedule.feeds.formats.source import SourceFile

GROUP = "front_row.schedule_formats"


@dataclass(frozen=True, slots=True)
class Format:
    """`recognises` looks at the content alone; `read` raises ProgrammeError and nothing else."""

    name: str
    label: str
    recognises: Callable[[SourceFile], bool]
    read: Callable[[SourceFile, Assumptions], Programme]


FORMATS = (
    Format(c3voc_xml.NAME, "c3voc/pentabarf XML", c3voc_xml.recognises, c3voc_xml.read),
    Format(c3voc_json.NAME, "c3voc/pretalx JSON", c3voc_json.recognises, c3voc_json.read),
    Format(table.NAME, "CSV table", table.recognises, table.read),
    Format(
        pretalx_widget.NAME, "pretalx widget JSON", pretalx_widget.recognises, pretalx_widget.read
    ),
    Format(pretalx_rest.NAME, "pretalx REST listing", pretalx_rest.recognises, pretalx_rest.read),
    Format(sessionize.NAME, "Sessionize All or GridSmart", sessionize.recognises, sessionize.read),
    Format(symposion.NAME, "symposion/PyCon US JSON", symposion.recognises, symposion.read),
    Format(europython.NAME, "EuroPython programme", europython.recognises, europython.read),
    Format(icalendar_file.NAME, "iCalendar", icalendar_file.recognises, icalendar_file.read),
)


def known_formats() -> tuple[Format, ...]:
    """Ours first: no package can take a name or a file from them."""
    known = {format.name: format for format in FORMATS}
    for format in plugins(GROUP, Format):
        known.setdefault(format.name, format)
    return tuple(known.values())
