"""What goes on all day begins and ends as the days of a conference do, at an hour of the venue's clock.
The first day is no exception here: the item of the day before it would reach into it.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def whole_days(first: date, last: date, zone: tzinfo, hour: int) -> tuple[datetime, datetime]:
    """When something that goes on from the first to the last of these days begins and ends. A clock
    that skips the hour shows the next one.
    """
    start, end = (
        datetime.combine(day, time(hour), zone).astimezone(UTC)
        for day in (first, last + timedelta(days=1))
    )
    return start, end


def days_between(starts_at: datetime, ends_at: datetime, zone: tzinfo, hour: int) -> list[date]:
    """The other way round, and of any two times that somebody typed: from the date of the start on.
    What ends at the hour at which days begin, or earlier, does not reach into that day.
    """
    first = starts_at.astimezone(zone).date()
    end = (ends_at - timedelta(microseconds=1)).astimezone(zone)
    last = max(first, (end - timedelta(hours=hour)).date())
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]
