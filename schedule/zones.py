"""In which time zone somebody reads the programme."""

import zoneinfo
from datetime import timedelta
from functools import lru_cache

from django.http import HttpRequest

from schedule.models import Conference

COOKIE = "tz"


def viewer_zone(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """`?tz=`, else the cookie, else the venue's. An unknown name counts as none."""
    conference: Conference = request.conference  # type: ignore[attr-defined]  # see schedule.http
    for name in (request.GET.get("tz"), request.COOKIES.get(COOKIE)):
        if name and (zone := _known_zone(name)):
            return zone
    return conference.zone


@lru_cache(maxsize=1000)
def _known_zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=1000)
def zone_tag(zone: zoneinfo.ZoneInfo, conference: Conference) -> str:
    """The zone as its UTC offsets in minutes during the conference, so that Berlin and Paris
    share their pages. Read every twelve hours, which sees every change of the clocks.
    """
    first, last = conference.window
    steps = int((last - first) / timedelta(hours=12)) + 1
    instants = [first + step * timedelta(hours=12) for step in range(steps)]
    offsets = [at.astimezone(zone).utcoffset() or timedelta() for at in instants]
    return ",".join(str(int(offset.total_seconds() // 60)) for offset in offsets)
