"""Lengths in the spellings of the field."""

import re
from datetime import timedelta

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


def spell(length: timedelta) -> str:
    hours, seconds = divmod(int(length.total_seconds()), 3600)
    return f"{hours}:{seconds // 60:02}" + (f":{seconds % 60:02}" if seconds % 60 else "")
