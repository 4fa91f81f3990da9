"""The talks that somebody starred, by day, with what takes place at the same time."""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from schedule.models import Conference, Talk


@dataclass(frozen=True)
class AgendaEntry:
    """`clashes`: starred talks that take place at the same time, at least in part."""

    talk: Talk
    clashes: list[Talk]


@dataclass(frozen=True)
class AgendaDay:
    day: date
    entries: list[AgendaEntry]


def agenda(
    talks: Iterable[Talk], conference: Conference, zone: zoneinfo.ZoneInfo
) -> list[AgendaDay]:
    listed = sorted(talks, key=lambda talk: (talk.starts_at, talk.ends_at, talk.pk))
    clashes = clashes_of(listed)
    days = groupby(listed, key=lambda talk: conference.day_of(talk.starts_at, zone))
    return [
        AgendaDay(day, [AgendaEntry(talk, clashes[talk.pk]) for talk in group])
        for day, group in days
    ]


def clashes_of(talks: list[Talk]) -> dict[int, list[Talk]]:
    """By primary key. `talks` in order of their start. Canceled talks are in nobody's way."""
    clashes: dict[int, list[Talk]] = {talk.pk: [] for talk in talks}
    running: list[Talk] = []
    for talk in talks:
        if talk.is_canceled:
            continue
        running = [other for other in running if other.ends_at > talk.starts_at]
        for other in running:
            clashes[other.pk].append(talk)
            clashes[talk.pk].append(other)
        running.append(talk)
    return clashes
