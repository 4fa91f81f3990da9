"""What the lobby says to one person alone: the page itself is the same for everybody. Worked out from the
admission that is kept and the programme in memory, so it costs no query.
"""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from schedule.models import Conference
from schedule.programme.timeline import timeline_of
from tickets.admission.rule import REASON_OF_STATE, Admission, Reason, refusal
from tickets.admission.wording import Link, moment

# Of somebody who holds nothing, or where everything is open to everybody.
NOTHING: dict[str, Any] = {"rooms": {}, "notice": None, "changes": None, "talks": []}


def told_to(
    conference: Conference, admission: Admission, revision: int, at: datetime
) -> dict[str, Any]:
    """`rooms`: those that are closed to them, by their slugs; `notice`: where to go instead; `changes`:
    when some of this will be different; `talks`: the codes of their own. Times are in the active zone.
    """
    if conference.is_public_at(at):
        return {**NOTHING, "talks": admission.talks}
    rooms = timeline_of(conference, revision).rooms
    closed, begins = {}, []
    for room in rooms:
        scope = f"room:{room.slug}"
        reason = refusal(conference, admission, scope, at)
        if reason is None:
            continue
        begin = admission.opens_at(scope, at) if reason is Reason.NOT_YET else None
        begins += [begin] if begin else []
        closed[room.slug] = {
            "text": _closed(conference, reason, begin),
            "act": _needed(conference, reason)._asdict(),
        }
    edge = admission.next_edge(at)
    is_shut_out = bool(rooms) and len(closed) == len(rooms)
    notice = _notice(conference, admission, min(begins, default=None), at) if is_shut_out else None
    return {
        "rooms": closed,
        "notice": notice,
        "changes": int(edge.timestamp()) + 1 if edge else None,
        "talks": admission.talks,
    }


def _closed(conference: Conference, reason: Reason, begin: datetime | None) -> str:
    if begin is not None:
        return _("Opens for you %(at)s") % {"at": moment(begin, conference)}
    match reason:
        case Reason.OVER:
            return _("Your time here is over")
        case Reason.TICKET_PENDING:
            return _("Opens when your ticket is paid and complete")
    return _("Closed for you")


def _needed(conference: Conference, reason: Reason) -> Link:
    is_theirs = reason is Reason.NOT_YET or reason in REASON_OF_STATE.values()
    if conference.tickets_url and not is_theirs:
        return Link(_("Get a ticket"), conference.tickets_url)
    return Link(_("My tickets"), reverse("tickets"))


def _notice(
    conference: Conference, admission: Admission, begin: datetime | None, at: datetime
) -> dict[str, Any] | None:
    """For whom no room is open now."""
    if begin is not None:
        day = reverse("schedule", query={"day": conference.day_of(begin).isoformat()})
        text = _("You may enter from %(at)s on.") % {"at": moment(begin, conference)}
        act = Link(_("See the programme of that day"), day)
    elif admission.is_for_replays_alone(at):
        text = _("Your ticket is for the replays.")
        act = Link(_("Watch replays"), reverse("replays"))
    else:
        return None
    return {"text": text, "act": act._asdict()}
