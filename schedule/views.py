"""The programme. Every page here is shared: no name, no token, nothing of one person."""

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from schedule.access import follows_visibility
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
    context = {
        "days": days,
        "day": day,
        "grid": Grid.of(on_day),
    }
    return render_page(request, "schedule/schedule.html", context)


def _chosen_day(request: ConferenceRequest, days: list[date]) -> date | None:
    """`?day=`, else today, else the first. None: there are no talks."""
    if wanted := request.GET.get("day"):
        try:
            day = date.fromisoformat(wanted)
        except ValueError:
            raise Http404(_("No such day.")) from None
        if day not in days:
            raise Http404(_("No such day."))
        return day
    today = request.conference.day_of(timezone.now(), viewer_zone(request))
    return today if today in days else next(iter(days), None)


@require_safe
@follows_visibility
@shared_page()
def talk(request: ConferenceRequest, code: str) -> HttpResponse:
    talks = Talk.objects.filter(conference=request.conference).shown().with_cards()
    context = {"talk": get_object_or_404(talks, code=code)}
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
    people = Speaker.objects.filter(conference=request.conference)
    person = get_object_or_404(people, code=code)
    context = {
        "speaker": person,
        "talks": person.talks.shown().in_order().with_cards(),
    }
    return render_page(request, "schedule/speaker.html", context)
