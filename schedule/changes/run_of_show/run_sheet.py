"""The programme as plain rows, read in a fixed number of queries: what acts are planned on and
warnings are found in.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple, Self

from django.db import models

from schedule.models import Conference, Room, Speaker, Talk


class SheetTalk(NamedTuple):
    """One talk where and when it lies. Rooms and speakers are primary keys; `pk` 0: not yet made."""

    pk: int
    code: str
    title: str
    kind: str
    delivery: str
    starts_at: datetime
    ends_at: datetime
    planned_starts_at: datetime | None
    room: int | None
    is_canceled: bool
    sequence: int
    also_in: frozenset[int] = frozenset()
    speakers: frozenset[int] = frozenset()

    @property
    def rooms(self) -> frozenset[int]:
        return self.also_in if self.room is None else self.also_in | {self.room}

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def is_break(self) -> bool:
        return self.kind == Talk.Kind.BREAK

    @property
    def late_by(self) -> timedelta:
        """Behind its first published start; negative: before it."""
        return self.starts_at - (self.planned_starts_at or self.starts_at)

    def common(self, other: "SheetTalk") -> timedelta:
        """For how long both are on."""
        span = min(self.ends_at, other.ends_at) - max(self.starts_at, other.starts_at)
        return max(span, timedelta())

    def moved_by(self, delay: timedelta) -> "SheetTalk":
        return self._replace(starts_at=self.starts_at + delay, ends_at=self.ends_at + delay)


FIELDS = tuple(field for field in SheetTalk._fields if field not in ("also_in", "speakers"))


@dataclass(frozen=True)
class RunSheet:
    """Talks that are not hidden, in order of their start. Canceled ones are among them; what goes on
    all day is not, for it is in nobody's way and is never late.
    """

    conference: Conference
    talks: tuple[SheetTalk, ...]
    rooms: Mapping[int, Room]
    speakers: Mapping[int, str]

    @classmethod
    def read(cls, conference: Conference) -> Self:
        talks = Talk.objects.filter(conference=conference, is_all_day=False).shown()
        also_in = _linked(Talk.also_in.through, "room_id", conference)
        by = _linked(Talk.speakers.through, "speaker_id", conference)
        rows = talks.order_by("starts_at", "pk").values_list(*FIELDS)
        people = Speaker.objects.filter(conference=conference)
        return cls(
            conference,
            tuple([SheetTalk._make((*row, also_in[row[0]], by[row[0]])) for row in rows]),
            {room.pk: room for room in Room.objects.filter(conference=conference)},
            dict(people.values_list("pk", "name")),
        )

    @cached_property
    def by_code(self) -> dict[str, SheetTalk]:
        return {talk.code: talk for talk in self.talks}

    @cached_property
    def taking_place(self) -> tuple[SheetTalk, ...]:
        return tuple([talk for talk in self.talks if not talk.is_canceled])

    def day_of(self, talk: SheetTalk) -> date:
        return self.conference.day_of(talk.starts_at)

    def rest_of_room(self, room: int, after: SheetTalk) -> list[SheetTalk]:
        """What takes place there later that day; breaks without a room are everywhere."""
        day, since = self.day_of(after), (after.starts_at, after.pk)
        return [
            talk
            for talk in self.taking_place
            if (talk.starts_at, talk.pk) > since
            and (room in talk.rooms or (talk.is_break and not talk.rooms))
            and self.day_of(talk) == day
        ]

    def with_changed(self, changed: Iterable[SheetTalk]) -> Self:
        rows = {talk.pk: talk for talk in self.talks} | {talk.pk: talk for talk in changed}
        in_order = sorted(rows.values(), key=attrgetter("starts_at", "pk"))
        return replace(self, talks=tuple(in_order))


def _linked(
    through: type[models.Model], target: str, conference: Conference
) -> defaultdict[int, frozenset[int]]:
    links: defaultdict[int, frozenset[int]] = defaultdict(frozenset)
    pairs = through._default_manager.filter(talk__conference=conference).values_list(
        "talk_id", target
    )
    for talk_id, linked in pairs:
        links[talk_id] |= {linked}
    return links
