"""Pages that span the apps."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from schedule.models import Talk
from schedule.programme.state import RoomNow, rooms_now
from schedule.programme.timeline import cards_of, timeline_of
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
    context: dict[str, object] = {"at": at, "live": [], "coming": []}
    if conference.programme_is_public:
        timeline = timeline_of(conference, request.programme_revision)
        codes = {item.code for item in timeline.live_at(at)}
        talks = Talk.objects.filter(conference=conference).exclude(kind=Talk.Kind.BREAK)
        context |= {
            "live": talks.filter(code__in=codes).in_order().with_cards()[:TEASER_TALKS],
            "coming": talks.next_after(at).with_cards()[:TEASER_TALKS],
        }
    return render_page(request, "portal/home.html", context)


@require_safe
@shared_page()
def lobby(request: ConferenceRequest) -> HttpResponse:
    """Now and next in each room: what is on comes first, what is over for today last."""
    conference, at = request.conference, request.at
    timeline = timeline_of(conference, request.programme_revision)
    busy, quiet = rooms_now(timeline.rooms, conference, at)
    today = conference.day_of(at)
    all_day = [
        item
        for item in timeline.all_day
        if today in conference.days_between(item.starts_at, item.ends_at)
    ]
    shown = [item for each in (*busy, *quiet) for item in (each.live, each.next)]
    talks = cards_of(conference, [*shown, *all_day])
    context = {
        "at": at,
        "all_day": [talks[item.code] for item in all_day if item.code in talks],
        "busy": [_card(each, talks) for each in busy],
        "quiet": [_card(each, talks) for each in quiet],
    }
    return render_page(request, "portal/lobby.html", context)


def _card(seen: RoomNow, talks: Mapping[str, Talk]) -> dict[str, object]:
    return {
        "room": seen.room,
        "state": seen.state,
        "live": talks.get(seen.live.code) if seen.live else None,
        "next": talks.get(seen.next.code) if seen.next else None,
    }
