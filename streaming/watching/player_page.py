"""The player alone, in a window of its own or where no scripts run: one source, written into the
page after the check. Only what is gated or signed: another address would be anybody's once it is
there.
"""

import json
from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.programme.state import State, room_now
from schedule.programme.timeline import RoomTimeline, timeline_of
from schedule.site.access import admits
from schedule.site.pages import render_page
from streaming.watching.csp import allow_players
from streaming.watching.playback import OfferedSource, offers
from streaming.watching.room_streams import on_stage, room_streams_of
from tickets.admission.refusals import refuse
from tickets.admission.request import TicketRequest
from tickets.admission.watching import HELD_SECONDS, refusal_to_watch

# The same as in static/js/live_room.js: speakers go on for a while.
OVERRUN = timedelta(minutes=5)
# Where no scripts run the page is the pulse, and has to come again before its place is free.
RELOAD_SECONDS = HELD_SECONDS - 10


@require_safe
@admits("room:{slug}")
@never_cache
def player(request: TicketRequest, slug: str) -> HttpResponse:
    conference, at = request.conference, request.at
    here = timeline_of(conference, request.programme_revision).room(slug)
    if here is None:
        raise Http404
    seen, on = room_now(here, conference, at), on_stage(room_streams_of(conference), here, at)
    is_on = seen.state is State.LIVE or _goes_on(here, at)
    sources = offers(request, on, on.played) if is_on else []
    source = next((each for each in sources if _may_be_in_a_page(each)), None)
    if source and (reason := refusal_to_watch(request, slug)):
        return refuse(request, reason)
    context = {
        "here": here,
        "at": at,
        "glance": seen,
        "slate": on.slate if is_on else "",
        "tag": on.tag or "",
        "source": source,
        "source_json": json.dumps(source),
        # The second from which it plays; whoever comes late has missed the beginning.
        "second": int(at.timestamp() - source["begins"]) if source and source["begins"] else 0,
        "is_elsewhere": bool(sources) and source is None,
        "seconds": RELOAD_SECONDS,
    }
    return allow_players(request, render_page(request, "streaming/player.html", context))


def _may_be_in_a_page(source: OfferedSource) -> bool:
    return bool(source["is_gated"]) and source["player"] != "link"


def _goes_on(here: RoomTimeline, at: datetime) -> bool:
    last = here.last_before(at)
    return here.live_at(at) is None and last is not None and at - last.ends_at < OVERRUN
