"""What speaks against marking talks as missing: exports have holes. Of 1,019 versions of one
congress' schedule some lacked a quarter of it, for minutes.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from schedule.changes.removals import RemovalDanger, RemovalsRefused, dangers_of_removal
from schedule.feeds.importing.lines import LineKind
from schedule.feeds.importing.plan import ImportPlan


class TalkRemovalsRefused(RemovalsRefused):
    """An import would mark too many talks as missing."""


def dangers_of(plan: ImportPlan, at: datetime) -> list[RemovalDanger]:
    """Empty: what is missing may be marked as such."""
    if not plan.programme.talks:
        return [RemovalDanger("empty", _("The feed has no talks."))]
    left = {incoming.room for incoming in plan.programme.talks}
    return dangers_of_removal(
        plan.conference,
        [line.talk for line in plan.of_kind(LineKind.MISSING)],
        known=len(plan.known),
        rooms={room.pk for name in left if (room := plan.rooms.by_name.get(name)) is not None},
        days={plan.conference.day_of(incoming.starts_at) for incoming in plan.programme.talks},
        at=at,
    )
