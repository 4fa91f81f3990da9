"""Dates, times and lengths as people write them into a spreadsheet."""

import re
from datetime import date

from lib.text import one_line
from schedule.feeds.formats.values.clocks import read_stamp

_iso_date = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_dotted_date = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4}|[0-9]{2})(?![0-9])")
_clock = re.compile(
    r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(?::([0-9]{2})(?:\.[0-9]+)?)?(?: ?([ap])\.?m\.?| ?(Uhr|h))?",
    re.IGNORECASE,
)
_minutes = re.compile(r"([0-9]+) ?(?:m|min|mins|minutes?|minuten|')\.?", re.IGNORECASE)
_hours = re.compile(r"([0-9]+) ?(?:h|hrs?|hours?|std|stunden?)\.?", re.IGNORECASE)


class UnreadableValue(ValueError):
    """Not a date or a time that can be read in one way only."""


def read_when(text: str) -> tuple[str, str]:
    """Date and clock time in ISO's spelling, "" for what is not there.

    A time with an offset comes back whole, as the first of the two. 3/6/2026 is unreadable: it is
    March to some and June to others.
    """
    text = one_line(text)
    stamp = read_stamp(text)
    if stamp is not None and stamp.tzinfo is not None:
        return text, ""
    day, rest = _read_day(text)
    return day, _read_clock(rest) if rest else ""


def _read_day(text: str) -> tuple[str, str]:
    """The date at the beginning, and what follows it."""
    if found := _iso_date.match(text):
        year, month, day = map(int, found.groups())
    elif found := _dotted_date.match(text):
        day, month, year = map(int, found.groups())
        year += 2000 if year < 100 else 0
    else:
        return "", text
    try:
        return date(year, month, day).isoformat(), text[found.end() :].strip(" ,T")
    except ValueError:
        raise UnreadableValue(text) from None


def _read_clock(text: str) -> str:
    found = _clock.fullmatch(text)
    if found is None or not (found[2] or found[4] or found[5]):
        raise UnreadableValue(text)
    hour, half = int(found[1]), (found[4] or "").lower()
    if half and not 1 <= hour <= 12:
        raise UnreadableValue(text)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02}:{found[2] or '00'}" + (f":{found[3]}" if found[3] else "")


def read_length(text: str) -> str:
    """In the spelling of schedule files; anything else as it is."""
    text = one_line(text)
    if found := _minutes.fullmatch(text):
        return found[1]
    if found := _hours.fullmatch(text):
        return f"{found[1]}:00"
    return text
