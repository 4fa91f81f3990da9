"""In which time zone somebody reads the programme."""

import contextlib
import zoneinfo
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import groupby
from pathlib import Path

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
    wanted = known_zone(request.GET.get(COOKIE, ""))
    return wanted or chosen_zone(request) or conference.zone


def chosen_zone(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    """The cookie's."""
    return known_zone(cookie_of(request, COOKIE))


def known_zone(name: str) -> zoneinfo.ZoneInfo | None:
    """From memory: what is no zone is not looked for on the disk, however often somebody asks."""
    return zoneinfo.ZoneInfo(name) if name in every_name() else None


@lru_cache(maxsize=1)
def every_name() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """One for each place: those that the zone database itself offers to people."""
    rows = (line.split("\t") for line in _zone_file("zone.tab") if not line.startswith("#"))
    named = {row[2] for row in rows if len(row) > 2} & every_name()
    return ("UTC", *sorted(named or filter(_is_of_people, every_name())))


def zone_of_people(name: str) -> str | None:
    """The name in that list. Browsers say Asia/Calcutta for what is Asia/Kolkata now; nobody lives in
    Etc/GMT+3.
    """
    if not _is_of_people(name) or known_zone(name) is None:
        return None
    return name if name in zone_names() else _links().get(name, name)


def _is_of_people(name: str) -> bool:
    return name == "UTC" or name.partition("/")[0] in AREAS


@lru_cache(maxsize=1)
def _links() -> dict[str, str]:
    lines = (line.split(" ") for line in _zone_file("tzdata.zi") if line.startswith("L "))
    return {alias: name for _link, name, alias in lines}


def _zone_file(name: str) -> list[str]:
    """A text of the zone database, which lies where Python has the zones from."""
    folders: list[Traversable] = [Path(folder) for folder in zoneinfo.TZPATH]
    with contextlib.suppress(ModuleNotFoundError):
        folders.append(resources.files("tzdata") / "zoneinfo")
    found = (folder / name for folder in folders)
    return next((file.read_text().splitlines() for file in found if file.is_file()), [])


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
    """The venue's zone by its name, any other by what all who share its pages have in common; how each
    of them calls it is known by /me.json alone.
    """
    if is_venue_time(zone, conference):
        return zone_name(conference.zone, conference)
    return offsets_label(zone, conference)


def zone_name(zone: zoneinfo.ZoneInfo, conference: Conference) -> str:
    """ "Tokyo (UTC+9)"."""
    offsets = offsets_label(zone, conference)
    return offsets if zone.key == offsets else f"{city_of(zone)} ({offsets})"


def city_of(zone: zoneinfo.ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ")


def offsets_label(zone: zoneinfo.ZoneInfo, conference: Conference) -> str:
    """ "UTC−5", or "UTC−4/−5" where the clocks change during the conference."""
    signs = [_sign(offset) for offset, _same in groupby(_offsets(zone, conference))]
    return "UTC" if signs == ["+0"] else "UTC" + "/".join(signs)


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
    hours, rest = divmod(abs(minutes), 60)
    return f"{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
