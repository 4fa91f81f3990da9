"""The state of a room at a moment: a pure function of the programme and the time.

`static/js/state.js` says the same for open pages; both are tested against the same cases
(schedule/programme/tests/state_cases.json).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from schedule.models import Conference, Talk
from schedule.programme.timeline import SOON, RoomTimeline, TimelineTalk


class State(StrEnum):
    IDLE = "idle"
    SOON = "soon"
    LIVE = "live"
    LATE = "late"
    BREAK = "break"
    ENDED = "ended"


def state_of(room: RoomTimeline, conference: Conference, at: datetime) -> State:
    """idle: nothing before or for long. late: what should be on has been moved to later.

    break: a break of the programme, or the time between two talks of one day. ended: the day's
    last talk is over.
    """
    live = room.live_at(at)
    if live is not None:
        return State.BREAK if live.kind == Talk.Kind.BREAK else State.LIVE
    today = conference.day_of(at)
    upcoming = next(iter(room.next_after(at, 1)), None)
    before = room.last_before(at)
    had_some_today = before is not None and conference.day_of(before.starts_at) == today
    if upcoming is None or conference.day_of(upcoming.starts_at) != today:
        return State.ENDED if had_some_today else State.IDLE
    if upcoming.planned_starts_at is not None and upcoming.planned_starts_at <= at:
        return State.LATE
    if upcoming.starts_at - at <= SOON:
        return State.SOON
    return State.BREAK if had_some_today else State.IDLE


class RoomNow(NamedTuple):
    """A room at a moment, as lists of rooms show it. is_quiet: nothing on and no more today."""

    room: RoomTimeline
    state: State
    live: TimelineTalk | None
    next: TimelineTalk | None
    is_quiet: bool


def room_now(room: RoomTimeline, conference: Conference, at: datetime) -> RoomNow:
    live = room.live_at(at)
    upcoming = next(iter(room.next_after(at, 1)), None)
    today = conference.day_of(at)
    goes_on = upcoming is not None and conference.day_of(upcoming.starts_at) == today
    is_quiet = live is None and not goes_on
    return RoomNow(room, state_of(room, conference, at), live, upcoming, is_quiet)


class RoomsNow(NamedTuple):
    """`busy`: first where something is on, then where something comes next today."""

    busy: list[RoomNow]
    quiet: list[RoomNow]


def rooms_now(rooms: Iterable[RoomTimeline], conference: Conference, at: datetime) -> RoomsNow:
    seen = [room_now(room, conference, at) for room in rooms]
    busy = [each for each in seen if not each.is_quiet]
    return RoomsNow(
        sorted(busy, key=lambda each: each.live is None), [each for each in seen if each.is_quiet]
    )
