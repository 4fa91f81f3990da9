"""Time zones by the names that other systems give them."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from lib.text import one_line
from schedule.site.zones import every_name, known_zone, zone_names

# What calendars, and systems made with Rails, call a zone by, where it is not the city of its name.
_PLACES = {
    "eastern time": "America/New_York",
    "central time": "America/Chicago",
    "mountain time": "America/Denver",
    "pacific time": "America/Los_Angeles",
    "atlantic time": "America/Halifax",
    "arizona": "America/Phoenix",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "edinburgh": "Europe/London",
    "bern": "Europe/Zurich",
    "st. petersburg": "Europe/Moscow",
    "pretoria": "Africa/Johannesburg",
    "abu dhabi": "Asia/Dubai",
    "islamabad": "Asia/Karachi",
    "chennai": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata",
    "hanoi": "Asia/Bangkok",
    "beijing": "Asia/Shanghai",
    "osaka": "Asia/Tokyo",
    "sapporo": "Asia/Tokyo",
    "wellington": "Pacific/Auckland",
}
_offset = re.compile(
    r"\(?(?:UTC|GMT)? ?(?:([+−-])([0-9]{1,2})(?::?([0-5][0-9]))?)?\)?", re.IGNORECASE
)
_label = re.compile(r"(\([^()]*\)) (.+)")


def read_zone(name: str) -> tzinfo | None:
    """Of IANA's names in any spelling and with a path before them ("/mozilla.org/2007/Europe/Berlin"),
    Windows' ("W. Europe Standard Time"), cities, labels ("(UTC+01:00) Amsterdam, Berlin") and
    offsets ("UTC+01:00"). None: it says nothing to us.
    """
    name = one_line(name)
    if not name or len(name) > 200:
        return None
    parts = name.split("/")
    for spelling in (name, *("/".join(parts[-count:]) for count in (3, 2, 1))):
        if found := _by_name(spelling):
            return found
    label = _label.fullmatch(name)
    offset = _by_offset(label[1] if label else name)
    places = (_by_place(place) for place in re.split(r",| - ", label[2] if label else name))
    found = next((zone for zone in places if zone and (not label or _has(zone, offset))), None)
    return found or offset


def _by_name(name: str) -> tzinfo | None:
    exact = known_zone(name) or known_zone(WINDOWS_TO_OLSON.get(name, ""))
    return exact or known_zone(_by_folded_name().get(_folded(name), ""))


def _by_place(text: str) -> tzinfo | None:
    """Of a city, or of words like "Eastern Time (US & Canada)"."""
    place = re.sub(r"\(.*?\)", "", text).strip()
    return known_zone(_PLACES.get(place.casefold()) or _by_city().get(_folded(place), ""))


def _by_offset(text: str) -> tzinfo | None:
    found = _offset.fullmatch(text)
    if found is None or not text.strip("() "):
        return None
    length = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0))
    if length > timedelta(hours=15):  # Kiritimati is 14 hours ahead
        return None
    return timezone(length if found[1] == "+" else -length)


def _has(zone: tzinfo, offset: tzinfo | None) -> bool:
    """Whether its clock is ever so far from UTC as the label says."""
    if offset is None:
        return True
    months = (datetime(2026, month, 1) for month in (1, 7))  # noqa: DTZ001 - a clock time
    return any(zone.utcoffset(month) == offset.utcoffset(month) for month in months)


def _folded(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")


@lru_cache(maxsize=1)
def _by_folded_name() -> dict[str, str]:
    return {_folded(name): name for name in every_name()}


@lru_cache(maxsize=1)
def _by_city() -> dict[str, str]:
    """Where several names have one city they are names of one zone."""
    return {_folded(name.rpartition("/")[2]): name for name in zone_names()}
