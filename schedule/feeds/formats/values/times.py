"""When talks begin and end: `<date>`, `<start>`, `<duration>`, `<end>` and the day around them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

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
    whole_minutes,
)
from schedule.models.days import whole_days

MAX_LENGTH = timedelta(days=7)
_one_day = timedelta(days=1)


@dataclass(slots=True)
class TimeReader:
    """`names_zone`: the zone stands in the file. `venue`: the conference's. `believe_clock`: where date and start contradict
    each other, the start counts, or the date; None: which of them depends on the file.
    """

    problems: Problems
    zone: tzinfo | None
    venue: tzinfo | None
    names_zone: bool
    day_change: str
    day_starts_at_hour: int
    believe_clock: bool | None
    days_first: bool

    def of(self, event: RawEvent) -> tuple[datetime, datetime] | None:
        """Start and end in UTC; None when the talk has to be left out."""
        place = event.at("date") if event.words.get("date") else event.at("start")
        try:
            if event.is_all_day:
                return self._whole_days(event)
            starts_at = self._start(event)
            if starts_at is None:
                self.problems.add("no-start", place, event.words.get("start", ""))
                return None
            ends_at = starts_at + whole_minutes(self._end(event, starts_at) - starts_at)
        except ImpossibleTime as error:
            self.problems.add("impossible-time", place, str(error))
            return None
        except SkippedTime as error:
            self.problems.add("time-gap", place, str(error))
            return None
        if self._is_too_long(event, ends_at - starts_at):
            return None
        if ends_at == starts_at:
            self.problems.add("zero-length", event.at("duration"))
        self._compare_with_day(event, starts_at)
        return starts_at, ends_at

    def _is_too_long(self, event: RawEvent, length: timedelta) -> bool:
        is_too_long = length > MAX_LENGTH
        if is_too_long:
            self.problems.add("too-long", event.at("duration"), spell(length))
        return is_too_long

    def _whole_days(self, event: RawEvent) -> tuple[datetime, datetime] | None:
        """As the conference counts days."""
        first, until = read_date(event.words["date"]), read_date(event.words["end"])
        if first is None:
            self.problems.add("no-start", event.at("date"), event.words["date"])
            return None
        check_year(first)
        if until is None or until <= first:
            until = first + _one_day
        check_year(until)
        if self._is_too_long(event, until - first):
            return None
        return whole_days(first, until - _one_day, self.venue or UTC, self.day_starts_at_hour)

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
        """A date with an offset, compared with the clock time beside it."""
        instant = stamp.astimezone(UTC)
        if clock is None or self.zone is None:
            return instant
        local = instant.astimezone(self.zone)
        if _same_clock(local, clock):
            return instant
        is_own_clock = _same_clock(stamp, clock)
        words = event.words
        read = f"{words.get('date')} = {local:%H:%M} / {words.get('start')} {self.zone}"
        if self._believes_clock(stamp, is_own_clock=is_own_clock):
            self.problems.add("clock-believed", event.at("date"), read)
            wall = stamp.replace(tzinfo=None)
            return self._local(event, wall if is_own_clock else _nearest(local, clock))
        if not self.names_zone:
            problem = "offset-believed"
        else:
            problem = "mislabelled-time" if is_own_clock else "start-differs"
        self.problems.add(problem, event.at("date"), read)
        return instant

    def _believes_clock(self, stamp: datetime, *, is_own_clock: bool) -> bool:
        """A file without a zone that calls its clock times UTC, or shifts its dates, was made by
        somebody who did not know where the venue is. One whose offsets fit its own clock was made
        elsewhere than the conference is.
        """
        if self.believe_clock is not None:
            return self.believe_clock
        return not self.names_zone and not (is_own_clock and stamp.utcoffset())

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
            if stamp.tzinfo is None:
                return self._local(event, stamp)
            # Whoever mislabels the start mislabels the end.
            return stamp.astimezone(UTC) + _shift(event, starts_at)
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


def _nearest(local: datetime, clock: timedelta) -> datetime:
    """The clock time next to an instant at the venue, whichever day that is on."""
    wall = local.replace(tzinfo=None)
    first = _midnight(wall.date()) + clock % _one_day
    days = (first - _one_day, first, first + _one_day)
    return min(days, key=lambda day: abs(day - wall))


def _shift(event: RawEvent, starts_at: datetime) -> timedelta:
    """How far from its own date the talk was put, because its clock time was believed."""
    stamp = read_stamp(event.words.get("date", ""))
    return starts_at - stamp if stamp and stamp.tzinfo else timedelta()


def _same_clock(at: datetime, clock: timedelta) -> bool:
    minutes = int(clock.total_seconds()) // 60
    return at.hour * 60 + at.minute == minutes % (24 * 60)
