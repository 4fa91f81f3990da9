"""What speaks against taking many talks out of a programme at once, whatever does it: exports have
holes, and a press on the wrong button is a press.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.models import Conference, Talk

# A hole is a share of the programme, never a number: 5 of 1,300 talks are taken out every week.
MAX_MISSING_SHARE = 0.1


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
    conference: Conference, gone: list[Talk], *, at: datetime
) -> list[RemovalDanger]:
    """Of taking these talks, which attendees see, out of the programme as it is now."""
    if not gone:
        return []
    shown = Talk.objects.filter(conference=conference, is_canceled=False).shown()
    left = shown.exclude(pk__in=[talk.pk for talk in gone]).order_by()
    places = list(left.values_list("room", "starts_at"))
    rooms = {room for room, _starts_at in places if room}
    days = {conference.day_of(starts_at) for _room, starts_at in places}
    empty = {talk.room.pk: talk.room.name for talk in gone if talk.room is not None}
    return [
        *_too_many(gone, len(places) + len(gone), at),
        *(
            RemovalDanger("room", _("Nothing is left in the room %(room)s.") % {"room": name})
            for pk, name in empty.items()
            if pk not in rooms
        ),
        *(
            RemovalDanger("day", _("Nothing is left on %(day)s.") % {"day": _named(day)})
            for day in sorted({conference.day_of(talk.starts_at) for talk in gone} - days)
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
