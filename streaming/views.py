import hashlib

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from schedule.access import admits, public
from schedule.http import ConferenceRequest
from schedule.models import Room
from schedule.pages import render_page, shared_page
from schedule.rundown import rundown
from streaming.csp import player_policy
from streaming.lineup import lineup
from streaming.live import encode, hosts_tag
from streaming.live import live as live_body
from streaming.sources import SOURCES
from tickets.admission import refusal
from tickets.http import TicketRequest
from tickets.refusals import refuse


@require_safe
@admits("room:{slug}")
@shared_page()
def room(request: ConferenceRequest, slug: str) -> HttpResponse:
    conference, revision = request.conference, request.programme_revision
    here = get_object_or_404(Room, conference=conference, slug=slug)
    at = timezone.now()
    programme = rundown(conference, revision)
    context = {
        "room": here,
        "at": at,
        "here": programme.room(slug),
        "rooms": programme.rooms,
        "hosts_tag": hosts_tag(conference, revision),
    }
    response = render_page(request, "streaming/room.html", context)
    response.headers["Content-Security-Policy"] = player_policy(conference, revision)
    return response


@require_safe
@admits("room:{slug}")
@never_cache
def playback(request: ConferenceRequest, slug: str) -> HttpResponse:
    """The address of the room's stream, handed out after the check: the real gate.

    `sources` has the first choice first; empty while nothing is on.
    """
    if rundown(request.conference, request.programme_revision).room(slug) is None:
        raise Http404
    sources = [
        {
            "tag": stream.tag,
            "kind": stream.kind,
            "player": SOURCES[stream.kind].player,
            "url": SOURCES[stream.kind].url(stream.value),
        }
        for stream in lineup(request.conference).on_at(slug, timezone.now())
    ]
    return JsonResponse({"sources": sources})


@require_safe
@public
def live(request: ConferenceRequest) -> HttpResponse:
    """See live.py. The same for everybody, so nginx keeps it for a second."""
    body = encode(live_body(request.conference, request.programme_revision, timezone.now()))
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=1"}
    if etag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


@require_POST
@never_cache
def pulse(request: TicketRequest) -> HttpResponse:
    """A watching page asks every 30 s whether it may go on in its `room`."""
    scope = f"room:{request.POST.get('room', '')}"
    reason = refusal(request.conference, request.admission, scope, timezone.now())
    return refuse(request, reason) if reason else JsonResponse({"ok": True})
