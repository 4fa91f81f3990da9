"""The countdown for the person on stage, and the small page of the person who chairs.

Speakers open theirs by a secret link on any tablet, without login. What is sent to it is harmless:
the talk's title and times, and what the chair writes.
"""

import json
from hashlib import blake2b
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from schedule.changes.run_of_show.acts import extend
from schedule.changes.run_of_show.proposal import ActRefused, Proposal, apply
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.models import Talk, Timer
from schedule.site.access import for_programs, own_login_only, public
from schedule.site.request import ConferenceRequest
from schedule.site.rights import DeskRights

# What a chair gives; more is for the desk, which sees whom it pushes.
MAX_MINUTES = 15


class MessageForm(forms.ModelForm[Timer]):
    class Meta:
        model = Timer
        fields = ["message"]
        labels = {"message": gettext_lazy("Message to the stage")}


class MoreTimeForm(forms.Form):
    minutes = forms.IntegerField(min_value=1, max_value=MAX_MINUTES)


def _talks(request: ConferenceRequest) -> QuerySet[Talk]:
    return Talk.objects.filter(conference=request.conference).shown().select_related("timer")


def _may_chair(user: Any, talk: Talk) -> bool:
    if not user.is_authenticated or not user.may_work:
        return False
    is_chair = talk.chairs.filter(pk=user.pk).exists()
    return is_chair or DeskRights.of(user, talk.conference).covers(talk.room_id)


def _watched(request: ConferenceRequest, code: str) -> Talk:
    """For whoever has the link; else for chairs, and for speakers who have signed in."""
    talk = get_object_or_404(_talks(request), code=code)
    talk.conference = request.conference
    if constant_time_compare(request.GET.get("key", ""), Timer.of(talk).key):
        return talk
    user = request.user
    is_speaker = user.is_authenticated and talk.speakers.filter(email__iexact=user.email).exists()
    if is_speaker or _may_chair(user, talk):
        return talk
    raise _refusal(request)


def _refusal(request: ConferenceRequest) -> Exception:
    """While the programme is hidden nobody learns whether there is such a talk."""
    return PermissionDenied() if request.conference.programme_is_public else Http404()


def _chaired(request: ConferenceRequest, code: str) -> Talk:
    talk = get_object_or_404(_talks(request), code=code)
    talk.conference = request.conference
    if not _may_chair(request.user, talk):
        raise _refusal(request)
    return talk


@require_safe
@public
@never_cache
def timer(request: ConferenceRequest, code: str) -> HttpResponse:
    talk, at = _watched(request, code), timezone.now()
    context = {
        "talk": talk,
        "at": at,
        "key": Timer.of(talk).key,
        "message": Timer.of(talk).message,
        "minutes_left": int((talk.ends_at - at).total_seconds() // 60),
    }
    with timezone.override(request.conference.zone):
        return render(cast(HttpRequest, request), "schedule/timer.html", context)


@for_programs
@require_safe
@public
def timer_json(request: ConferenceRequest, code: str) -> HttpResponse:
    """What an open countdown polls. Changes only when something does."""
    talk = _watched(request, code)
    with timezone.override(request.conference.zone):
        body = {
            "title": talk.title,
            "starts": int(talk.starts_at.timestamp()),
            "ends": int(talk.ends_at.timestamp()),
            "until": f"{timezone.localtime(talk.ends_at):%H:%M}",
            "canceled": talk.is_canceled,
            "message": Timer.of(talk).message,
        }
    text = json.dumps(body, ensure_ascii=False).encode()
    etag = f'"{blake2b(text, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(text, content_type="application/json", headers=headers)


@require_safe
@own_login_only
@never_cache
def chair(request: ConferenceRequest, code: str) -> HttpResponse:
    talk = _chaired(request, code)
    context = {
        "talk": talk,
        "conference": request.conference,
        "at": timezone.now(),
        "message": Timer.of(talk).message,
        "form": MessageForm(),
        "presets": [_("Wrap up"), _("Time for questions"), _("Please use the microphone")],
        "timer_link": request.build_absolute_uri(Timer.of(talk).get_absolute_url()),
    }
    with timezone.override(request.conference.zone):
        return render(cast(HttpRequest, request), "schedule/chair.html", context)


@require_POST
@own_login_only
def say(request: ConferenceRequest, code: str) -> HttpResponse:
    """Puts a line on the countdown; an empty one takes it away."""
    talk = _chaired(request, code)
    form = MessageForm(request.POST)
    if form.is_valid():
        _say(talk, form.cleaned_data["message"])
    else:
        messages.error(request, _("Write at most 80 signs."))
    return redirect("chair", code)


def _say(talk: Talk, message: str) -> None:
    values = {"message": message, "message_at": timezone.now()}
    Timer.objects.update_or_create(talk=talk, defaults=values)


@require_POST
@own_login_only
def give_time(request: ConferenceRequest, code: str) -> HttpResponse:
    """A few minutes more, at once: there is no time for a preview on stage. The desk can undo it."""
    talk = _chaired(request, code)
    form = MoreTimeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Extend by how many minutes?"))
        return redirect("chair", code)
    minutes: int = form.cleaned_data["minutes"]

    def plan(sheet: RunSheet) -> Proposal:
        return extend(sheet, sheet.by_code[talk.code], minutes)

    try:
        done, _change = apply(request.conference, plan, actor=request.user, digest=None)  # type: ignore[arg-type]  # own_login_only let no anonymous in
    except ActRefused as refused:
        messages.error(request, str(refused))
        return redirect("chair", code)
    _say(talk, _("%(minutes)+d min") % {"minutes": minutes})
    messages.success(request, done.summary)
    for sentence in done.sentences:
        messages.warning(request, sentence)
    return redirect("chair", code)


@require_POST
@own_login_only
def new_link(request: ConferenceRequest, code: str) -> HttpResponse:
    """Older links stop to work."""
    talk = _chaired(request, code)
    row, _made = Timer.objects.get_or_create(talk=talk)
    Timer.objects.filter(pk=row.pk).update(generation=F("generation") + 1)
    messages.success(request, _("The old link does not work any more."))
    return redirect("chair", code)
