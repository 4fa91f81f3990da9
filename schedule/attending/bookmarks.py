"""Stars that people put on talks, and the agenda made of them. Private pages all, while the pages that link here are shared."""

import zoneinfo
from collections.abc import Iterable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from schedule.models import AgendaLink, Bookmark, Conference, Talk, TalkQuerySet
from schedule.programme.days import by_day
from schedule.site.access import follows_visibility, for_programs
from schedule.site.pages import render_page
from schedule.site.request import ConferenceRequest, way_back
from schedule.site.zones import viewer_zone

# More than any programme has; a script that sends more is not ours.
MAX_CODES = 5_000


def _talks(request: ConferenceRequest) -> TalkQuerySet:
    return Talk.objects.filter(conference=request.conference).shown()


def _user_id(request: HttpRequest) -> int | None:
    """None: not signed in, which these views may see where the programme is public."""
    return request.user.pk if request.user.is_authenticated else None


@require_http_methods(["GET", "HEAD", "POST"])
@follows_visibility
@never_cache
def star(request: ConferenceRequest, code: str) -> HttpResponse:
    """The page behind a star, for those whose browser runs no scripts. A star on a talk that has left
    the programme can be taken away.
    """
    talks = Talk.objects.filter(conference=request.conference, code=code)
    talk = talks.shown().first() or get_object_or_404(talks.removed())
    user_id = _user_id(request)
    if user_id is None:
        return redirect_to_login(request.get_full_path())
    if request.method == "POST":
        if request.POST.get("on") == "1" and not talk.is_hidden:
            Bookmark.objects.get_or_create(user_id=user_id, talk=talk)
        else:
            Bookmark.objects.filter(user_id=user_id, talk=talk).delete()
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            return HttpResponse(status=204)
        return HttpResponseRedirect(way_back(request, talk.get_absolute_url()))
    context = {
        "talk": talk,
        "is_starred": talk.bookmarks.filter(user_id=user_id).exists(),
        "back": way_back(request, talk.get_absolute_url()),
        "at": request.at,
    }
    return render_page(request, "schedule/star.html", context)


@for_programs
@require_http_methods(["GET", "HEAD", "POST"])
@follows_visibility
@never_cache
def stars(request: ConferenceRequest) -> JsonResponse:
    """The codes of the talks that are starred; a POST adds those that a browser had kept."""
    user_id = _user_id(request)
    if user_id is None:
        return JsonResponse({"codes": None}, status=401)
    if request.method == "POST":
        codes = request.POST.getlist("code")[:MAX_CODES]
        found = _talks(request).filter(code__in=codes)
        Bookmark.objects.bulk_create(
            (Bookmark(user_id=user_id, talk=talk) for talk in found), ignore_conflicts=True
        )
    codes = list(_talks(request).starred_by(user_id).in_order().values_list("code", flat=True))
    return JsonResponse({"codes": codes})


@require_safe
@follows_visibility
@never_cache
def agenda(request: ConferenceRequest) -> HttpResponse:
    user_id = _user_id(request)
    if user_id is None:
        return redirect_to_login(request.get_full_path())
    talks = _talks(request).starred_by(user_id).with_cards()
    link = AgendaLink.objects.filter(user_id=user_id, conference=request.conference).first()
    feed = request.build_absolute_uri(resolve_url("agenda_feed", link.secret)) if link else ""
    removed = Talk.objects.filter(conference=request.conference).removed().starred_by(user_id)
    context = {
        "removed": removed.in_order(),
        "days": agenda_of(talks, request.conference, viewer_zone(request)),
        "feed": feed,
        "webcal": f"webcal://{feed.partition('://')[2]}" if feed else "",
        "at": request.at,
    }
    return render_page(request, "schedule/agenda.html", context)


@require_POST
@follows_visibility
@never_cache
def new_link(request: ConferenceRequest) -> HttpResponse:
    """A secret address for calendars. The one before, if any, stops to work."""
    user_id = _user_id(request)
    if user_id is None:
        return redirect_to_login(resolve_url("agenda"))
    AgendaLink.objects.of(user_id, request.conference).reset(timezone.now())
    return redirect("agenda")


def agenda_of(
    talks: Iterable[Talk], conference: Conference, zone: zoneinfo.ZoneInfo
) -> list[dict[str, object]]:
    """Days with their entries: each talk with the starred talks that it clashes with."""
    listed = sorted(talks, key=lambda talk: (talk.starts_at, talk.ends_at, talk.pk))
    clashes = clashes_of(listed)
    return [
        {"day": day, "entries": [{"talk": talk, "clashes": clashes[talk.pk]} for talk in group]}
        for day, group in by_day(listed, conference, zone)
    ]


def clashes_of(talks: list[Talk]) -> dict[int, list[Talk]]:
    """By primary key. `talks` in order of their start. What is canceled, or goes on all day, is in
    nobody's way.
    """
    clashes: dict[int, list[Talk]] = {talk.pk: [] for talk in talks}
    running: list[Talk] = []
    for talk in talks:
        if talk.is_canceled or talk.is_all_day:
            continue
        running = [other for other in running if other.ends_at > talk.starts_at]
        for other in running:
            clashes[other.pk].append(talk)
            clashes[talk.pk].append(other)
        running.append(talk)
    return clashes
