"""Watching again. The library is as open as the programme; a replay opens with the scope `replay`,
or to everybody once its recording, or the conference, is public.
"""

from datetime import date, datetime

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.models import Talk, TalkQuerySet
from schedule.programme.days import by_day
from schedule.programme.filters import FILTERS, MAX_LISTED, FilterForm
from schedule.site.access import admits, for_programs
from schedule.site.pages import render_page, shared_page
from schedule.site.params import DAY
from schedule.site.request import ConferenceRequest
from schedule.site.zones import COOKIE, viewer_zone
from streaming.replays.library import Library, Replay, library
from streaming.watching.csp import allow_players
from streaming.watching.playback import asked_second, offer_recording, viewer_of
from tickets.admission.middleware import admission_and_page
from tickets.admission.refusals import refuse
from tickets.admission.request import TicketRequest
from tickets.admission.rule import refusal
from tickets.admission.watching import refusal_to_watch

SCOPE = "replay"
SPEEDS = ("0.75", "1", "1.25", "1.5", "1.75", "2")


class ReplayFilterForm(FilterForm):
    # Everything here is a talk that has been, for whoever asks. This is how Django leaves out fields.
    kind = None  # type: ignore[assignment]
    mine = None  # type: ignore[assignment]


REPLAY_FILTERS = {
    name: param for name, param in FILTERS.items() if name in ReplayFilterForm.base_fields
}


def _library(request: ConferenceRequest) -> Library:
    return library(request.conference.pk, request.programme_revision)


def _is_open(request: ConferenceRequest, code: str) -> bool:
    """Whether everybody may watch it: one of its recordings is public."""
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
@shared_page(params={"day": DAY, **REPLAY_FILTERS})
def replays(request: ConferenceRequest) -> HttpResponse:
    """All that can be watched; where that is too much, a day of it."""
    conference, at = request.conference, request.at
    shown = {each.code: each for each in _library(request).at(conference, at)}
    talks = Talk.objects.filter(conference=conference, code__in=shown).shown()
    form = ReplayFilterForm(request)
    if form.is_used:
        # A second query, since what was searched in cannot be ordered by rooms.
        talks = talks.filter(pk__in=form.narrow(talks, None).values("pk"))
    query = request.GET.copy()
    for name in ("day", COOKIE):
        query.pop(name, None)
    context = {
        "form": form,
        "query": query.urlencode() if form.is_used else "",
        "is_empty": not shown,
        # Where all is open there is nothing to mark.
        "open": {code for code, each in shown.items() if each.open_at(at)}
        if not conference.is_public
        else set(),
        "at": at,
        **_days_context(request, talks, shown),
    }
    return render_page(request, "streaming/replays.html", context)


def _days_context(
    request: ConferenceRequest, talks: TalkQuerySet, shown: dict[str, Replay]
) -> dict[str, object]:
    conference, zone = request.conference, viewer_zone(request)
    listed = list(talks.in_order().with_cards())
    days = [
        (day, [(talk, shown[talk.code]) for talk in group])
        for day, group in by_day(listed, conference, zone)
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
@shared_page()
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
        "day": talk.day(conference, viewer_zone(request)),
        "at": at,
    }
    return allow_players(request, render_page(request, "streaming/replay.html", context))


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


@for_programs
@require_safe
@admits(SCOPE, opens=_is_open)
@never_cache
def playback(request: TicketRequest, code: str) -> HttpResponse:
    """Where the picture is, handed out after the check. `sources` has the first choice first, each
    with the second at which the talk begins; one that still goes on also with that moment. What is
    open to everybody takes no place.
    """
    at = timezone.now()
    found = _replay_or_404(request, code, request.at)
    versions = found.open_at(at)
    if versions != found.versions:
        # The gate has not asked where a version is open to everybody.
        request.admission, _page = admission_and_page(request, None)
        reason = refusal(request.conference, request.admission, SCOPE, at)
        reason = reason or refusal_to_watch(request)
        if reason and not versions:
            return refuse(request, reason)
        versions = versions if reason else found.versions
    viewer, into = viewer_of(request), min(asked_second(request), found.seconds)
    sources = [
        offer_recording(each.recording, viewer, at, each.second, each.second + into)
        for each in versions
    ]
    answer = {"sources": [source for source in sources if source], "seconds": found.seconds}
    return JsonResponse(answer)
