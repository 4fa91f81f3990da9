"""A day as a grid: a column per room, a row per distinct time. The page stays one list in order of
time; a wide screen places its cards by these numbers (static/css/grid.css), a phone ignores them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from schedule.models import Room, Talk

# What static/css/grid.css has classes for. A larger day stays a list.
MAX_ROWS = 200
MAX_COLUMNS = 90
MAX_WIDTH = 12

# Whether it is no room, position, name, primary key.
type Place = tuple[bool, int, str, int]


@dataclass(frozen=True)
class GridCard:
    """`row` and `column` count from 1; `rows` is how many rows it spans."""

    talk: Talk
    row: int
    rows: int
    column: int


@dataclass(frozen=True)
class GridCell:
    """The talks that begin at one time."""

    starts_at: datetime
    row: int
    cards: list[GridCard]


@dataclass(frozen=True)
class ColumnHead:
    """`room` None: what takes place in no room. Wider than one column where talks overlap."""

    room: Room | None
    column: int
    columns: int


@dataclass(frozen=True)
class GridNow:
    """In which row a moment lies, from when to when that row goes, and the row of the slot that
    comes next; None: the last talks are on.
    """

    row: int
    starts_at: datetime
    ends_at: datetime
    ahead: int | None


@dataclass(frozen=True)
class Grid:
    heads: list[ColumnHead]
    slots: list[GridCell]
    # Each distinct start and end, in order: the upper edges of the rows.
    times: list[datetime]

    @classmethod
    def of(cls, talks: Iterable[Talk]) -> "Grid":
        """`talks` with rooms loaded."""
        listed = sorted(talks, key=lambda talk: (talk.starts_at, _place(talk)))
        times = sorted({time for talk in listed for time in (talk.starts_at, talk.ends_at)})
        rows = {time: index for index, time in enumerate(times, start=1)}
        # A talk without length needs a row too.
        spans = {
            talk.pk: (rows[talk.starts_at], max(rows[talk.ends_at], rows[talk.starts_at] + 1))
            for talk in listed
        }
        heads, columns = _columns(listed, spans)
        cards = [
            GridCard(talk, row, end - row, columns[talk.pk])
            for talk in listed
            for row, end in [spans[talk.pk]]
        ]
        slots = [
            GridCell(starts_at, rows[starts_at], list(together))
            for starts_at, together in groupby(cards, key=lambda card: card.talk.starts_at)
        ]
        return cls(heads, slots, times)

    @property
    def width(self) -> int:
        """The number of columns."""
        return sum(head.columns for head in self.heads)

    @property
    def fits(self) -> bool:
        return (
            0 < len(self.times) <= MAX_ROWS
            and self.width <= MAX_COLUMNS
            and all(head.columns <= MAX_WIDTH for head in self.heads)
        )

    def now(self, at: datetime) -> GridNow | None:
        """None: before the first talk of the day or after the last."""
        row = bisect_right(self.times, at)
        if not 0 < row < len(self.times):
            return None
        ahead = next((slot.row for slot in self.slots if slot.starts_at > at), None)
        return GridNow(row, self.times[row - 1], self.times[row], ahead)


def _place(talk: Talk) -> Place:
    """Rooms in their order, then what takes place in none."""
    room = talk.room
    return (False, room.position, room.name, room.pk) if room else (True, 0, "", 0)


def _columns(
    talks: list[Talk], spans: dict[int, tuple[int, int]]
) -> tuple[list[ColumnHead], dict[int, int]]:
    """A room gets as many columns as it has talks at once, so that no card covers another."""
    places: dict[Place, list[Talk]] = defaultdict(list)
    for talk in talks:
        places[_place(talk)].append(talk)
    heads: list[ColumnHead] = []
    columns: dict[int, int] = {}
    first = 1
    for place in sorted(places):
        # The row in which each column of the room is free again.
        free: list[int] = []
        for talk in places[place]:
            row, end = spans[talk.pk]
            lane = next((lane for lane, until in enumerate(free) if until <= row), len(free))
            free[lane : lane + 1] = [end]
            columns[talk.pk] = first + lane
        heads.append(ColumnHead(places[place][0].room, first, len(free)))
        first += len(free)
    return heads, columns
