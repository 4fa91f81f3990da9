"""Pages that span the apps."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from schedule.access import public
from schedule.http import ConferenceRequest
from schedule.models import Talk
from schedule.pages import render_page, shared_page
from schedule.rundown import rundown
from schedule.state import state_of

# Enough to see what kind of conference this is.
TEASER_TALKS = 6


@require_safe
@public
@shared_page()
def home(request: ConferenceRequest) -> HttpResponse:
    """Landing, the same for everybody. Names talks only while the programme is public."""
    conference = request.conference
    talks = Talk.objects.filter(conference=conference)
    coming = talks.next_after(timezone.now()).exclude(kind=Talk.Kind.BREAK).with_cards()
    teaser = coming[:TEASER_TALKS] if conference.programme_is_public else []
    return render_page(request, "portal/home.html", {"teaser": teaser})


@require_safe
@shared_page()
def lobby(request: ConferenceRequest) -> HttpResponse:
    """Now and next in each room."""
    conference, at = request.conference, timezone.now()
    cards = [
        {
            "room": room,
            "state": state_of(room, conference, at),
            "live": room.live_at(at),
            "next": next(iter(room.next_after(at, 1)), None),
        }
        for room in rundown(conference, request.programme_revision).rooms
    ]
    return render_page(request, "portal/lobby.html", {"cards": cards, "at": at})
