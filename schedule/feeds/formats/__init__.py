"""Schedule files of every format we know, read into one neutral programme."""

import hashlib
from dataclasses import replace
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from schedule.feeds.formats.assembly import Assumptions
from schedule.feeds.formats.problems import Problem, ProgrammeError, Severity, refuse
from schedule.feeds.formats.programme import (
    Programme,
    ProgrammeRoom,
    ProgrammeSpeaker,
    ProgrammeTalk,
    ProgrammeTrack,
)
from schedule.feeds.formats.registry import FORMATS, Format, known_formats
from schedule.feeds.formats.source import MAX_BYTES, SourceFile

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Assumptions",
    "Format",
    "Problem",
    "Programme",
    "ProgrammeError",
    "ProgrammeRoom",
    "ProgrammeSpeaker",
    "ProgrammeTalk",
    "ProgrammeTrack",
    "Severity",
    "SourceFile",
    "known_formats",
    "parse",
]


def parse(
    data: bytes,
    *,
    format: str | None = None,
    default_zone: ZoneInfo | None = None,
    day_starts_at_hour: int = 4,
    believe_clock: bool = False,
) -> Programme:
    """Reads a schedule file. Format None: recognised by its content.

    The zone and the hour at which a day begins stand in for what the file leaves open.
    `believe_clock`: where an offset contradicts the file's own zone and clock, the clock counts.
    Raises ProgrammeError, and nothing else, when nothing can be imported.
    """
    if len(data) > MAX_BYTES:
        raise refuse("too-big", read=f"{len(data) / 1024 / 1024:.1f} MB")
    if not data.strip():
        raise refuse("empty")
    source = SourceFile(data)
    assumptions = Assumptions(default_zone, day_starts_at_hour, believe_clock)
    programme = _format_of(source, format).read(source, assumptions)
    return replace(programme, sha256=hashlib.sha256(data).hexdigest())


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
    raise refuse("unknown-format", read=_beginning(source), done=supported)


def _beginning(source: SourceFile) -> str:
    if source.kind == "xml":
        return f"<{source.xml.tag}>"
    return source.beginning[:60]
