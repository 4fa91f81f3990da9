"""A time zone as a calendar file defines it (VTIMEZONE, RFC 5545, 3.6.5).

Its rules are read as far as clocks are changed by any: once a year, on a day of a month. They are
written out for the years of programmes, so that no rule of a file can keep us busy.
"""

import calendar
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple, Self

from schedule.feeds.formats.values.clocks import LAST_YEAR, read_stamp

# Before it no rule has to be known year by year.
FIRST_YEAR = 1970
_EVER_SINCE = 1904  # a leap year
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN_PARTS = {"FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "UNTIL", "COUNT", "WKST"}
_offset = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?")
_day = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")


class UnreadableRule(ValueError):
    """More than clocks are changed by, or no rule at all."""


class ClockChange(NamedTuple):
    """`at`: by the clock that is then put forward or back. Offsets before it and from then on."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def instant(self) -> datetime:
        """In UTC, without saying so."""
        return self.at - self.before

    def begins(self, fold: int) -> datetime:
        """From which clock time on the new offset counts. Put forward, the clock skips an hour,
        which belongs to the old offset; put back, it shows one twice, first the old one (PEP 495).
        """
        change = self.after - self.before
        return self.at + (min if fold else max)(change, timedelta())


class DefinedZone(tzinfo):
    def __init__(self, name: str, changes: Iterable[ClockChange]) -> None:
        self.name = name
        self.changes = sorted(changes, key=lambda change: change.instant)

    def utcoffset(self, at: datetime | None) -> timedelta:
        if at is None:
            return self.changes[-1].after
        wall, fold = at.replace(tzinfo=None, fold=0), at.fold
        return self._offset(bisect_right(self.changes, wall, key=lambda each: each.begins(fold)))

    def fromutc(self, at: datetime) -> datetime:
        wall = at.replace(tzinfo=None)
        return at + self._offset(
            bisect_right(self.changes, wall, key=lambda change: change.instant)
        )

    def dst(self, _at: datetime | None) -> None:
        """The definition does not tell by how much."""

    def tzname(self, _at: datetime | None) -> str:
        return self.name

    def _offset(self, passed: int) -> timedelta:
        return self.changes[passed - 1].after if passed else self.changes[0].before


@dataclass(frozen=True, slots=True)
class YearlyRule:
    """The `nth` of the `weekday` (0: the first that fits) among the `days` of a month, or any."""

    month: int
    days: frozenset[int]
    weekday: int | None
    nth: int
    every_years: int
    until: date

    @classmethod
    def read(cls, text: str, starts_at: datetime, before: timedelta) -> Self:
        parts = dict(part.upper().partition("=")[::2] for part in text.split(";") if part)
        days = [int(day) for day in parts.get("BYMONTHDAY", "").split(",") if day]
        weekday = _day.fullmatch(parts.get("BYDAY", ""))
        is_simple = parts.keys() <= _KNOWN_PARTS and ("BYMONTH" in parts or "BYDAY" not in parts)
        if parts.get("FREQ") != "YEARLY" or not is_simple or ("BYDAY" in parts and not weekday):
            raise UnreadableRule(text)
        every_years = int(parts.get("INTERVAL", 1))
        if every_years < 1:
            raise UnreadableRule(text)
        until = date(LAST_YEAR, 1, 1)
        if "UNTIL" in parts:
            until = min(until, _last_day(parts["UNTIL"], before))
        elif "COUNT" in parts:
            last = starts_at.year + (int(parts["COUNT"]) - 1) * every_years
            until = min(until, date(min(last, LAST_YEAR), 12, 31))
        return cls(
            month=int(parts.get("BYMONTH", starts_at.month)),
            days=frozenset(days if days or weekday else [starts_at.day]),
            weekday=_WEEKDAYS.index(weekday[2]) if weekday else None,
            nth=int(weekday[1] or 0) if weekday else 0,
            every_years=every_years,
            until=until,
        )

    def dates(self, first: date) -> Iterator[date | None]:
        """One for each year; None in the years that have none."""
        late = max(0, FIRST_YEAR - first.year)
        start = first.year + late + -late % self.every_years
        for year in range(start, self.until.year + 1, self.every_years):
            found = self._in(year)
            yield found if found is not None and first <= found <= self.until else None

    def _in(self, year: int) -> date | None:
        length = calendar.monthrange(year, self.month)[1]
        dates = [
            date(year, self.month, day)
            for day in range(1, length + 1)
            if not self.days or {day, day - length - 1} & self.days
        ]
        if self.weekday is not None:
            dates = [day for day in dates if day.weekday() == self.weekday]
        at = self.nth - 1 if self.nth > 0 else self.nth
        return dates[at] if -len(dates) <= at < len(dates) else None


def changes_of(
    *, start: str, before: str, after: str, rule: str, dates: Iterable[str]
) -> Iterator[ClockChange | None]:
    """The changes of one observance, from the words of its lines. None for a year without one, so
    that whoever counts them counts the work. Raises UnreadableRule.
    """
    try:
        starts_at, offsets = _wall(start), (_read_offset(before), _read_offset(after))
        yield ClockChange(starts_at, *offsets)
        for text in dates:
            yield ClockChange(_wall(text), *offsets)
        if rule:
            for day in YearlyRule.read(rule, starts_at, offsets[0]).dates(starts_at.date()):
                if day is None:
                    yield None
                else:
                    yield ClockChange(datetime.combine(day, starts_at.time()), *offsets)
    except (ValueError, OverflowError) as error:
        raise UnreadableRule(str(error)) from None


def _wall(text: str) -> datetime:
    """Some begin in the year 1 or 1601, which means "ever since"."""
    stamp = read_stamp(text)
    if stamp is None or stamp.year > LAST_YEAR:
        raise UnreadableRule(text)
    return stamp.replace(tzinfo=None, year=max(stamp.year, _EVER_SINCE))


def _last_day(text: str, before: timedelta) -> date:
    """UNTIL is a date, or an instant in UTC."""
    stamp = read_stamp(text)
    if stamp is None:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date
    return (stamp.replace(tzinfo=None) + (before if stamp.tzinfo else timedelta())).date()


def _read_offset(text: str) -> timedelta:
    found = _offset.fullmatch(text.strip())
    if found is None:
        raise UnreadableRule(text)
    length = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if length >= timedelta(hours=24):
        raise UnreadableRule(text)
    return -length if found[1] == "-" else length
