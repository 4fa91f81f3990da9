"""In which time zone somebody reads the programme."""

import zoneinfo
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from schedule.models import Conference
from schedule.site.cookies import cookie_of, delete_cookie, set_cookie

COOKIE = "tz"
COOKIE_SECONDS = 365 * 24 * 3600
# What people live in; the others are old names, or made for machines.
AREAS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}


def viewer_zone(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """`?tz=`, else the cookie, else the venue's. An unknown name counts as none."""
    conference: Conference = request.conference  # type: ignore[attr-defined]  # see schedule.site.request
    for name in (request.GET.get(COOKIE), cookie_of(request, COOKIE)):
        if name and (zone := known_zone(name)):
            return zone
    return conference.zone


def known_zone(name: str) -> zoneinfo.ZoneInfo | None:
    """From memory: what is no zone is not looked for on the disk, however often somebody asks."""
    return zoneinfo.ZoneInfo(name) if name in every_name() else None


@lru_cache(maxsize=1)
def every_name() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    names = (name for name in every_name() if name.partition("/")[0] in AREAS)
    return ("UTC", *sorted(names))


def remember_zone(response: HttpResponseBase, name: str) -> None:
    """Name "": from now on the venue's, whichever that is."""
    if not name:
        delete_cookie(response, COOKIE)
        return
    set_cookie(response, COOKIE, name, max_age=COOKIE_SECONDS)


def zone_tag(zone: zoneinfo.ZoneInfo, conference: Conference) -> str:
    """The zone as its UTC offsets in minutes during the conference, so that Berlin and Paris
    share their pages.
    """
    return ",".join(str(offset // timedelta(minutes=1)) for offset in _offsets(zone, conference))


def zone_label(zone: zoneinfo.ZoneInfo, conference: Conference) -> str:
    """The venue's zone by its name, any other by what all who share its pages have in common.

    "UTC−05:00", or "UTC−04:00/−05:00" where the clocks change during the conference.
    """
    if is_venue_time(zone, conference):
        return conference.time_zone.replace("_", " ")
    return offsets_label(zone, conference)


def offsets_label(zone: zoneinfo.ZoneInfo, conference: Conference) -> str:
    return "UTC" + "/".join(_sign(offset) for offset, _same in groupby(_offsets(zone, conference)))


def is_venue_time(zone: zoneinfo.ZoneInfo, conference: Conference) -> bool:
    return _offsets(zone, conference) == _offsets(conference.zone, conference)


def _offsets(zone: zoneinfo.ZoneInfo, conference: Conference) -> tuple[timedelta, ...]:
    return _offsets_between(zone, *conference.window)


@lru_cache(maxsize=1000)
def _offsets_between(
    zone: zoneinfo.ZoneInfo, first: datetime, last: datetime
) -> tuple[timedelta, ...]:
    """Read every twelve hours, which sees every change of the clocks."""
    steps = int((last - first) / timedelta(hours=12)) + 1
    instants = [first + step * timedelta(hours=12) for step in range(steps)]
    return tuple(at.astimezone(zone).utcoffset() or timedelta() for at in instants)


def _sign(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"{'−' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
