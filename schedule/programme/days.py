"""Talks under the days on which somebody reads them."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from schedule.models import Conference, Talk


def by_day(
    talks: Iterable[Talk], conference: Conference, zone: ZoneInfo
) -> list[tuple[date, list[Talk]]]:
    """In the order of the days, and of the talks on each of them."""

    def day_of(talk: Talk) -> date:
        return talk.day(conference, zone)

    # What goes on all day is on the venue's day, which may lie between two of the reader's.
    return [(day, list(group)) for day, group in groupby(sorted(talks, key=day_of), key=day_of)]
