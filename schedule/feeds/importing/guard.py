"""What speaks against marking talks as missing: exports have holes. Of 1,019 versions of one
congress' schedule some lacked a quarter of it, for minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.feeds.importing.lines import LineKind
from schedule.feeds.importing.plan import ImportPlan
from schedule.models import Talk

MAX_MISSING_SHARE = 0.1
MAX_MISSING_FUTURE_TALKS = 4


@dataclass(frozen=True, slots=True)
class RemovalDanger:
    code: str
    message: str


class TalkRemovalsRefused(Exception):
    """Nothing was written. An organizer may accept the removals."""

    def __init__(self, dangers: list[RemovalDanger]) -> None:
        super().__init__(" ".join(danger.message for danger in dangers))
        self.dangers = dangers


def dangers_of(plan: ImportPlan, at: datetime) -> list[RemovalDanger]:
    """Empty: what is missing may be marked as such."""
    if not plan.programme.talks:
        return [RemovalDanger("empty", _("The feed has no talks."))]
    missing = [line.talk for line in plan.of_kind(LineKind.MISSING)]
    if not missing:
        return []
    return [
        *_too_many(missing, len(plan.known), at),
        *_whole_rooms(plan, missing),
        *_whole_days(plan, missing),
    ]


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


def _whole_rooms(plan: ImportPlan, missing: list[Talk]) -> list[RemovalDanger]:
    left = {incoming.room for incoming in plan.programme.talks}
    rooms = {room.pk for name in left if (room := plan.rooms.by_name.get(name)) is not None}
    gone = {talk.room.pk: talk.room.name for talk in missing if talk.room is not None}
    return [
        RemovalDanger("room", _("Nothing is left in the room %(room)s.") % {"room": name})
        for pk, name in gone.items()
        if pk not in rooms
    ]


def _whole_days(plan: ImportPlan, missing: list[Talk]) -> list[RemovalDanger]:
    day_of = plan.conference.day_of
    left: set[date] = {day_of(incoming.starts_at) for incoming in plan.programme.talks}
    return [
        RemovalDanger("day", _("Nothing is left on %(day)s.") % {"day": date_format(day, "D j M")})
        for day in sorted({day_of(talk.starts_at) for talk in missing} - left)
    ]
