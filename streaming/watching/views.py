import logging
from datetime import datetime

from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lib.sealing import SealBroken
from schedule.models import Conference, Room
from schedule.programme.state import State, room_now, rooms_now
from schedule.programme.timeline import RoomTimeline, cards_of, timeline_of
from schedule.site.access import admits, for_programs, public
from schedule.site.pages import render_page, shared_page
from schedule.site.request import ConferenceRequest
from streaming.watching.csp import allow_players
from streaming.watching.live import encoded, hosts_tag
from streaming.watching.playback import offers, viewer_of
from streaming.watching.room_streams import on_stage, room_streams_of
from tickets.admission.refusals import refuse
from tickets.admission.request import TicketRequest
from tickets.admission.rule import refusal
from tickets.admission.watching import refusal_to_watch, stop_watching

logger = logging.getLogger(__name__)

# What the room page says of the rest of the day.
COMING_TALKS = 3


@require_safe
@admits("room:{slug}")
@shared_page()
def room(request: ConferenceRequest, slug: str) -> HttpResponse:
    return room_page(request, slug)


def room_page(request: ConferenceRequest, slug: str, *, is_check: bool = False) -> HttpResponse:
    """`is_check`: as its crew sees it (tech_check.py)."""
    conference, revision, at = request.conference, request.programme_revision, request.at
    programme = timeline_of(conference, revision)
    here = programme.room(slug)
    if here is None:
        raise Http404
    elsewhere = rooms_now([each for each in programme.rooms if each is not here], conference, at)
    context = {
        "here": get_object_or_404(Room, conference=conference, slug=slug),
        "at": at,
        "is_check": is_check,
        "states": [*State],
        "glance": room_now(here, conference, at),
        **_talks_here(conference, here, at),
        "others": elsewhere.busy,
        "quiet": elsewhere.quiet,
        "hosts_tag": hosts_tag(conference, revision),
    }
    return allow_players(request, render_page(request, "streaming/room.html", context))


def _talks_here(conference: Conference, here: RoomTimeline, at: datetime) -> dict[str, object]:
    live, coming = here.live_at(at), here.next_after(at, COMING_TALKS)
    talks = cards_of(conference, [live, *coming])
    listed = [talks[item.code] for item in coming if item.code in talks]
    on = talks.get(live.code) if live else None
    following = listed[0] if listed else None
    return {"live": on, "next": following, "subject": on or following, "coming": listed}


@for_programs
@require_safe
@admits("room:{slug}")
@never_cache
def playback(request: TicketRequest, slug: str) -> HttpResponse:
    """Where the room's picture is, handed out after the check: the real gate.

    `sources` has the first choice first; empty while nothing is on, which takes no place. `choices`
    are what a viewer may take by hand. `slate` are words in the place of the picture.
    """
    here = timeline_of(request.conference, request.programme_revision).room(slug)
    if here is None:
        raise Http404
    on = on_stage(room_streams_of(request.conference), here, request.at)
    reason = refusal_to_watch(request, slug) if on.played else None
    if reason:
        return refuse(request, reason)
    return JsonResponse(
        {
            "sources": offers(request, on, on.played),
            "choices": offers(request, on, on.choices),
            "slate": on.slate,
            "tag": on.tag,
        }
    )


@require_safe
@admits("room:{slug}")
@never_cache
def join(request: TicketRequest, slug: str) -> HttpResponse:
    """Leads to the meeting elsewhere that is on in the room, or to the one that `?stream=` names by
    its tag. Each click asks for the way in, which is never in a page.
    """
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
        if reason := refusal_to_watch(request, slug):
            return refuse(request, reason)
        # The meeting's server shall not learn where its guests come from.
        return HttpResponseRedirect(meeting.url, headers={"Referrer-Policy": "no-referrer"})
    raise Http404


@for_programs
@require_safe
@public
def live(request: ConferenceRequest) -> HttpResponse:
    """See live.py. The same for everybody, so nginx keeps it for a second."""
    body, etag = encoded(request.conference, request.programme_revision, timezone.now())
    headers = {"ETag": etag, "Cache-Control": "public, max-age=1"}
    if etag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


@for_programs
@require_POST
@never_cache
def pulse(request: TicketRequest) -> HttpResponse:
    """A watching page asks every 30 s whether it may go on in its `room`, or with a `replay`, and
    with `instead` whether it may watch instead of another device of the same person.
    """
    room = request.POST.get("room", "")
    scope = "replay" if "replay" in request.POST else f"room:{room}" if room else None
    reason = refusal(request.conference, request.admission, scope, timezone.now())
    if not timeline_of(request.conference, request.programme_revision).room(room):
        room = ""
    reason = reason or refusal_to_watch(request, room, instead="instead" in request.POST)
    if reason:
        return refuse(request, reason)
    return JsonResponse({"ok": True})


@for_programs
@require_POST
@never_cache
def leave(request: TicketRequest) -> HttpResponse:
    """A page that watched has been closed."""
    stop_watching(request)
    return HttpResponse(status=204)
