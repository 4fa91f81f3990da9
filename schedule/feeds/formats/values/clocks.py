"""Instants and lengths from dates, clock times, durations and time zones as files write them."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

_clock = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?")
_date = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# Outside these years a date is a typing error ("20008" has been published).
FIRST_YEAR, LAST_YEAR = 2000, 2100


class ImpossibleTime(ValueError):
    """Outside the years of any programme."""


class SkippedTime(ValueError):
    """The clock was put forward over this time."""


def read_clock(text: str) -> timedelta | None:
    """Time since midnight. 25:30 is legal and means half past one."""
    match = _clock.fullmatch(text.strip())
    if match is None or int(match[1]) >= 48 or int(match[2]) >= 60:
        return None
    return timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3] or 0))


def read_date(text: str) -> date | None:
    """A date without a time."""
    if not _date.fullmatch(text.strip()):
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def read_stamp(text: str) -> datetime | None:
    """Date and time, naive when there is no offset; None for anything else, also a bare date."""
    text = text.strip()
    if not text or text.isdigit() or read_date(text) is not None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def check_year(stamp: date) -> None:
    if not FIRST_YEAR <= stamp.year < LAST_YEAR:
        raise ImpossibleTime(str(stamp))


def in_zone(wall: datetime, zone: tzinfo) -> tuple[datetime, bool]:
    """The instant of a clock time, and whether the clock shows it twice (then it is the first)."""
    check_year(wall)
    local = wall.replace(tzinfo=zone, fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        raise SkippedTime(str(wall))
    return instant, local.replace(fold=1).astimezone(UTC) != instant


_part = re.compile(r"[0-9]{1,6}")


def readings(text: str, *, days_first: bool) -> tuple[timedelta, ...]:
    """All that a duration can mean, the likeliest first; empty when unreadable.

    45 is minutes and 1:30 is hours and minutes, also 26:00. Three parts are hours, minutes and
    seconds by the c3voc schema, but days, hours and minutes from pretalx (`days_first`).
    """
    parts = text.strip().split(":")
    if parts[0].endswith(".0") and len(parts) == 1:  # minutes as a JSON float
        parts = [parts[0][:-2]]
    if not all(_part.fullmatch(part) for part in parts):
        return ()
    match [int(part) for part in parts]:
        case [minutes]:
            return (timedelta(minutes=minutes),)
        case [hours, minutes]:
            return (timedelta(hours=hours, minutes=minutes),)
        case [first, second, third]:
            as_clock = timedelta(hours=first, minutes=second, seconds=third)
            with_days = timedelta(days=first, hours=second, minutes=third)
            return (with_days, as_clock) if days_first else (as_clock, with_days)
    return ()


def whole_minutes(length: timedelta) -> timedelta:
    """To the nearest minute: 59:59 is an hour whose last second somebody left out."""
    minute = timedelta(minutes=1)
    return (length + minute / 2) // minute * minute


def spell(length: timedelta) -> str:
    hours, seconds = divmod(int(length.total_seconds()), 3600)
    return f"{hours}:{seconds // 60:02}" + (f":{seconds % 60:02}" if seconds % 60 else "")
