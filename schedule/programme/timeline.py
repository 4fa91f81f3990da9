"""The programme as clocks need it: who is on in each room, what follows, what changes next.

Read from the database once per number of the programme, then answered from memory.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from lib.cached import once_per_revision
from schedule.models import Conference, Room, Talk
from schedule.site.conferences import directory
from schedule.site.request import ConferenceRequest

# How long before its start a talk is called to mind.
SOON = timedelta(minutes=15)


class TimelineTalk(NamedTuple):
    """One talk in one room."""

    code: str
    title: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    planned_starts_at: datetime | None
    delivery: str = Talk.Delivery.LIVE

    @property
    def is_streamed(self) -> bool:
        """Whether people who are not there are to see it."""
        return self.kind != Talk.Kind.BREAK and self.delivery != Talk.Delivery.ON_SITE


class RoomTimeline:
    """The talks that take place in one room, in order of their start."""

    def __init__(self, slug: str, name: str, items: Iterable[TimelineTalk]) -> None:
        self.slug = slug
        self.name = name
        self.items = tuple(sorted(items, key=attrgetter("starts_at", "code")))
        self._by_end = sorted(self.items, key=attrgetter("ends_at"))
        # Up to each item, when the last of them ends: tells when looking back is in vain.
        self._latest_ends = list(accumulate([item.ends_at for item in self.items], max))

    def live_at(self, at: datetime) -> TimelineTalk | None:
        """What is on. Of two that overlap, the one that began last."""
        index = bisect_right(self.items, at, key=attrgetter("starts_at")) - 1
        while index >= 0 and self._latest_ends[index] > at:
            if self.items[index].ends_at > at:
                return self.items[index]
            index -= 1
        return None

    def next_after(self, at: datetime, count: int) -> tuple[TimelineTalk, ...]:
        first = bisect_right(self.items, at, key=attrgetter("starts_at"))
        return self.items[first : first + count]

    def last_before(self, at: datetime) -> TimelineTalk | None:
        """What ended last."""
        index = bisect_right(self._by_end, at, key=attrgetter("ends_at")) - 1
        return self._by_end[index] if index >= 0 else None


@dataclass(frozen=True)
class Timeline:
    rooms: tuple[RoomTimeline, ...]
    # What goes on all day is in no room's way: it makes no room live and nobody late.
    all_day: tuple[TimelineTalk, ...]
    # Every instant at which what pages say of a talk changes, in order.
    edges: tuple[datetime, ...]

    def live_at(self, at: datetime) -> list[TimelineTalk]:
        """What is on, room by room. What takes place in several is there more than once."""
        return [live for room in self.rooms if (live := room.live_at(at))]

    def room(self, slug: str) -> RoomTimeline | None:
        return next((room for room in self.rooms if room.slug == slug), None)


def timeline_of(conference: Conference, revision: int) -> Timeline:
    return _read(conference.pk, revision)


def timeline_now(conference: Conference) -> Timeline:
    """Outside of a request, which knows the number of the programme."""
    return timeline_of(conference, directory().revisions.get(conference.pk, 0))


def cards_of(conference: Conference, items: Iterable[TimelineTalk | None]) -> dict[str, Talk]:
    """By their codes, with all that a card in a list shows."""
    codes = {item.code for item in items if item}
    talks = Talk.objects.filter(conference=conference, code__in=codes)
    return {talk.code: talk for talk in talks.with_cards()}


def next_edge(request: ConferenceRequest, at: datetime) -> datetime | None:
    """When the next talk begins, ends or is called to mind (see schedule.site.pages.EDGES)."""
    edges = timeline_of(request.conference, request.programme_revision).edges
    index = bisect_right(edges, at)
    return edges[index] if index < len(edges) else None


@once_per_revision
def _read(conference_id: int, revision: int) -> Timeline:
    rooms = list(Room.objects.filter(conference=conference_id).values_list("pk", "slug", "name"))
    items: dict[int, list[TimelineTalk]] = {pk: [] for pk, _slug, _name in rooms}
    talks = Talk.objects.filter(conference_id=conference_id).scheduled()
    fields = ("code", "title", "kind", "starts_at", "ends_at", "planned_starts_at", "delivery")
    own = talks.values_list("room_id", *fields)
    also = talks.filter(also_in__isnull=False).values_list("also_in", *fields)
    for room_id, *values in (*own, *also):
        items[room_id].append(TimelineTalk(*values))
    edges = {edge for room in items.values() for item in room for edge in _edges(item)}
    all_day = Talk.objects.filter(conference_id=conference_id).all_day().in_order()
    whole_days = [TimelineTalk(*values) for values in all_day.values_list(*fields)]
    edges |= {edge for item in whole_days for edge in (item.starts_at, item.ends_at)}
    return Timeline(
        tuple([RoomTimeline(slug, name, items[pk]) for pk, slug, name in rooms]),
        tuple(whole_days),
        tuple(sorted(edges)),
    )


def _edges(item: TimelineTalk) -> tuple[datetime, ...]:
    """Soon, late (its planned start passes), live, over."""
    planned = item.planned_starts_at or item.starts_at
    return item.starts_at - SOON, planned, item.starts_at, item.ends_at
