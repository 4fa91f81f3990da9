"""A room as its crew sees it before anybody else does: with the streams that are tests, hours before
a talk, whatever is switched on for the audience. For organizers, and for helpers in their rooms.
"""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.models import Room
from schedule.site.access import login_only
from schedule.site.request import ConferenceRequest
from schedule.site.rights import DeskRights
from streaming.models import Stream
from streaming.watching.live import live
from streaming.watching.playback import offers
from streaming.watching.room_streams import RoomStreams, StreamsNow, room_streams_of
from streaming.watching.views import room_page


def crew_view(view: Callable[..., HttpResponse]) -> Any:
    """The crew of the room in the address; without one, all crew."""

    @functools.wraps(view)
    def asked(request: ConferenceRequest, **kwargs: str) -> HttpResponse:
        reach = DeskRights.of(request.user, request.conference)
        if not reach:
            raise PermissionDenied
        if "slug" in kwargs:
            here = get_object_or_404(Room, conference=request.conference, slug=kwargs["slug"])
            if not reach.covers(here.pk):
                raise PermissionDenied
        return view(request, **kwargs)

    return require_safe(login_only(never_cache(asked)))


@crew_view
def check(request: ConferenceRequest, slug: str) -> HttpResponse:
    return room_page(request, slug, is_check=True)


@crew_view
def playback(request: ConferenceRequest, slug: str) -> HttpResponse:
    """As the room's, with everything that it has to choose from."""
    on = on_check(room_streams_of(request.conference), slug)
    streams = {stream.tag: stream for stream in (*on.played, *on.choices)}
    found = [
        {**source, "label": _label(streams[source["tag"]])}
        for source in offers(request, on, streams.values())
    ]
    return JsonResponse({"sources": found[:1], "choices": found[1:], "slate": "", "tag": on.tag})


def on_check(streams: RoomStreams, slug: str) -> StreamsNow:
    """What is a test comes first."""
    every = sorted(streams.rooms.get(slug, ()), key=lambda stream: not stream.is_test)
    return StreamsNow(tuple(every[:1]), tuple(every[1:]))


def _label(stream: Stream) -> str:
    what = f"{stream}: {stream.talk}" if stream.talk else str(stream)
    return _("Test: %(stream)s") % {"stream": what} if stream.is_test else what


@crew_view
def check_live(request: ConferenceRequest, slug: str) -> HttpResponse:
    """/live.json, with the tag of what the crew sees in this room."""
    streams = room_streams_of(request.conference)
    body = _live(request, streams, request.at)
    for entry in body["rooms"]:
        if entry["slug"] == slug:
            entry["stream"] = on_check(streams, slug).tag
    return JsonResponse(body)


@crew_view
def live_as_of(request: ConferenceRequest) -> HttpResponse:
    """/live.json as of the moment that staff chose (MomentMiddleware): nginx keeps the other one for
    everybody and does not look at its parameters.
    """
    return JsonResponse(_live(request, room_streams_of(request.conference), request.at))


def _live(request: ConferenceRequest, streams: RoomStreams, at: datetime) -> dict[str, Any]:
    return live(request.conference, request.programme_revision, streams, at)
