"""A day as a grid: a column per room, a row per distinct time. The page stays one list in order of
time; a wide screen places its cards by these numbers, a phone ignores them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schedule.models import Room, Talk


@dataclass(frozen=True)
class Card:
    """`row` and `column` count from 1, `rows` how many rows it spans."""

    talk: Talk
    row: int
    rows: int
    column: int


@dataclass(frozen=True)
class Grid:
    rooms: list[Room]
    # The label of each row, in order.
    times: list[datetime]
    cards: list[Card]

    @classmethod
    def of(cls, talks: Iterable[Talk]) -> "Grid":
        """`talks` in order of time, with rooms loaded. Those without a room get column 0."""
        listed = list(talks)
        rooms = sorted(
            {talk.room for talk in listed if talk.room},
            key=lambda room: (room.position, room.name),
        )
        columns = {room.pk: index for index, room in enumerate(rooms, start=1)}
        edges = sorted({edge for talk in listed for edge in (talk.starts_at, talk.ends_at)})
        rows = {edge: index for index, edge in enumerate(edges, start=1)}
        cards = [
            Card(
                talk=talk,
                row=rows[talk.starts_at],
                rows=max(1, rows[talk.ends_at] - rows[talk.starts_at]),
                column=columns.get(talk.room_id or 0, 0),
            )
            for talk in listed
        ]
        return cls(rooms, edges, cards)
