"""The programme. Every page here is shared: no name, no token, nothing of one person."""

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from schedule.access import conference_not_needed, follows_visibility, public
from schedule.colours import accents
from schedule.grid import Grid
from schedule.http import ConferenceRequest
from schedule.models import Speaker, Talk
from schedule.pages import render_page, shared_page
from schedule.zones import viewer_zone


@require_safe
@follows_visibility
@shared_page(params=("day",))
def schedule(request: ConferenceRequest) -> HttpResponse:
    conference, zone = request.conference, viewer_zone(request)
    talks = Talk.objects.filter(conference=conference).shown()
    days = talks.days(conference, zone)
    day = _chosen_day(request, days)
    on_day = talks.on_day(conference, day, zone).in_order().with_cards() if day else talks.none()
    grid, at = Grid.of(on_day), timezone.now()
    context = {
        "days": days,
        "day": day,
        "grid": grid,
        "at": at,
        "now": grid.now(at),
        "today": conference.day_of(at, zone),
    }
    return render_page(request, "schedule/schedule.html", context)


def _chosen_day(request: ConferenceRequest, days: list[date]) -> date | None:
    """`?day=`, else today, else the first. None: there are no talks."""
    if wanted := request.GET.get("day"):
        try:
            day = date.fromisoformat(wanted)
        except ValueError:
            raise Http404(_("No such day.")) from None
        # A link that was made in another time zone may miss by one.
        nearest = min(days, key=lambda each: abs(each - day), default=None)
        if nearest is None or abs(nearest - day) > timedelta(days=1):
            raise Http404(_("No such day."))
        return nearest
    today = request.conference.day_of(timezone.now(), viewer_zone(request))
    return today if today in days else next(iter(days), None)


@require_safe
@follows_visibility
@shared_page()
def talk(request: ConferenceRequest, code: str) -> HttpResponse:
    talks = Talk.objects.filter(conference=request.conference).shown().with_cards()
    found = get_object_or_404(talks, code=code)
    day = request.conference.day_of(found.starts_at, viewer_zone(request))
    context = {"talk": found, "day": day, "at": timezone.now()}
    return render_page(request, "schedule/talk.html", context)


@require_safe
@follows_visibility
@shared_page()
def speakers(request: ConferenceRequest) -> HttpResponse:
    people = Speaker.objects.filter(conference=request.conference).with_talks()
    context = {"speakers": people}
    return render_page(request, "schedule/speakers.html", context)


@require_safe
@follows_visibility
@shared_page()
def speaker(request: ConferenceRequest, code: str) -> HttpResponse:
    people = Speaker.objects.filter(conference=request.conference).with_talks()
    person = get_object_or_404(people, code=code)
    context = {
        "speaker": person,
        "talks": person.talks.shown().in_order().with_cards(),
        "at": timezone.now(),
    }
    return render_page(request, "schedule/speaker.html", context)


@require_safe
@public
@conference_not_needed
def theme(request: HttpRequest, colour: str) -> HttpResponse:
    """A conference's colour as a stylesheet, since pages may not carry styles of their own."""
    light, dark = accents(f"#{colour.lower()}")
    css = f":root {{ --accent: light-dark({light}, {dark}); }}\n"
    headers = {"Cache-Control": "public, max-age=86400"}
    return HttpResponse(css, content_type="text/css", headers=headers)
