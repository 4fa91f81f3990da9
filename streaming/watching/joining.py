"""The way into a meeting elsewhere: asked for by each click, after the check, and never in a page."""

import logging

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lib.sealing import SealBroken
from schedule.programme.timeline import timeline_of
from schedule.site.access import admits
from schedule.site.request import ConferenceRequest
from streaming.watching.playback import viewer_of
from streaming.watching.room_streams import on_stage, room_streams_of

logger = logging.getLogger(__name__)


@require_safe
@admits("room:{slug}")
@never_cache
def join(request: ConferenceRequest, slug: str) -> HttpResponse:
    """To the room's meeting that is on, or to the one that `?stream=` names by its tag."""
    here = timeline_of(request.conference, request.programme_revision).room(slug)
    if here is None:
        raise Http404
    at, wanted = timezone.now(), request.GET.get("stream")
    on = on_stage(room_streams_of(request.conference), here, at)
    for stream in (*on.played, *on.choices):
        if wanted not in (None, stream.tag):
            continue
        try:
            if stream.source.player != "link":
                continue
            meeting = stream.playback(viewer_of(request), at)
        except (SealBroken, ValueError) as error:
            logger.error("Stream %s cannot be joined: %s", stream.pk, error)
            continue
        # The meeting's server shall not learn where its guests come from.
        return HttpResponseRedirect(meeting.url, headers={"Referrer-Policy": "no-referrer"})
    raise Http404
