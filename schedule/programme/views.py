"""The programme. Every page here is shared, but for "mine": no name, no token, nothing of one person."""

from datetime import date, timedelta

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from schedule.models import Speaker, Talk, TalkQuerySet
from schedule.programme.days import by_day
from schedule.programme.filters import FILTERS, MAX_LISTED, FilterForm
from schedule.programme.grid import Grid
from schedule.site.access import conference_not_needed, follows_visibility, public
from schedule.site.colours import accents
from schedule.site.pages import render_page, shared_page
from schedule.site.params import DAY
from schedule.site.request import ConferenceRequest
from schedule.site.zones import COOKIE, viewer_zone


@require_safe
@follows_visibility
@shared_page(params={"day": DAY, **FILTERS})
def schedule(request: ConferenceRequest) -> HttpResponse:
    """A day as a grid. With filters, what is found on all days as a list, unless there is too much."""
    conference, zone = request.conference, viewer_zone(request)
    talks = Talk.objects.filter(conference=conference).shown()
    form = FilterForm(request)
    if not form.is_used:
        return render_page(request, "schedule/schedule.html", _day_context(request, talks, form))
    is_mine = "mine" in request.GET
    if is_mine and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    # A second query, since what was searched in cannot be ordered by rooms and counted once.
    codes = form.narrow(talks, request.user.pk if is_mine else None).values("pk")
    found = talks.filter(pk__in=codes)
    context = _day_context(request, found, form)
    if "day" not in request.GET:
        listed = list(found.in_order().with_cards()[: MAX_LISTED + 1])
        if len(listed) <= MAX_LISTED:
            context |= {"found": by_day(listed, conference, zone), "day": None}
    response = render_page(request, "schedule/schedule.html", context)
    if is_mine:
        add_never_cache_headers(response)
    return response


def _day_context(
    request: ConferenceRequest, talks: TalkQuerySet, form: FilterForm
) -> dict[str, object]:
    conference, zone = request.conference, viewer_zone(request)
    days = talks.days(conference, zone)
    day = _chosen_day(request, days)
    on_day = talks.on_day(conference, day, zone).in_order().with_cards() if day else talks.none()
    grid, at = Grid.of(talk for talk in on_day if not talk.is_all_day), request.at
    others = request.GET.copy()
    for name in ("day", COOKIE):
        others.pop(name, None)
    return {
        "form": form,
        "query": others.urlencode() if form.is_used else "",
        "found": None,
        "days": days,
        "day": day,
        "all_day": [talk for talk in on_day if talk.is_all_day],
        "grid": grid,
        "at": at,
        "now": grid.now(at),
        "today": conference.day_of(at, zone),
    }


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
    today = request.conference.day_of(request.at, viewer_zone(request))
    return today if today in days else next(iter(days), None)


@require_safe
@follows_visibility
@shared_page()
def talk(request: ConferenceRequest, code: str) -> HttpResponse:
    talks = Talk.objects.filter(conference=request.conference)
    found = talks.shown().with_cards().filter(code=code).first()
    if found is None:
        return _removed(request, get_object_or_404(talks.removed(), code=code))
    day = found.day(request.conference, viewer_zone(request))
    context = {"talk": found, "day": day, "at": request.at}
    return render_page(request, "schedule/talk.html", context)


def _removed(request: ConferenceRequest, talk: Talk) -> HttpResponse:
    """Whoever has kept the link reads what became of the talk. Machines read 410."""
    response = render_page(request, "schedule/removed.html", {"talk": talk, "at": request.at})
    response.status_code = 410
    return response


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
        "at": request.at,
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
