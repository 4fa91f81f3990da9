"""What the desk shows of a room: what is on and what follows, what plays, how well, and for how
many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.desk.chart import Chart, charts_of
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.changes.warnings import minutes
from schedule.models import Conference, Room
from schedule.programme.state import State, room_now, state_of
from schedule.programme.timeline import RoomTimeline, TimelineTalk, timeline_of
from schedule.site.rights import DeskRights
from streaming.models import Stream, StreamHealth, Switch
from streaming.sources import SOURCES
from streaming.watching.room_streams import RoomStreams, on_stage, room_streams_of
from tickets.admission.watching import viewers

# Who presses "+10" so soon after a start means that it has not begun.
JUST_BEGUN = timedelta(minutes=10)
# The timer comes every 20 s; what is older says nothing of now.
FRESH = timedelta(seconds=90)
# When so many devices fail, and so large a part of those that watch, the cause is not their
# connection.
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


@dataclass(frozen=True)
class StageCard:
    """`viewers` None: nobody can say. One press switches to the first that `stands_by`, others
    are what everybody may be switched to.
    """

    room: Room
    is_on: bool
    switch: Switch | None
    plays: ShownStream | None
    stands_by: tuple[ShownStream, ...]
    others: tuple[ShownStream, ...]
    viewers: int | None
    chart: Chart

    @property
    def alarm(self) -> str:
        """What is wrong, or nothing."""
        lost = self.chart.recent_failures
        if lost >= max(MANY_FAILURES, LARGE_PART * (self.viewers or 0)):
            return ngettext(
                "%(count)s device lost the stream in the last two minutes.",
                "%(count)s devices lost the stream in the last two minutes.",
                lost,
            ) % {"count": lost}
        if self.is_on and self.plays and self.plays.health == Health.BAD:
            return self.plays.words
        return ""


@dataclass(frozen=True)
class RoomCard:
    """`late`: minutes behind the published time. `shifts_from`: where "+10 min" begins. `stage`
    None: the room was made a moment ago.
    """

    room: Room
    state: State
    live: SheetTalk | None
    next: SheetTalk | None
    late: int
    shifts_from: SheetTalk | None
    rest: tuple[SheetTalk, ...]
    stage: StageCard | None


def room_cards(sheet: RunSheet, rights: DeskRights, revision: int, at: datetime) -> list[RoomCard]:
    in_order = sorted(sheet.rooms.values(), key=lambda room: (room.position, room.name, room.pk))
    rooms = [room for room in in_order if rights.covers(room.pk)]
    stages = {card.room.pk: card for card in stage_cards(sheet.conference, revision, rooms, at)}
    return [_room_card(sheet, room, stages.get(room.pk), at) for room in rooms]


def _room_card(sheet: RunSheet, room: Room, stage: StageCard | None, at: datetime) -> RoomCard:
    here = [talk for talk in sheet.taking_place if room.pk in talk.rooms]
    timeline = RoomTimeline(
        room.slug,
        room.name,
        (
            TimelineTalk(t.code, t.title, t.kind, t.starts_at, t.ends_at, t.planned_starts_at)
            for t in here
        ),
    )
    seen = room_now(timeline, sheet.conference, at)
    live = sheet.by_code[seen.live.code] if seen.live else None
    following = sheet.by_code[seen.next.code] if seen.next else None
    today = sheet.conference.day_of(at)
    if following and sheet.day_of(following) != today:
        following = None
    coming = [talk for talk in here if talk.ends_at > at and sheet.day_of(talk) == today]
    lateness = live.late_by if live else following.late_by if following else timedelta()
    return RoomCard(
        room,
        seen.state,
        live,
        following,
        max(0, minutes(lateness)),
        _shifts_from(coming, room, at),
        tuple(talk for talk in coming if talk.room == room.pk),
        stage,
    )


def _shifts_from(coming: list[SheetTalk], room: Room, at: datetime) -> SheetTalk | None:
    """The talk with which "+10 min" begins unless somebody chooses: the one that follows a talk
    that has begun, but not beyond a break.
    """
    movable = [talk for talk in coming if not talk.is_break and talk.room == room.pk]
    if not movable:
        return None
    first = movable[0]
    has_neighbour = movable[:2] == coming[:2] and len(movable) > 1
    has_begun = at - first.starts_at > JUST_BEGUN
    return movable[1] if has_neighbour and has_begun else first


def stage_cards(
    conference: Conference, revision: int, rooms: list[Room], at: datetime
) -> list[StageCard]:
    programme, streams = timeline_of(conference, revision), room_streams_of(conference)
    numbers = viewers(conference.pk, [room.slug for room in rooms])
    healths = StreamHealth.objects.filter(stream__room__in=rooms).in_bulk()
    charts = charts_of(rooms, at)
    cards = []
    for room in rooms:
        here = programme.room(room.slug)
        if here is None:  # made a moment ago
            continue
        played = on_stage(streams, here, at).played
        # While a slate is shown, everything stands by.
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
    if health is None or at - health.probed_at > FRESH:
        state, words = Health.UNKNOWN, _("not looked at")
    elif not health.is_playing:
        state, words = Health.BAD, health.problem
    else:
        seen = date_format(timezone.localtime(health.probed_at), "H:i:s")
        state, words = Health.GOOD, _("plays, seen %(time)s") % {"time": seen}
    return ShownStream(stream, _label(stream), str(source.shield) if source else "", state, words)


def _label(stream: Stream) -> str:
    if stream.talk:
        return f"{stream}: {stream.talk}"
    bounds = [
        date_format(timezone.localtime(bound), "H:i") if bound else ""
        for bound in (stream.starts_at, stream.ends_at)
    ]
    return f"{stream} {'–'.join(bounds)}" if any(bounds) else str(stream)
