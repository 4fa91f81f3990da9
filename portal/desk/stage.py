"""What the desk shows of the rooms' pictures: what plays, how well, and for how many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.models import Conference, Room
from schedule.programme.state import State, state_of
from schedule.programme.timeline import timeline_of
from schedule.site.rights import DeskRights
from streaming.models import RoomMinute, Stream, StreamHealth, Switch
from streaming.sources import SOURCES
from streaming.watching.room_streams import RoomStreams, on_stage, room_streams_of
from tickets.admission.watching import viewers

# The timer comes every 20 s; what is older says nothing of now.
FRESH = timedelta(seconds=90)
CHART_MINUTES = 60
CHART_HEIGHT = 40
# So that failures are seen beside many viewers.
LEAST_HEIGHT = 8
# Failures count in minutes of the clock, and the newest has only begun.
RECENT_MINUTES = 2
# From so many players on, and so large a part of those that watch, it is not their connection.
MANY_FAILURES, LARGE_PART = 8, 0.02


class Health(StrEnum):
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class ShownStream(NamedTuple):
    stream: Stream
    label: str
    shield: str
    health: Health
    words: str


class Minute(NamedTuple):
    began_at: datetime
    viewers: int
    failures: int


class Chart(NamedTuple):
    """The last hour, a column for each minute, oldest first. The paths are of an SVG that is as
    many units wide as there are minutes.
    """

    minutes: tuple[Minute, ...]

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
    def rows(self) -> list[Minute]:
        """As numbers, newest first: the minutes in which there was anything."""
        return [minute for minute in reversed(self.minutes) if minute.viewers or minute.failures]


@dataclass(frozen=True)
class StageCard:
    """`viewers` None: nobody can say. `others`: what everybody may be switched to."""

    room: Room
    is_on: bool
    switch: Switch | None
    plays: ShownStream | None
    stands_by: tuple[ShownStream, ...]
    others: tuple[ShownStream, ...]
    viewers: int | None
    chart: Chart

    @property
    def backup(self) -> ShownStream | None:
        """What one press switches to."""
        return self.stands_by[0] if self.stands_by else None

    @property
    def alarm(self) -> str:
        """What is wrong, or nothing."""
        lost = self.chart.recent_failures
        if lost >= max(MANY_FAILURES, LARGE_PART * (self.viewers or 0)):
            return ngettext(
                "%(count)s player lost the stream in the last two minutes.",
                "%(count)s players lost the stream in the last two minutes.",
                lost,
            ) % {"count": lost}
        if self.is_on and self.plays and self.plays.health == Health.BAD:
            return self.plays.words
        return ""


def stage_context(conference: Conference, revision: int, reach: DeskRights) -> dict[str, Any]:
    at = timezone.now()
    rooms = [room for room in conference.rooms.all() if reach.covers(room.pk)]
    return {
        "stages": stage_cards(conference, revision, rooms, at),
        "announcements": conference.announcements.current_at(at).select_related("room"),
        "reach": reach,
    }


def stage_cards(
    conference: Conference, revision: int, rooms: list[Room], at: datetime
) -> list[StageCard]:
    programme, streams = timeline_of(conference, revision), room_streams_of(conference)
    numbers = viewers(conference.pk, [room.slug for room in rooms])
    healths = StreamHealth.objects.filter(stream__room__in=rooms).in_bulk()
    charts = _charts(rooms, at)
    cards = []
    for room in rooms:
        here = programme.room(room.slug)
        if here is None:  # made a moment ago
            continue
        played = on_stage(streams, here, at).played
        # Behind a slate everything stands by.
        standing = played[1:] or on_stage(RoomStreams(streams.rooms), here, at).played
        known = [each for each in streams.rooms.get(room.slug, ()) if not each.is_test]
        card = StageCard(
            room=room,
            is_on=state_of(here, conference, at) == State.LIVE,
            switch=streams.switches.get(room.slug),
            plays=_shown(played[0], healths, at) if played else None,
            stands_by=tuple(
                _shown(each, healths, at) for each in standing if each not in played[:1]
            ),
            others=tuple(_shown(each, healths, at) for each in known if each not in played[:1]),
            viewers=numbers.get(room.slug),
            chart=charts[room.pk],
        )
        cards.append(card)
    return cards


def _shown(stream: Stream, healths: Mapping[int, StreamHealth], at: datetime) -> ShownStream:
    source, health = SOURCES.get(stream.kind), healths.get(stream.pk)
    shield = str(source.shield) if source else ""
    label = _label(stream)
    if health is None or at - health.probed_at > FRESH:
        return ShownStream(stream, label, shield, Health.UNKNOWN, _("not looked at"))
    if not health.is_playing:
        return ShownStream(stream, label, shield, Health.BAD, health.problem)
    seen = date_format(timezone.localtime(health.probed_at), "H:i:s")
    return ShownStream(
        stream, label, shield, Health.GOOD, _("plays, seen %(time)s") % {"time": seen}
    )


def _label(stream: Stream) -> str:
    if stream.talk:
        return f"{stream}: {stream.talk}"
    bounds = [
        date_format(timezone.localtime(bound), "H:i") if bound else ""
        for bound in (stream.starts_at, stream.ends_at)
    ]
    return f"{stream} {'–'.join(bounds)}" if any(bounds) else str(stream)


def _charts(rooms: list[Room], at: datetime) -> dict[int, Chart]:
    last = at.replace(second=0, microsecond=0)
    minutes = [last - timedelta(minutes=ago) for ago in reversed(range(CHART_MINUTES))]
    rows = RoomMinute.objects.filter(room__in=rooms, began_at__gte=minutes[0])
    known = {(row.room_id, row.began_at): row for row in rows}

    def minute(room: Room, began_at: datetime) -> Minute:
        row = known.get((room.pk, began_at))
        return Minute(began_at, row.viewers, row.failures) if row else Minute(began_at, 0, 0)

    return {room.pk: Chart(tuple(minute(room, each) for each in minutes)) for room in rooms}
