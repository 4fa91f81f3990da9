"""When talks begin and end: `<date>`, `<start>`, `<duration>`, `<end>` and the day around them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from schedule.feeds.formats.problems import Problems, refuse
from schedule.feeds.formats.raw import RawDay, RawEvent
from schedule.feeds.formats.values.clocks import (
    ImpossibleTime,
    SkippedTime,
    check_year,
    in_zone,
    read_clock,
    read_date,
    read_stamp,
    readings,
    spell,
)

MAX_LENGTH = timedelta(days=7)
_one_day = timedelta(days=1)


@dataclass(slots=True)
class TimeReader:
    """`names_zone`: the zone stands in the file, so that offsets can be checked against it."""

    problems: Problems
    zone: ZoneInfo | None
    names_zone: bool
    day_change: str
    day_starts_at_hour: int
    believe_clock: bool
    days_first: bool

    def of(self, event: RawEvent) -> tuple[datetime, datetime] | None:
        """Start and end in UTC; None when the talk has to be left out."""
        place = event.at("date") if event.words.get("date") else event.at("start")
        try:
            starts_at = self._start(event)
            if starts_at is None:
                self.problems.add("no-start", place, event.words.get("start", ""))
                return None
            ends_at = self._end(event, starts_at)
        except ImpossibleTime as error:
            self.problems.add("impossible-time", place, str(error))
            return None
        except SkippedTime as error:
            self.problems.add("time-gap", place, str(error))
            return None
        if ends_at - starts_at > MAX_LENGTH:
            self.problems.add("too-long", event.at("duration"), spell(ends_at - starts_at))
            return None
        if ends_at == starts_at:
            self.problems.add("zero-length", event.at("duration"))
        self._compare_with_day(event, starts_at)
        return starts_at, ends_at

    def local_date(self, stamp: datetime) -> date:
        """The date of an instant at the venue; None of the file's clock times is touched."""
        try:
            check_year(stamp)
        except ImpossibleTime:
            return stamp.date()
        return (stamp.astimezone(self.zone) if stamp.tzinfo and self.zone else stamp).date()

    def _start(self, event: RawEvent) -> datetime | None:
        words = event.words
        clock = read_clock(words.get("start", ""))
        stamp = read_stamp(words.get("date", "")) or read_stamp(words.get("start", ""))
        if stamp is not None:
            check_year(stamp)
            return self._checked(event, stamp, clock) if stamp.tzinfo else self._local(event, stamp)
        bare = read_date(words.get("date", ""))
        if bare is None and words.get("date", "").strip():
            self.problems.add("date-unreadable", event.at("date"), words["date"])
        if clock is None:
            return None
        if bare is not None:
            check_year(bare)
            return self._local(event, _midnight(bare) + clock)
        return self._by_day(event, clock)

    def _checked(self, event: RawEvent, stamp: datetime, clock: timedelta | None) -> datetime:
        """A date with an offset is believed, but compared with the clock time beside it."""
        instant = stamp.astimezone(UTC)
        if clock is None or self.zone is None or not self.names_zone:
            return instant
        if _same_clock(instant.astimezone(self.zone), clock):
            return instant
        read = f"{event.words.get('date')} / {event.words.get('start')} {self.zone}"
        if not _same_clock(stamp, clock):
            self.problems.add("start-differs", event.at("date"), read)
            return instant
        if self.believe_clock:
            self.problems.add("clock-believed", event.at("date"), read)
            return self._local(event, stamp.replace(tzinfo=None))
        self.problems.add("mislabelled-time", event.at("date"), read)
        return instant

    def _by_day(self, event: RawEvent, clock: timedelta) -> datetime | None:
        """Only a day and a clock time: what lies before the day's change is after midnight."""
        day = self._day(event.day)
        if day is None:
            return None
        check_year(day)
        first, last = self._instant(event.day.start), self._instant(event.day.end)
        if first is not None and last is not None:
            for date_of_talk in (day, day + _one_day):
                instant = self._local(event, _midnight(date_of_talk) + clock)
                if first <= instant <= last:
                    return instant
        elif clock < self._change():
            day += _one_day
        return self._local(event, _midnight(day) + clock)

    def _change(self) -> timedelta:
        change = read_clock(self.day_change)
        return timedelta(hours=self.day_starts_at_hour) if change is None else change

    def _day(self, day: RawDay) -> date | None:
        bare, stamp = read_date(day.date), read_stamp(day.date) or read_stamp(day.start)
        return self.local_date(stamp) if bare is None and stamp is not None else bare

    def _local(self, event: RawEvent, wall: datetime) -> datetime:
        zone = event.zone or self.zone
        if zone is None:
            raise refuse("no-zone", event.at("start"), str(wall))
        instant, is_ambiguous = in_zone(wall, zone)
        if is_ambiguous:
            self.problems.add("ambiguous-time", event.at("start"), str(wall))
        return instant

    def _end(self, event: RawEvent, starts_at: datetime) -> datetime:
        lengths = self._lengths(event)
        ends_at = self._stated_end(event, starts_at)
        if ends_at is not None and ends_at >= starts_at:
            if lengths and ends_at - starts_at not in lengths:
                read = f"{event.words['end']} / {event.words.get('duration')}"
                self.problems.add("end-differs", event.at("end"), read)
            return ends_at
        if ends_at is not None:
            self.problems.add("end-before-start", event.at("end"), event.words["end"])
        if not lengths:
            self.problems.add(
                "duration-unreadable", event.at("duration"), event.words.get("duration", "")
            )
            return starts_at
        if len(set(lengths)) > 1:
            self.problems.add(
                "three-part-duration",
                event.at("duration"),
                f"{event.words['duration']} = {spell(lengths[0])}, {spell(lengths[1])}",
            )
        # Elapsed time, so it is added in UTC: a night of talks may cross a change of the clocks.
        return starts_at + min(lengths[0], MAX_LENGTH + _one_day)

    def _lengths(self, event: RawEvent) -> tuple[timedelta, ...]:
        return readings(event.words.get("duration", ""), days_first=self.days_first)

    def _stated_end(self, event: RawEvent, starts_at: datetime) -> datetime | None:
        text = event.words.get("end", "").strip()
        if not text:
            return None
        stamp, clock = read_stamp(text), read_clock(text)
        if stamp is not None:
            check_year(stamp)
            if stamp.tzinfo is None or self._offset_is_wrong(event):
                return self._local(event, stamp.replace(tzinfo=None))
            return stamp.astimezone(UTC)
        if clock is not None and self.zone is not None:
            day = _midnight(starts_at.astimezone(self.zone).date())
            ends_at = self._local(event, day + clock)
            if ends_at >= starts_at:
                return ends_at
            ends_at = self._local(event, day + clock + _one_day)
            if ends_at - starts_at > _one_day / 2:  # rather a typing error than a long night
                self.problems.add("over-midnight", event.at("end"), text)
            return ends_at
        self.problems.add("end-unreadable", event.at("end"), text)
        return None

    def _offset_is_wrong(self, event: RawEvent) -> bool:
        """Whoever mislabels the start mislabels the end."""
        stamp, clock = (
            read_stamp(event.words.get("date", "")),
            read_clock(event.words.get("start", "")),
        )
        if not self.believe_clock or stamp is None or clock is None or not self.names_zone:
            return False
        return _same_clock(stamp, clock) and not _same_clock(stamp.astimezone(self.zone), clock)

    def _compare_with_day(self, event: RawEvent, starts_at: datetime) -> None:
        first, last = self._instant(event.day.start), self._instant(event.day.end)
        if first is not None and last is not None and not first <= starts_at <= last:
            self.problems.add("outside-day", event.location, starts_at.isoformat())

    def _instant(self, text: str) -> datetime | None:
        """The edge of a day, as far as it can be read."""
        stamp = read_stamp(text)
        if stamp is None:
            return None
        try:
            check_year(stamp)
            if stamp.tzinfo is not None:
                return stamp.astimezone(UTC)
            return in_zone(stamp, self.zone)[0] if self.zone is not None else None
        except ValueError:
            return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a clock time, placed by _local


def _same_clock(at: datetime, clock: timedelta) -> bool:
    minutes = int(clock.total_seconds()) // 60
    return at.hour * 60 + at.minute == minutes % (24 * 60)
