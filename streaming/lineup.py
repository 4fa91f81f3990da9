"""Which stream a room shows at a moment. Read once per number of the stage, then from memory."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schedule.models import Conference
from streaming.models import Stream
from streaming.revisions import stage_revisions


@dataclass(frozen=True, eq=False)  # one object for each number of the stage
class Lineup:
    # Slug of the room → its streams, the first choice first.
    rooms: dict[str, tuple[Stream, ...]]

    def on_at(self, room: str, at: datetime) -> list[Stream]:
        """The streams whose span covers the moment: the first plays, the others stand by."""
        return [stream for stream in self.rooms.get(room, ()) if stream.covers(at)]


def lineup(conference: Conference) -> Lineup:
    return _read(conference.pk, stage_revisions().get(conference.pk, 0))


@lru_cache(maxsize=16)
def _read(conference_id: int, revision: int) -> Lineup:
    rooms: dict[str, list[Stream]] = defaultdict(list)
    streams = Stream.objects.filter(room__conference=conference_id).in_order()
    for stream in streams.select_related("room"):
        rooms[stream.room.slug].append(stream)
    return Lineup({slug: tuple(streams) for slug, streams in rooms.items()})
