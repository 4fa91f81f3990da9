"""What the desk shows: rooms at a moment, lines of a proposal, what was done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from schedule.changes.run_of_show.proposal import Proposal
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.changes.warnings import ProgrammeWarning, WarningKind, minutes
from schedule.models import Change, Room
from schedule.programme.state import State, room_now
from schedule.programme.timeline import RoomTimeline, TimelineTalk
from schedule.site.rights import DeskRights
from streaming.watching.room_streams import RoomStreams

LAST_CHANGES = 10
# Who presses "+10" so soon after a start means that it has not begun.
JUST_BEGUN = timedelta(minutes=10)


@dataclass(frozen=True)
class RoomCard:
    """`late`: minutes behind the published time. `shifts_from`: where "+10 min" begins."""

    room: Room
    state: State
    live: SheetTalk | None
    next: SheetTalk | None
    late: int
    shifts_from: SheetTalk | None
    rest: tuple[SheetTalk, ...]


def room_card(sheet: RunSheet, room: Room, at: datetime) -> RoomCard:
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
    )


def _shifts_from(coming: list[SheetTalk], room: Room, at: datetime) -> SheetTalk | None:
    """Where "+10 min" begins unless somebody chooses: with what follows a talk that has begun, but
    not beyond a break.
    """
    movable = [talk for talk in coming if not talk.is_break and talk.room == room.pk]
    if not movable:
        return None
    first = movable[0]
    has_neighbour = movable[:2] == coming[:2] and len(movable) > 1
    has_begun = at - first.starts_at > JUST_BEGUN
    return movable[1] if has_neighbour and has_begun else first


def room_cards(sheet: RunSheet, reach: DeskRights, at: datetime) -> list[RoomCard]:
    rooms = sorted(sheet.rooms.values(), key=lambda room: (room.position, room.name, room.pk))
    return [room_card(sheet, room, at) for room in rooms if reach.covers(room.pk)]


class ShownLine(NamedTuple):
    old: SheetTalk | None
    new: SheetTalk
    old_room: Room | None
    new_room: Room | None
    is_moved: bool
    has_new_room: bool


def shown_lines(proposal: Proposal) -> list[ShownLine]:
    rooms = proposal.sheet.rooms
    return [
        ShownLine(
            old,
            new,
            rooms.get(old.room or 0) if old else None,
            rooms.get(new.room or 0),
            bool(old and (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at)),
            bool(old and old.room != new.room),
        )
        for old, new in proposal.lines
    ]


def without_stream(
    sheet: RunSheet, streams: RoomStreams, at: datetime
) -> Iterator[ProgrammeWarning]:
    """Talks to come that are to be watched, in rooms that then show nothing: one trouble for each
    run of them.
    """
    for room in sheet.rooms.values():
        coming = [
            talk
            for talk in sheet.taking_place
            if talk.room == room.pk
            and talk.ends_at > at
            and not talk.is_break
            and talk.delivery != "on_site"
        ]
        for has_stream, run in groupby(
            coming,
            key=lambda talk: streams.on_at(room.slug, talk.starts_at, talk.code).tag is not None,
        ):
            if not has_stream:
                talks = tuple(run)
                ends = talks[:1] if len(talks) == 1 else (talks[0], talks[-1])
                yield ProgrammeWarning(WarningKind.NO_STREAM, ends, room=room.pk)


def to_come(found: Iterable[ProgrammeWarning], at: datetime) -> list[ProgrammeWarning]:
    """What can still be helped, soonest first."""
    coming = [trouble for trouble in found if max(t.ends_at for t in trouble.talks) > at]
    return sorted(coming, key=lambda trouble: trouble.talks[0].starts_at)


def last_changes(sheet: RunSheet, reach: DeskRights, user_id: int) -> list[Change]:
    """Helpers see, and undo, what they did themselves."""
    changes = Change.objects.filter(conference=sheet.conference)
    if not reach.is_organizer:
        changes = changes.filter(actor=user_id)
    return list(changes.newest_first().select_related("actor", "undone_by")[:LAST_CHANGES])
