"""/admin/desk/: the run of show while it runs. Works without JavaScript and on a phone."""

import functools
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lib.plans import PlanChanged
from portal.desk import board
from portal.desk.forms import FORMS, ActForm, BreakForm, forms_for
from portal.desk.stage import stage_cards, stage_context
from portal.desk.stage_forms import AnnounceForm
from schedule.attending.timer.links import timer_link
from schedule.changes.recorder import Changed, undo
from schedule.changes.run_of_show.apply import apply
from schedule.changes.run_of_show.proposal import ActRefused, Proposal
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.changes.warnings import troubles, words
from schedule.models import Change, Talk
from schedule.site.access import public
from schedule.site.request import ConferenceRequest
from schedule.site.rights import DeskRights
from streaming.watching.room_streams import room_streams_of

# The rest is on a page of its own.
WARNINGS_ON_DESK = 5


class DeskRequest(ConferenceRequest):
    reach: DeskRights


def desk_view[**P](view: Callable[P, HttpResponse]) -> Any:
    """Behind the admin's login; open to organizers, and to room helpers for their rooms. The
    ticket gate lets it pass, because who works here needs no ticket.
    """

    @functools.wraps(view)
    def asked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        request.reach = DeskRights.of(request.user, request.conference)
        if not request.reach:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return public(admin.site.admin_view(never_cache(asked)))


def _page(request: DeskRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    everywhere = {
        **admin.site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "conference": request.conference,
        "reach": request.reach,
        "at": timezone.now(),
    }
    return render(request, f"portal/desk/{template}.html", {**everywhere, **context})


@desk_view
@require_safe
def index(request: DeskRequest) -> HttpResponse:
    at, sheet = timezone.now(), RunSheet.read(request.conference)
    found = _warnings(request, sheet) if request.reach.is_organizer else []
    context = {
        "title": _("Desk"),
        "cards": board.room_cards(sheet, request.reach, at),
        "changes": board.last_changes(sheet, request.reach, request.user.pk or 0),
        "warnings": found[:WARNINGS_ON_DESK],
        "warning_count": len(found),
        **stage_context(request.conference, request.programme_revision, request.reach),
        "announce": AnnounceForm(conference=request.conference),
    }
    return _page(request, "desk", context)


def _warnings(request: DeskRequest, sheet: RunSheet) -> list[str]:
    at = timezone.now()
    found = [
        *troubles(sheet),
        *board.without_stream(sheet, room_streams_of(request.conference), at),
    ]
    return [words(trouble, sheet) for trouble in board.to_come(found, at)]


@desk_view
@require_safe
def warnings(request: DeskRequest) -> HttpResponse:
    if not request.reach.is_organizer:
        raise PermissionDenied
    found = _warnings(request, RunSheet.read(request.conference))
    return _page(request, "warnings", {"title": _("Warnings"), "warnings": found})


@desk_view
@require_safe
def room(request: DeskRequest, slug: str) -> HttpResponse:
    """The run sheet of one room on one day."""
    conference, sheet = request.conference, RunSheet.read(request.conference)
    here = next((room for room in sheet.rooms.values() if room.slug == slug), None)
    if here is None:
        raise Http404
    if not request.reach.covers(here.pk):
        raise PermissionDenied
    talks = [talk for talk in sheet.talks if here.pk in talk.rooms]
    days = sorted({sheet.day_of(talk) for talk in talks})
    today = conference.day_of(timezone.now())
    day = _day(request, today if today in days or not days else days[0])
    initial = {"room": slug, "at": timezone.now()}
    adding = BreakForm(sheet=sheet, reach=request.reach, initial=initial, auto_id="break_%s")
    context = {
        "title": here.name,
        "room": here,
        "days": days,
        "day": day,
        "talks": [talk for talk in talks if sheet.day_of(talk) == day],
        "forms": [adding] if request.reach.is_organizer else [],
        "stages": stage_cards(conference, request.programme_revision, [here], timezone.now()),
    }
    return _page(request, "room", context)


def _day(request: DeskRequest, otherwise: date) -> date:
    try:
        return date.fromisoformat(request.GET["day"])
    except KeyError:
        return otherwise
    except ValueError:
        raise Http404 from None


@desk_view
@require_safe
def talk(request: DeskRequest, code: str) -> HttpResponse:
    sheet = RunSheet.read(request.conference)
    placed = sheet.by_code.get(code)
    if placed is None:
        raise Http404
    if not request.reach.covers(placed.room):
        raise PermissionDenied
    row = get_object_or_404(Talk.objects.select_related("timer"), pk=placed.pk)
    context = {
        "title": placed.title,
        "talk": placed,
        "room": sheet.rooms.get(placed.room or 0),
        "speakers": ", ".join(sorted(sheet.speakers[pk] for pk in placed.speakers)),
        "forms": forms_for(placed, sheet, request.reach),
        "timer_link": request.build_absolute_uri(timer_link(row)),
    }
    return _page(request, "talk", context)


@desk_view
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: DeskRequest, act: str) -> HttpResponse:
    """A GET shows what would happen; the POST of that page does it."""
    if act not in FORMS:
        raise Http404
    sheet = RunSheet.read(request.conference)
    data: QueryDict = request.POST if request.method == "POST" else request.GET
    form = FORMS[act](data, sheet=sheet, reach=request.reach)
    if not form.is_valid():
        return _preview(request, form, None)
    try:
        if request.method != "POST":
            return _preview(request, form, form.plan(sheet))
        digest = request.POST.get("digest", "")
        done, change = apply(request.conference, form.plan, actor=request.user, digest=digest)  # type: ignore[arg-type]  # desk_view let no anonymous in
    except ActRefused as refused:
        messages.error(request, str(refused))
        return _preview(request, form, None)
    except PlanChanged as changed:
        messages.warning(request, _("The programme has changed since. This would happen now:"))
        return _preview(request, form, changed.plan)
    if change is not None:
        messages.success(request, done.summary)
    return redirect("desk:index")


def _preview(request: DeskRequest, form: ActForm, proposal: Proposal | None) -> HttpResponse:
    """No proposal: the form says what is wrong with it."""
    context = {
        "title": form.label,
        "form": form,
        "proposal": proposal,
        "lines": board.shown_lines(proposal) if proposal else [],
    }
    return _page(request, "preview", context)


@desk_view
@require_POST
def undo_change(request: DeskRequest, pk: int) -> HttpResponse:
    changes = Change.objects.filter(conference=request.conference)
    if not request.reach.is_organizer:
        changes = changes.filter(actor=request.user.pk)
    change = get_object_or_404(changes, pk=pk)
    if not changes.can_be_undone().filter(pk=pk).exists():
        messages.warning(request, _("This is undone already."))
        return redirect("desk:index")
    if not _reaches_all(request.reach, change):
        raise PermissionDenied
    summary = _("Undone: %(what)s") % {"what": change}
    try:
        undo(change, actor=request.user, summary=summary[:300])  # type: ignore[arg-type]  # as above
    except Changed as changed:
        messages.error(request, _not_undone(changed))
    else:
        messages.success(request, summary)
    return redirect("desk:index")


def _reaches_all(reach: DeskRights, change: Change) -> bool:
    rooms = change.fields.values_list("talk__room", flat=True).distinct()
    return all(reach.covers(room) for room in rooms)


def _not_undone(changed: Changed) -> str:
    what = "; ".join(
        f"{field.talk}: {Talk._meta.get_field(field.field).verbose_name}"  # type: ignore[union-attr]  # a field of ours
        for field in changed.fields
    )
    return _("Not undone, because this has changed since: %(what)s.") % {"what": what}
