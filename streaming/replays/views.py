"""Watching again. The library is as open as the programme; a replay opens with the scope `replay`, or
to everybody once its recording, or the conference, is public.
"""

from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.models import Talk, TalkQuerySet
from schedule.programme.filters import MAX_LISTED
from schedule.site.access import admits
from schedule.site.pages import render_page, shared_page
from schedule.site.request import ConferenceRequest
from schedule.site.zones import viewer_zone
from streaming.replays.finding import Library, Replay, Version, library
from streaming.replays.forms import LibraryForm
from streaming.sources.base import Viewer
from streaming.watching.csp import player_policy
from streaming.watching.playback import offer, viewer_of
from tickets.admission.middleware import admission_and_page
from tickets.admission.rule import refusal

SCOPE = "replay"
SPEEDS = ("0.75", "1", "1.25", "1.5", "1.75", "2")


def _library(request: ConferenceRequest) -> Library:
    return library(request.conference, request.programme_revision)


def _is_open(request: ConferenceRequest, code: str) -> bool:
    """To everybody: one of its recordings is public."""
    at = timezone.now()
    replay = _library(request).one(code, request.conference, at)
    return replay is not None and bool(replay.open_at(at))


def _replay_or_404(request: ConferenceRequest, code: str, at: datetime) -> Replay:
    replay = _library(request).one(code, request.conference, at)
    if replay is None:
        raise Http404
    return replay


@require_safe
@admits(SCOPE, follows_visibility=True)
@shared_page(params=("day",))
def replays(request: ConferenceRequest) -> HttpResponse:
    """All that can be watched; where that is too much, a day of it. What is searched for is never
    kept.
    """
    conference, at = request.conference, request.at
    shown = {each.code: each for each in _library(request).at(conference, at)}
    talks = Talk.objects.filter(conference=conference, code__in=shown).shown()
    form = LibraryForm(conference, talks, request.GET)
    if form.is_used:
        # A second query, since what was searched in cannot be ordered by rooms.
        talks = talks.filter(pk__in=form.narrow(talks, None).values("pk"))
    query = request.GET.copy()
    query.pop("day", None)
    context = {
        "form": form,
        "query": query.urlencode() if form.is_used else "",
        "is_empty": not shown,
        # Where all is open there is nothing to mark.
        "open": set() if conference.is_public else _open_codes(shown, at),
        "at": at,
        **_days_context(request, talks, shown),
    }
    response = render_page(request, "streaming/replays.html", context)
    if form.is_used:
        add_never_cache_headers(response)
    return response


def _open_codes(shown: dict[str, Replay], at: datetime) -> set[str]:
    return {code for code, each in shown.items() if each.open_at(at)}


def _days_context(
    request: ConferenceRequest, talks: TalkQuerySet, shown: dict[str, Replay]
) -> dict[str, Any]:
    conference, zone = request.conference, viewer_zone(request)
    listed = list(talks.in_order().with_cards())
    days = [
        (day, [(talk, shown[talk.code]) for talk in group])
        for day, group in groupby(listed, key=lambda talk: conference.day_of(talk.starts_at, zone))
    ]
    day = _chosen_day(request, [day for day, _talks in days], len(listed))
    return {
        "days": [day for day, _talks in days],
        "day": day,
        "found": [group for group in days if day in (None, group[0])],
    }


def _chosen_day(request: ConferenceRequest, days: list[date], count: int) -> date | None:
    """None: all of them."""
    if wanted := request.GET.get("day"):
        chosen = next((day for day in days if day.isoformat() == wanted), None)
        if chosen is None:
            raise Http404
        return chosen
    return days[-1] if count > MAX_LISTED else None


@require_safe
@admits(SCOPE, opens=_is_open)
@shared_page(ignores=("t",))
def replay(request: ConferenceRequest, code: str) -> HttpResponse:
    """The page knows no address and, being the same for everybody, no second: its script does."""
    conference, at = request.conference, request.at
    found = _replay_or_404(request, code, at)
    talks = Talk.objects.filter(conference=conference).shown().with_cards()
    talk = get_object_or_404(talks, code=code)
    context = {
        "talk": talk,
        "replay": found,
        "chapters": _chapters(request, found, at),
        "speeds": SPEEDS,
        "day": conference.day_of(talk.starts_at, viewer_zone(request)),
        "at": at,
    }
    response = render_page(request, "streaming/replay.html", context)
    policy = player_policy(conference, request.programme_revision)
    response.headers["Content-Security-Policy"] = policy
    return response


def _chapters(request: ConferenceRequest, shown: Replay, at: datetime) -> list[Replay]:
    """The talks of the same recording, where it has more than this one."""
    recording = shown.versions[0].recording
    if recording.talk_id:
        return []
    held = [
        each
        for each in _library(request).at(request.conference, at)
        if each.versions[0].recording.pk == recording.pk
    ]
    return held if len(held) > 1 else []


@require_safe
@admits(SCOPE, opens=_is_open)
@never_cache
def playback(request: ConferenceRequest, code: str) -> HttpResponse:
    """Where the picture is, handed out after the check. `sources` has the first choice first, each
    with the second at which the talk begins; one that still goes on also with that moment.
    """
    at = timezone.now()
    found = _replay_or_404(request, code, request.at)
    versions = found.versions if _is_admitted(request, at) else found.open_at(at)
    viewer, into = viewer_of(request), _seconds_into(request, found)
    sources = [_source(version, viewer, at, into) for version in versions]
    answer = {"sources": [source for source in sources if source], "seconds": found.seconds}
    return JsonResponse(answer)


def _is_admitted(request: ConferenceRequest, at: datetime) -> bool:
    """The gate has not asked where the replay is open to everybody."""
    admission, _page = admission_and_page(request, None)
    return refusal(request.conference, admission, SCOPE, at) is None


def _seconds_into(request: ConferenceRequest, found: Replay) -> int:
    """`?t=`, for players of others, which begin where their address says."""
    wanted = request.GET.get("t", "")
    return min(int(wanted), found.seconds) if wanted.isdecimal() and len(wanted) < 7 else 0


def _source(version: Version, viewer: Viewer, at: datetime, into: int) -> dict[str, Any] | None:
    recording = version.recording
    offered = offer(recording, viewer, at)
    if offered is None:
        return None
    url = recording.source.from_second(offered["url"], version.second + into)
    began_at = recording.starts_at if recording.ends_at is None else None
    began = int(began_at.timestamp()) + version.second if began_at else None
    return {**offered, "url": url, "start": version.second, "began": began}
