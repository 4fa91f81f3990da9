"""What a room shows at a moment. Read once per number of the stage, then from memory."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from lib.cached import once_per_revision
from schedule.models import Conference, Talk
from schedule.programme.timeline import RoomTimeline, TimelineTalk
from streaming.models import Stream, Switch
from streaming.models.revisions import stage_revisions
from streaming.models.streams import opaque_tag
from streaming.sources import SOURCES


def begins_at(stream: Stream, live: TimelineTalk | None) -> datetime | None:
    """When the stream's first second is or was seen, if `live` is what is on in the room. None: it
    is not played in step, which only our own player can do.

    Pre-recorded talks play as if they were live: at one moment everybody sees the same second. A
    stream of such a talk runs from the talk's actual start, so whatever moves the talk moves it as
    well; the page follows (static/js/in_step.js). When it is over, the room's own streams follow.
    """
    if live is None or live.delivery != Talk.Delivery.PRE_RECORDED:
        return None
    if stream.talk is None or stream.talk.code != live.code:
        return None
    source = SOURCES.get(stream.kind)
    return live.starts_at if source and source.player == "video" else None


@dataclass(frozen=True, slots=True)
class StreamsNow:
    """`played`: the first plays, the others stand by. `choices`: what a viewer may take instead.
    `slate`: words in the place of any picture. `live`: the talk that is on.
    """

    played: tuple[Stream, ...] = ()
    choices: tuple[Stream, ...] = ()
    slate: str = ""
    live: TimelineTalk | None = None

    @property
    def tag(self) -> str | None:
        """Names what plays in public, changes with it, and says nothing of where it is. None:
        nothing plays.
        """
        if self.slate:
            return opaque_tag("slate", self.slate)
        if not self.played:
            return None
        first = self.played[0]
        begins = begins_at(first, self.live)
        return opaque_tag("step", f"{first.tag} {begins.timestamp()}") if begins else first.tag


@dataclass(frozen=True, eq=False)  # one object for each number of the stage
class RoomStreams:
    # Slug of the room → its streams, in order.
    rooms: dict[str, tuple[Stream, ...]]
    switches: dict[str, Switch] = field(default_factory=dict)

    def on_at(
        self, room: str, at: datetime, talk: str | None = None, *, with_tests: bool = False
    ) -> StreamsNow:
        """`talk` is the code of the one that is on, or None."""
        switch = self.switches.get(room)
        if switch and switch.slate:
            return StreamsNow(slate=switch.slate)
        fitting = [
            stream
            for stream in self.rooms.get(room, ())
            if stream.covers(at)
            and (stream.talk is None or stream.talk.code == talk)
            and (with_tests or not stream.is_test)
        ]
        played = _own_first([stream for stream in fitting if stream.role in Stream.PLAYED])
        if switch and switch.stream:
            chosen = switch.stream
            played = [chosen, *(stream for stream in played if stream.pk != chosen.pk)]
        choices = tuple(stream for stream in fitting if stream not in played)
        return StreamsNow(tuple(played), choices)


def _own_first(played: list[Stream]) -> list[Stream]:
    """When a talk has a primary of its own, its backup too comes before the streams of the room."""
    if any(stream.talk_id and stream.role == Stream.Role.PRIMARY for stream in played):
        played.sort(key=lambda stream: stream.talk_id is None)
    return played


def on_stage(streams: RoomStreams, room: RoomTimeline, at: datetime) -> StreamsNow:
    """What everybody sees there."""
    live = room.live_at(at)
    on = streams.on_at(room.slug, at, live.code if live else None)
    return StreamsNow(on.played, on.choices, on.slate, live)


def room_streams_of(conference: Conference) -> RoomStreams:
    return _read(conference.pk, stage_revisions().get(conference.pk, 0))


@once_per_revision
def _read(conference_id: int, revision: int) -> RoomStreams:
    rooms: dict[str, list[Stream]] = defaultdict(list)
    streams = Stream.objects.filter(room__conference=conference_id).in_order()
    for stream in streams.select_related("room", "account__conference", "talk"):
        rooms[stream.room.slug].append(stream)
    switches = Switch.objects.filter(room__conference=conference_id)
    related = ("room", "stream__account", "stream__talk", "stream__room")
    return RoomStreams(
        {slug: tuple(streams) for slug, streams in rooms.items()},
        {switch.room.slug: switch for switch in switches.select_related(*related)},
    )
