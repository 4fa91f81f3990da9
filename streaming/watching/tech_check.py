"""A room as its crew sees it before anybody else does: with the streams that are tests, hours
before a talk, whatever is switched on for the audience. For organizers, and for helpers in their
rooms.
"""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.site.access import CREW, DESK, for_programs, staff
from schedule.site.request import ConferenceRequest
from streaming.models import Stream
from streaming.watching.live import live
from streaming.watching.playback import offers
from streaming.watching.room_streams import RoomStreams, StreamsNow, room_streams_of
from streaming.watching.views import room_page
from tickets.admission.request import DeskRequest


@staff(DESK)
@require_safe
@never_cache
def check(request: DeskRequest, slug: str) -> HttpResponse:
    request.rights.room(request.conference, slug)
    return room_page(request, slug, is_check=True)


@for_programs
@staff(DESK)
@require_safe
@never_cache
def playback(request: DeskRequest, slug: str) -> HttpResponse:
    """The same as the room's, with everything that it has to choose from."""
    request.rights.room(request.conference, slug)
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


@for_programs
@staff(DESK)
@require_safe
@never_cache
def check_live(request: DeskRequest, slug: str) -> HttpResponse:
    """/live.json, with the tag of what the crew sees in this room."""
    request.rights.room(request.conference, slug)
    streams = room_streams_of(request.conference)
    body = live(request.conference, request.programme_revision, streams, request.at)
    for entry in body["rooms"]:
        if entry["slug"] == slug:
            entry["stream"] = on_check(streams, slug).tag
    return JsonResponse(body)


@for_programs
@staff(CREW)
@require_safe
@never_cache
def live_as_of(request: ConferenceRequest) -> HttpResponse:
    """/live.json as of the moment that staff chose (MomentMiddleware): nginx keeps the other one
    for everybody and does not look at its parameters.
    """
    conference, streams = request.conference, room_streams_of(request.conference)
    return JsonResponse(live(conference, request.programme_revision, streams, request.at))
