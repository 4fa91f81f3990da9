"""Pages that span the apps."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from schedule.models import Talk
from schedule.programme.state import room_now
from schedule.programme.timeline import timeline_of
from schedule.site.access import public
from schedule.site.pages import render_page, shared_page
from schedule.site.request import ConferenceRequest

# Enough to see what kind of conference this is.
TEASER_TALKS = 6


@require_safe
@public
@shared_page()
def home(request: ConferenceRequest) -> HttpResponse:
    """Landing, the same for everybody. Names talks only while the programme is public."""
    conference, at = request.conference, request.at
    talks = Talk.objects.filter(conference=conference).exclude(kind=Talk.Kind.BREAK).with_cards()
    is_public = conference.programme_is_public
    context = {
        "at": at,
        "live": talks.live_at(at).in_order()[:TEASER_TALKS] if is_public else [],
        "coming": talks.next_after(at)[:TEASER_TALKS] if is_public else [],
    }
    return render_page(request, "portal/home.html", context)


@require_safe
@shared_page()
def lobby(request: ConferenceRequest) -> HttpResponse:
    """Now and next in each room: what is on comes first, what is over for today last."""
    conference, at = request.conference, request.at
    rooms = timeline_of(conference, request.programme_revision).rooms
    glances = [room_now(room, conference, at) for room in rooms]
    codes = [item.code for each in glances for item in (each.live, each.next) if item]
    talks = {
        talk.code: talk
        for talk in Talk.objects.filter(conference=conference, code__in=codes).with_cards()
    }
    cards = [
        {
            "room": each.room,
            "state": each.state,
            "live": talks.get(each.live.code) if each.live else None,
            "next": talks.get(each.next.code) if each.next else None,
            "is_quiet": each.is_quiet,
        }
        for each in glances
    ]
    context = {
        "at": at,
        "busy": sorted(
            (card for card in cards if not card["is_quiet"]), key=lambda card: card["live"] is None
        ),
        "quiet": [card for card in cards if card["is_quiet"]],
    }
    return render_page(request, "portal/lobby.html", context)
