"""What organizers should look at in a programme: a pure function of its rows.

`words` says a trouble in one sentence. What concerns streams is added where streams are known.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk

# From one room to another with a laptop to pack and to plug in.
TIGHT = timedelta(minutes=10)
# A room that stands empty for so long while another has a talk is worth a look.
GAP = timedelta(minutes=30)


# By primary key of a room or of a speaker.
type Groups = defaultdict[int, list[SheetTalk]]


class WarningKind(TextChoices):
    """Each with its sentence."""

    OVERLAP = (
        "overlap",
        _("%(room)s: “%(one)s” and “%(other)s” overlap by %(minutes)d min."),
    )
    TWO_PLACES = "two_places", _("%(speaker)s is in two places: “%(one)s” and “%(other)s”.")
    TIGHT = (
        "tight",
        _("%(speaker)s has %(minutes)d min from “%(one)s” to “%(other)s” in another room."),
    )
    OUTSIDE = "outside", _("“%(one)s” is outside the days of the conference.")
    NO_ROOM = "no_room", _("“%(one)s” has no room.")
    NO_STREAM = "no_stream", _("%(room)s: no stream for “%(one)s”.")
    GAP = (
        "gap",
        _("%(room)s: nothing for %(minutes)d min between “%(one)s” and “%(other)s”."),
    )
    # These come with an act alone (run_of_show/acts.py).
    PAST_DAY = "past_day", _("“%(one)s” ends %(minutes)d min after the day’s last talk.")
    BREAK_EATEN = "break_eaten", _("%(room)s: “%(one)s” is %(minutes)d min shorter.")
    EARLY = "early", _("“%(one)s” starts %(minutes)d min before its published time.")


SENTENCE_OF_SEVERAL = _("%(room)s: no stream from “%(one)s” to “%(other)s”.")


class ProgrammeWarning(NamedTuple):
    """`size`: how long both are on, how short the way is, how long the room is empty."""

    kind: WarningKind
    talks: tuple[SheetTalk, ...]
    size: timedelta = timedelta()
    room: int | None = None
    speaker: int | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same trouble at other times."""
        return (self.kind, *sorted([talk.pk for talk in self.talks]), self.room, self.speaker)


def find_warnings(sheet: RunSheet) -> list[ProgrammeWarning]:
    found = [*_overlaps(sheet), *_two_places(sheet), *_misplaced(sheet), *_gaps(sheet)]
    return sorted(found, key=lambda trouble: trouble.talks[0].starts_at)


def worsened(
    before: Iterable[ProgrammeWarning], after: Iterable[ProgrammeWarning]
) -> list[ProgrammeWarning]:
    """Troubles that are new, or have grown."""
    sizes = {trouble.key: _weight(trouble) for trouble in before}
    return [
        trouble
        for trouble in after
        if trouble.key not in sizes or _weight(trouble) > sizes[trouble.key]
    ]


def _weight(trouble: ProgrammeWarning) -> timedelta:
    return -trouble.size if trouble.kind is WarningKind.TIGHT else trouble.size


def _overlapping(talks: Sequence[SheetTalk]) -> Iterator[tuple[SheetTalk, SheetTalk]]:
    """Pairs that are on at the same time, of talks in order of their start."""
    for index, one in enumerate(talks):
        for other in talks[index + 1 :]:
            if other.starts_at >= one.ends_at:
                break
            if one.common(other):
                yield one, other


def _by(field: Literal["rooms", "speakers"], talks: Iterable[SheetTalk]) -> Groups:
    groups: Groups = defaultdict(list)
    for talk in talks:
        for key in getattr(talk, field):
            groups[key].append(talk)
    return groups


def _overlaps(sheet: RunSheet) -> Iterator[ProgrammeWarning]:
    for room, talks in _by("rooms", sheet.taking_place).items():
        for one, other in _overlapping(talks):
            yield ProgrammeWarning(WarningKind.OVERLAP, (one, other), one.common(other), room=room)


def _two_places(sheet: RunSheet) -> Iterator[ProgrammeWarning]:
    for speaker, talks in _by("speakers", sheet.taking_place).items():
        for one, other in _overlapping(talks):
            if not one.rooms & other.rooms:
                size = one.common(other)
                yield ProgrammeWarning(WarningKind.TWO_PLACES, (one, other), size, speaker=speaker)
        for one, other in pairwise(talks):
            way = other.starts_at - one.ends_at
            is_elsewhere = one.rooms and other.rooms and not one.rooms & other.rooms
            if is_elsewhere and timedelta() <= way < TIGHT:
                yield ProgrammeWarning(WarningKind.TIGHT, (one, other), way, speaker=speaker)


def _misplaced(sheet: RunSheet) -> Iterator[ProgrammeWarning]:
    first, last = sheet.conference.window
    for talk in sheet.taking_place:
        if talk.starts_at < first or talk.ends_at > last:
            yield ProgrammeWarning(WarningKind.OUTSIDE, (talk,))
        if not talk.rooms and not talk.is_break:
            yield ProgrammeWarning(WarningKind.NO_ROOM, (talk,))


def _gaps(sheet: RunSheet) -> Iterator[ProgrammeWarning]:
    """Not lunch: nobody has a talk then, or it is a break of the programme."""
    for _day, of_day in groupby(sheet.taking_place, key=sheet.day_of):
        talks = list(of_day)
        everywhere = [talk for talk in talks if talk.is_break and not talk.rooms]
        others = [talk for talk in talks if not talk.is_break]
        for room, here in _by("rooms", talks).items():
            for last, following in _long_gaps(here):
                hole = last._replace(starts_at=last.ends_at, ends_at=following.starts_at)
                if any(hole.common(pause) for pause in everywhere):
                    continue
                if any(hole.common(other) >= GAP for other in others):
                    yield ProgrammeWarning(
                        WarningKind.GAP, (last, following), hole.length, room=room
                    )


def _long_gaps(talks: Sequence[SheetTalk]) -> Iterator[tuple[SheetTalk, SheetTalk]]:
    """The last talk before each long hole, and the next one."""
    last: SheetTalk | None = None
    for talk in talks:
        if last is not None and talk.starts_at - last.ends_at >= GAP:
            yield last, talk
        if last is None or talk.ends_at > last.ends_at:
            last = talk


def minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)


def words(trouble: ProgrammeWarning, sheet: RunSheet) -> str:
    room = sheet.rooms[trouble.room].name if trouble.room else ""
    values = {
        "one": trouble.talks[0].title,
        "other": trouble.talks[-1].title,
        "minutes": minutes(trouble.size),
        "room": room,
        "speaker": sheet.speakers.get(trouble.speaker or 0, ""),
    }
    if trouble.kind is WarningKind.NO_STREAM and len(trouble.talks) > 1:
        return str(SENTENCE_OF_SEVERAL % values)
    return str(trouble.kind.label % values)
