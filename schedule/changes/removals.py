"""What speaks against taking many talks out of a programme at once, whatever does it: exports have
holes, and a press on the wrong button is a press.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.models import Conference, Talk

MAX_MISSING_SHARE = 0.1
MAX_MISSING_FUTURE_TALKS = 4


@dataclass(frozen=True, slots=True)
class RemovalDanger:
    code: str
    message: str


class RemovalsRefused(Exception):
    """Nothing was written. An organizer may accept the removals."""

    def __init__(self, dangers: list[RemovalDanger]) -> None:
        super().__init__(" ".join(danger.message for danger in dangers))
        self.dangers = dangers


def dangers_of_removal(
    conference: Conference,
    gone: list[Talk],
    *,
    known: int,
    rooms: Collection[int],
    days: Collection[date],
    at: datetime,
) -> list[RemovalDanger]:
    """`known`: of so many talks. `rooms` and `days`: those that have talks afterwards."""
    if not gone:
        return []
    empty = {talk.room.pk: talk.room.name for talk in gone if talk.room is not None}
    return [
        *_too_many(gone, known, at),
        *(
            RemovalDanger("room", _("Nothing is left in the room %(room)s.") % {"room": name})
            for pk, name in empty.items()
            if pk not in rooms
        ),
        *(
            RemovalDanger("day", _("Nothing is left on %(day)s.") % {"day": _named(day)})
            for day in sorted({conference.day_of(talk.starts_at) for talk in gone} - set(days))
        ),
    ]


def _named(day: date) -> str:
    return date_format(day, "D j M")


def _too_many(missing: list[Talk], known: int, at: datetime) -> Iterator[RemovalDanger]:
    if len(missing) > known * MAX_MISSING_SHARE:
        text = ngettext(
            "%(missing)d of %(known)d talk is missing.",
            "%(missing)d of %(known)d talks are missing.",
            known,
        )
        yield RemovalDanger("share", text % {"missing": len(missing), "known": known})
    live = [talk for talk in missing if talk.is_live_at(at)]
    if live:
        titles = ", ".join(talk.title for talk in live[:3])
        yield RemovalDanger("live", _("Live now and missing: %(titles)s.") % {"titles": titles})
    future = sum(talk.starts_at > at for talk in missing)
    if future > MAX_MISSING_FUTURE_TALKS:
        text = ngettext(
            "%(count)d talk that is still to come is missing.",
            "%(count)d talks that are still to come are missing.",
            future,
        )
        yield RemovalDanger("future", text % {"count": future})
