"""A round of probes: is every stream that should play now playing? And how many watch?"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from schedule.models import Conference, Room
from schedule.programme.timeline import SOON, timeline_now
from streaming.models import RoomMinute, Stream, StreamHealth
from streaming.probes.probe import probe
from streaming.sources.base import Probe
from streaming.watching.room_streams import RoomStreams, room_streams_of
from tickets.admission.watching import viewers

# At the same time; each takes 8 s at most (streaming/probes/fetch.py), so a round of 64 takes 16.
PROBES = 32


class CheckedStream(NamedTuple):
    """`is_due`: it should be playing; else somebody only wants to know (a test, a talk to come)."""

    stream: Stream
    is_due: bool
    health: StreamHealth


def check_streams(conferences: Iterable[Conference], at: datetime) -> list[CheckedStream]:
    """Looks at all streams at the same time, and writes down what it saw."""
    due = {pk: is_due for each in conferences for pk, is_due in _wanted(each, at)}
    rows = Stream.objects.filter(pk__in=due).order_by("room__conference", "room__position", "pk")
    # All that a probe reads is read here: its thread shall not ask the database.
    streams = list(rows.select_related("room__conference", "account__conference", "talk", "health"))
    with ThreadPoolExecutor(PROBES) as threads:
        probes = list(threads.map(lambda stream: probe(stream, at), streams))
    healths = [_health(*each, at) for each in zip(streams, probes, strict=True)]
    StreamHealth.objects.bulk_create(
        healths,
        update_conflicts=True,
        unique_fields=["stream"],
        update_fields=["probed_at", "is_playing", "problem", "mark", "moved_at"],
    )
    return [CheckedStream(each.stream, due[each.stream_id], each) for each in healths]


def _wanted(conference: Conference, at: datetime) -> Iterator[tuple[int, bool]]:
    """The streams to look at, and whether each is due. A slate or a switch changes nothing: whoever
    has put it up wants to know when the stream is well again.
    """
    streams = room_streams_of(conference)
    planned = RoomStreams(streams.rooms)
    for room in timeline_now(conference).rooms:
        live = room.live_at(at)
        is_on = live is not None and live.is_streamed
        on = planned.on_at(room.slug, at, live.code if live else None, with_tests=True)
        switch = streams.switches.get(room.slug)
        switched = [switch.stream] if switch and switch.stream else []
        is_soon = any(item.starts_at - at <= SOON for item in room.next_after(at, 1))
        for stream in (*switched, *on.played, *on.choices):
            if live or stream.is_test or is_soon:
                yield stream.pk, is_on and not stream.is_test


def _health(stream: Stream, seen: Probe, at: datetime) -> StreamHealth:
    before = stream.last_health
    has_moved = seen.mark and (before is None or before.mark != seen.mark)
    return StreamHealth(
        stream=stream,
        probed_at=at,
        is_playing=seen.is_playing,
        problem=seen.problem,
        # What could not be read has not moved.
        mark=seen.mark or (before.mark if before else ""),
        moved_at=at if has_moved else before.moved_at if before else None,
    )


def count_viewers(conferences: Iterable[Conference], at: datetime) -> dict[Room, int]:
    """Keeps how many watch in this minute. Nothing where this process cannot know: where Redis is
    away, or where only the process of the pages counts.
    """
    counted: dict[Room, int] = {}
    for conference in conferences:
        rooms = {room.slug: room for room in conference.rooms.all()}
        numbers = viewers(conference.pk, list(rooms))
        counted |= {rooms[slug]: number for slug, number in numbers.items() if number}
    for room, number in counted.items():
        RoomMinute.objects.count_viewers(room.pk, at, number)
    return counted
