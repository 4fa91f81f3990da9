"""How many watched a room in the last hour, and how many lost the stream, minute by minute."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from schedule.models import Room
from streaming.models import RoomMinute

CHART_MINUTES = 60
CHART_HEIGHT = 40
# So that failures are seen beside many viewers.
LEAST_HEIGHT = 8
# Failures count in minutes of the clock, and the newest has only begun.
RECENT_MINUTES = 2


class Chart(NamedTuple):
    """The last hour, a column for each minute, oldest first. The paths are of an SVG that is as
    many units wide as there are minutes.
    """

    minutes: tuple[RoomMinute, ...]

    @property
    def most(self) -> int:
        return max(minute.viewers for minute in self.minutes)

    @property
    def failures(self) -> int:
        return sum(minute.failures for minute in self.minutes)

    @property
    def recent_failures(self) -> int:
        return sum(minute.failures for minute in self.minutes[-RECENT_MINUTES:])

    @property
    def viewers_path(self) -> str:
        return self._path(minute.viewers for minute in self.minutes)

    @property
    def failures_path(self) -> str:
        return self._path((minute.failures for minute in self.minutes), least=LEAST_HEIGHT)

    def _path(self, numbers: Iterable[int], least: int = 0) -> str:
        top = max(1, *(max(minute.viewers, minute.failures) for minute in self.minutes))
        heights = [
            max(round(number / top * CHART_HEIGHT, 1), least) if number else 0 for number in numbers
        ]
        return "".join(
            f"M{x} {CHART_HEIGHT}v-{height}h.8v{height}z"
            for x, height in enumerate(heights)
            if height
        )

    @property
    def rows(self) -> list[RoomMinute]:
        """The minutes in which there was anything, newest first."""
        return [minute for minute in reversed(self.minutes) if minute.viewers or minute.failures]


def charts_of(rooms: list[Room], at: datetime) -> dict[int, Chart]:
    """The charts by the room's primary key."""
    last = at.replace(second=0, microsecond=0)
    minutes = [last - timedelta(minutes=ago) for ago in reversed(range(CHART_MINUTES))]
    rows = RoomMinute.objects.filter(room__in=rooms, began_at__gte=minutes[0])
    known = {(row.room_id, row.began_at): row for row in rows}
    nobody = [RoomMinute(began_at=minute) for minute in minutes]
    return {
        room.pk: Chart(tuple(known.get((room.pk, each.began_at), each) for each in nobody))
        for room in rooms
    }
