"""/admin/desk/: the run of show while it runs. Works without JavaScript and on a phone."""

from collections.abc import Mapping
from datetime import date, datetime

from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lib.plans import PlanChanged
from lib.readiness.results import CheckLevel
from lib.readiness.runner import CheckedItem, examine
from portal.desk.cards import room_cards, stage_cards
from portal.desk.changes import UndoForm, last_changes
from portal.desk.forms import FORMS, ActForm, BreakForm, ProgrammeForm, forms_for
from portal.desk.stage_forms import AnnounceForm
from portal.desk.warnings import warnings_of
from schedule.changes.run_of_show.proposal import ActRefused, Proposal, ProposalLine
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.models import Conference, Room, Talk, Timer
from schedule.site.access import DESK, staff
from schedule.site.rights import ORGANIZE
from streaming.models import Announcement
from tickets.admission.request import DeskRequest, StaffRequest

# The rest is on a page of its own.
WARNINGS_ON_DESK = 5
EXAMINATION_KEY, EXAMINATION_SECONDS = "desk:readiness", 60


def _page(request: StaffRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    everywhere = {
        **admin.site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "conference": request.conference,
        "at": timezone.now(),
    }
    return render(request, f"portal/desk/{template}.html", {**everywhere, **context})


@staff(DESK)
@require_safe
def index(request: DeskRequest) -> HttpResponse:
    conference, rights, at = request.conference, request.rights, timezone.now()
    sheet = RunSheet.read(conference)
    context = {
        "title": _("Desk"),
        "rights": rights,
        "cards": room_cards(sheet, rights, request.programme_revision, at),
    }
    if rights.runs_show:
        context["changes"] = last_changes(conference, rights, request.user)
    if rights.may_announce:
        context["announcements"] = _announcements(conference)
        context["announce"] = AnnounceForm(request=request)
    if rights.is_organizer:
        found = warnings_of(sheet, at)
        context |= {"warnings": found[:WARNINGS_ON_DESK], "warning_count": len(found)}
    return _page(request, "desk", context)


def _announcements(conference: Conference) -> QuerySet[Announcement]:
    return conference.announcements.current_at(timezone.now()).select_related("room")


@staff(ORGANIZE)
@require_safe
def warnings(request: StaffRequest) -> HttpResponse:
    found = warnings_of(RunSheet.read(request.conference), timezone.now())
    return _page(request, "warnings", {"title": _("Warnings"), "warnings": found})


@staff(ORGANIZE)
@require_safe
def readiness(request: StaffRequest) -> HttpResponse:
    """What doctor finds of this conference and of the machine. What concerns others is not for its
    organizers, nor is which setting is weak: superusers run the installation.
    """
    looked_at, found = _kept_examination()
    ours = [
        each
        for each in found
        if each.result.slug in ("", request.conference.slug)
        and (request.user.is_superuser or each.check != "settings")
    ]
    headings = {
        CheckLevel.ERROR: _("Broken"),
        CheckLevel.WARNING: _("Worth a look"),
        CheckLevel.OK: _("All right"),
        CheckLevel.NOT_APPLICABLE: _("Not needed here"),
    }
    groups = [
        (heading, [each for each in ours if each.result.level is level])
        for level, heading in headings.items()
    ]
    context = {"title": _("Ready for the day?"), "looked_at": looked_at, "groups": groups}
    return _page(request, "readiness", context)


def _kept_examination() -> tuple[datetime, list[CheckedItem]]:
    """However many look, other servers are asked once a minute."""
    kept: tuple[datetime, list[CheckedItem]] | None = cache.get(EXAMINATION_KEY)
    if kept is None:
        at = timezone.now()
        kept = at, examine(at)
        cache.set(EXAMINATION_KEY, kept, EXAMINATION_SECONDS)
    return kept


@staff(DESK)
@require_safe
def room(request: DeskRequest, slug: str) -> HttpResponse:
    """The run sheet of one room on one day."""
    conference, sheet = request.conference, RunSheet.read(request.conference)
    here = next((room for room in sheet.rooms.values() if room.slug == slug), None)
    if here is None:
        raise Http404
    if not request.rights.covers(here.pk):
        raise PermissionDenied
    talks = [talk for talk in sheet.talks if here.pk in talk.rooms]
    days = sorted({sheet.day_of(talk) for talk in talks})
    today = conference.day_of(timezone.now())
    day = _day(request, today if today in days or not days else days[0])
    initial = {"room": slug, "at": timezone.now()}
    adding = BreakForm(sheet=sheet, request=request, initial=initial, auto_id="break_%s")
    context = {
        "title": here.name,
        "room": here,
        "days": days,
        "day": day,
        "talks": [talk for talk in talks if sheet.day_of(talk) == day],
        "forms": [adding] if adding.is_for(request.rights, here.pk) else [],
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


@staff(DESK)
@require_safe
def talk(request: DeskRequest, code: str) -> HttpResponse:
    sheet = RunSheet.read(request.conference)
    placed = sheet.by_code.get(code)
    if placed is None:
        raise Http404
    if not request.rights.covers(placed.room):
        raise PermissionDenied
    row = get_object_or_404(Talk.objects.select_related("timer"), pk=placed.pk)
    context = {
        "title": placed.title,
        "rights": request.rights,
        "talk": placed,
        "room": sheet.rooms.get(placed.room or 0),
        "speakers": ", ".join(sorted(sheet.speakers[pk] for pk in placed.speakers)),
        "forms": forms_for(placed, sheet, request),
        "timer_link": request.build_absolute_uri(Timer.of(row).get_absolute_url()),
    }
    return _page(request, "talk", context)


@staff(DESK)
@require_safe
def stage(request: DeskRequest) -> HttpResponse:
    """What the open desk asks for every few seconds: the pictures' part of it alone."""
    conference, rights = request.conference, request.rights
    rooms = [room for room in conference.rooms.all() if rights.covers(room.pk)]
    context = {
        "rights": rights,
        "stages": stage_cards(conference, request.programme_revision, rooms, timezone.now()),
        "announcements": _announcements(conference),
    }
    return render(request, "portal/desk/_stages.html", context)


@staff(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: DeskRequest, act: str) -> HttpResponse:
    """On the programme: a GET shows what would happen; the POST of that page does it."""
    if not request.rights.runs_show:
        raise PermissionDenied
    if act not in FORMS:
        raise Http404
    sheet = RunSheet.read(request.conference)
    data: QueryDict = request.POST if request.method == "POST" else request.GET
    form = FORMS[act](data, sheet=sheet, request=request)
    if not form.is_valid():
        return _preview(request, form, None)
    try:
        if request.method != "POST":
            return _preview(request, form, form.plan(sheet))
        if done := form.do():
            messages.success(request, done)
    except ActRefused as refused:
        messages.error(request, str(refused))
        return _preview(request, form, None)
    except PlanChanged as changed:
        messages.warning(request, _("The programme has changed since. This would happen now:"))
        return _preview(request, form, changed.plan)
    return redirect("desk:index")


def _preview(request: DeskRequest, form: ProgrammeForm, proposal: Proposal | None) -> HttpResponse:
    """No proposal: the form says what is wrong with it."""
    context = {
        "title": form.label,
        "form": form,
        "proposal": proposal,
        "lines": [_shown(line, proposal.sheet.rooms) for line in proposal.lines]
        if proposal
        else [],
    }
    return _page(request, "preview", context)


def _shown(line: ProposalLine, rooms: Mapping[int, Room]) -> dict[str, object]:
    old, new = line
    return {
        "old": old,
        "new": new,
        "old_room": rooms.get(old.room or 0) if old else None,
        "new_room": rooms.get(new.room or 0),
        "is_moved": old and (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at),
        "has_new_room": old and old.room != new.room,
    }


@staff(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: DeskRequest, pk: int) -> HttpResponse:
    """A GET shows what undoing would do; the POST of that page does it."""
    is_post = request.method == "POST"
    form = UndoForm(request.POST if is_post else {}, request=request, pk=pk)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.non_field_errors())))
        return redirect("desk:index")
    try:
        if is_post:
            messages.success(request, form.do())
            return redirect("desk:index")
    except ActRefused as refused:
        messages.error(request, str(refused))
    except PlanChanged:
        messages.warning(request, _("This would happen now:"))
    title = _("Undo: %(what)s") % {"what": form.change}
    return _page(request, "undo", {"title": title, "plan": form.plan})


@staff(DESK)
@require_POST
def press(request: DeskRequest, form_class: type[ActForm], **address: str | int) -> HttpResponse:
    """What is done at once, because one more press takes it back."""
    form = form_class(request.POST, request=request, **address)
    try:
        if form.is_valid():
            messages.success(request, form.do())
        else:
            problems = [str(each) for errors in form.errors.values() for each in errors]
            messages.error(request, " ".join(problems))
    except ActRefused as refused:
        messages.error(request, str(refused))
    return redirect(reverse("desk:index") + form.anchor)
