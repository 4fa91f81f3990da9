"""The acts, each a pure function from the sheet to a proposal. They raise ActRefused."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from schedule.changes.run_of_show.proposal import ActRefused, Proposal, propose
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.changes.warnings import ProgrammeWarning, WarningKind
from schedule.models import Room, Talk

# Gaps take delay up, but so much stays for the next speaker to set up.
CHANGE_OVER = timedelta(minutes=5)
# As good as a break: what comes after it is not moved earlier.
LONG_GAP = timedelta(minutes=30)


def shift(sheet: RunSheet, talk: SheetTalk, minutes: int) -> Proposal:
    """This talk and the rest of its room, until the next break or the day's end."""
    room, delay = _room_of(sheet, talk), timedelta(minutes=minutes)
    if not minutes:
        raise ActRefused(_("Shift by how many minutes?"))
    said = {"room": room.name, "minutes": minutes, "title": talk.title}
    summary = _("%(room)s: %(minutes)+d min from “%(title)s” on") % said
    rest = sheet.rest_of_room(room.pk, talk)
    if minutes < 0:
        caught_up = _catch_up(room.pk, talk, rest, delay)
        return propose(sheet, [talk.moved_by(delay), *caught_up], summary)
    moved = talk.moved_by(delay)
    pushed, clashes = _push(room.pk, talk, moved, rest)
    return propose(sheet, [moved, *pushed], summary, clashes)


def extend(sheet: RunSheet, talk: SheetTalk, minutes: int) -> Proposal:
    """It ends later, and pushes what follows."""
    room = _room_of(sheet, talk)
    if minutes <= 0:
        raise ActRefused(_("Extend by how many minutes?"))
    longer = talk._replace(ends_at=talk.ends_at + timedelta(minutes=minutes))
    pushed, clashes = _push(room.pk, talk, longer, sheet.rest_of_room(room.pk, talk))
    said = {"room": room.name, "title": talk.title, "minutes": minutes}
    summary = _("%(room)s: “%(title)s” is %(minutes)d min longer") % said
    return propose(sheet, [longer, *pushed], summary, clashes)


def end_early(sheet: RunSheet, talk: SheetTalk, at: datetime) -> Proposal:
    """What follows stays: people come at its time."""
    room = _room_of(sheet, talk)
    if at >= talk.ends_at:
        raise ActRefused(_("“%(title)s” ends before that anyway.") % {"title": talk.title})
    if at < talk.starts_at:
        raise ActRefused(_("“%(title)s” has not begun by then.") % {"title": talk.title})
    summary = _("%(room)s: “%(title)s” ends early") % {"room": room.name, "title": talk.title}
    return propose(sheet, [talk._replace(ends_at=at)], summary)


def swap(sheet: RunSheet, one: SheetTalk, other: SheetTalk) -> Proposal:
    """Each takes the other's place. Neighbours of unequal length keep the gap between them."""
    if one.pk == other.pk:
        raise ActRefused(_("Swap it with another talk."))
    _room_of(sheet, one), _room_of(sheet, other)
    first, second = sorted((one, other), key=lambda talk: (talk.starts_at, talk.pk))
    ends_at = first.starts_at + second.length
    starts_at = second.starts_at
    if first.room == second.room and first.ends_at <= second.starts_at:
        rest = sheet.rest_of_room(first.room or 0, first)
        if rest and rest[0].pk == second.pk:
            starts_at = second.ends_at - first.length
    changed = [
        second._replace(starts_at=first.starts_at, ends_at=ends_at, room=first.room),
        first._replace(starts_at=starts_at, ends_at=starts_at + first.length, room=second.room),
    ]
    summary = _("Swapped “%(one)s” and “%(other)s”") % {"one": first.title, "other": second.title}
    return propose(sheet, changed, summary)


def move(sheet: RunSheet, talk: SheetTalk, room: Room) -> Proposal:
    _in_programme(talk)
    if talk.room == room.pk:
        raise ActRefused(_("“%(title)s” is in this room.") % {"title": talk.title})
    there = talk._replace(room=room.pk, also_in=talk.also_in - {room.pk})
    summary = _("“%(title)s” moves to %(room)s") % {"title": talk.title, "room": room.name}
    return propose(sheet, [there], summary)


def cancel(sheet: RunSheet, talk: SheetTalk) -> Proposal:
    _in_programme(talk)
    summary = _("Canceled “%(title)s”") % {"title": talk.title}
    return propose(sheet, [talk._replace(is_canceled=True)], summary)


def restore(sheet: RunSheet, talk: SheetTalk) -> Proposal:
    if not talk.is_canceled:
        raise ActRefused(_("“%(title)s” is not canceled.") % {"title": talk.title})
    summary = _("Restored “%(title)s”") % {"title": talk.title}
    return propose(sheet, [talk._replace(is_canceled=False)], summary)


def add_break(sheet: RunSheet, room: Room, at: datetime, minutes: int, title: str) -> Proposal:
    """It pushes what follows, as a talk that takes longer does."""
    if minutes <= 0:
        raise ActRefused(_("A break of how many minutes?"))
    pause = SheetTalk(
        0, "", title, Talk.Kind.BREAK, Talk.Delivery.LIVE, at, at + timedelta(minutes=minutes),
        None, room.pk, False, 0,
    )  # fmt: skip
    # As if there had been a break of no length.
    nothing = pause._replace(ends_at=at, pk=-1)
    pushed, clashes = _push(room.pk, nothing, pause, sheet.rest_of_room(room.pk, nothing))
    said = {"room": room.name, "title": title, "minutes": minutes}
    summary = _("%(room)s: “%(title)s” of %(minutes)d min") % said
    return propose(sheet, [pause, *pushed], summary, clashes)


def _in_programme(talk: SheetTalk) -> None:
    if talk.is_canceled:
        raise ActRefused(_("“%(title)s” is canceled.") % {"title": talk.title})


def _room_of(sheet: RunSheet, talk: SheetTalk) -> Room:
    _in_programme(talk)
    if talk.room is None:
        raise ActRefused(_("“%(title)s” has no room.") % {"title": talk.title})
    return sheet.rooms[talk.room]


def _push(
    room: int, old: SheetTalk, new: SheetTalk, rest: Iterable[SheetTalk]
) -> tuple[list[SheetTalk], list[ProgrammeWarning]]:
    """What follows makes way as far as it must. Breaks do not: they get shorter."""
    pushed: list[SheetTalk] = []
    for following in rest:
        gap = following.starts_at - old.ends_at
        keep = timedelta() if following.is_break else CHANGE_OVER
        delay = new.ends_at + min(gap, keep) - following.starts_at
        if delay <= timedelta():
            break
        if following.is_break:
            return _shorten_break(room, following, new, pushed)
        if following.room != room:
            break
        old, new = following, following.moved_by(delay)
        pushed.append(new)
    return pushed, []


def _shorten_break(
    room: int, pause: SheetTalk, until: SheetTalk, pushed: list[SheetTalk]
) -> tuple[list[SheetTalk], list[ProgrammeWarning]]:
    """A break of several rooms stays as it is for the others, and shows up as an overlap."""
    if pause.rooms - {room}:
        return pushed, []
    shorter = pause._replace(starts_at=min(until.ends_at, pause.ends_at))
    eaten = ProgrammeWarning(
        WarningKind.BREAK_EATEN, (pause,), shorter.starts_at - pause.starts_at, room
    )
    return [*pushed, shorter] if pause.rooms else pushed, [eaten]


def _catch_up(
    room: int, talk: SheetTalk, rest: Iterable[SheetTalk], earlier: timedelta
) -> Iterable[SheetTalk]:
    last = talk
    for following in rest:
        is_apart = following.starts_at - last.ends_at >= LONG_GAP
        if following.is_break or is_apart or following.room != room:
            return
        yield following.moved_by(earlier)
        last = following
