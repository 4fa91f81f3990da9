"""For organizers and volunteers at the help desk, and last what people read of themselves. Works without
JavaScript and on a phone.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import validate_email
from django.forms import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lib.qr import qr_image
from schedule.models import Conference
from schedule.site.access import login_only, staff
from schedule.site.pages import render_page
from schedule.site.scoped_admin import in_venue_zone
from schedule.site.zones import viewer_zone
from tickets.accounts.accounts import people_known_to
from tickets.admission.refusals import is_for_replays, refusal_words
from tickets.admission.request import StaffRequest, TicketRequest
from tickets.admission.rule import Reason, admission_of, refusal
from tickets.helpdesk import board
from tickets.helpdesk.acts import Done, FixRefused, Volunteer
from tickets.helpdesk.forms import FORMS, PERMISSION, FixForm, ShowLinkForm, page_of
from tickets.helpdesk.why import Explanation, explain, explain_ticket, explain_to
from tickets.helpdesk.why.inquiry import with_all
from tickets.models import Ban, Grant, Ticket, User
from tickets.models.scopes import parse_scope
from tickets.sources.syncing.asking import ask_in_background

MAX_BOUGHT = 30


def _volunteer(request: StaffRequest) -> Volunteer:
    return Volunteer(request.user, request.conference, request.build_absolute_uri("/"))


def _page(request: StaffRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    everywhere = {
        **admin.site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "conference": request.conference,
        "at": timezone.now(),
    }
    return render(request, f"tickets/helpdesk/{template}.html", {**everywhere, **context})


@staff(PERMISSION)
@never_cache
@in_venue_zone
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """Search; the only one who is found is shown at once."""
    words = request.GET.get("q", "").strip()
    volunteer = _volunteer(request)
    found = board.search(volunteer, words) if words else None
    if found is not None and (row := found.only):
        return redirect(page_of(row))
    context: dict[str, Any] = {"title": _("Help desk"), "words": words, "found": found}
    if found is not None and not found.people and _is_address(words):
        # Nothing is said of accounts that have nothing to do with this conference.
        explanation = explain(request.conference, None, words, timezone.now())
        context |= {
            "explanation": explanation,
            "lines": board.lines_of(explanation, volunteer),
            "fixes": board.ask_fixes(explanation.case, volunteer)
            + board.offer(volunteer, "grant", email=explanation.case.email),
        }
    return _page(request, "index", context)


def _is_address(words: str) -> bool:
    try:
        validate_email(words)
    except ValidationError:
        return False
    return True


@staff(PERMISSION)
@never_cache
@in_venue_zone
@require_safe
def person(request: StaffRequest, pk: int) -> HttpResponse:
    conference = request.conference
    who = get_object_or_404(people_known_to(request.user, conference), pk=pk)
    scope = _scope(request)
    explanation = explain(conference, who, who.email, timezone.now(), scope)
    volunteer = _volunteer(request)
    context = {
        "title": who.display_name or who.email,
        "who": who,
        "scope": scope or "",
        "scopes": _scopes(conference),
        "explanation": explanation,
        "lines": board.lines_of(explanation, volunteer),
        "fixes": board.ask_fixes(explanation.case, volunteer) + board.person_fixes(who, volunteer),
        "bought": explanation.case.bought[:MAX_BOUGHT],
        "history": board.history(_rows_of(explanation, who), volunteer),
    }
    return _page(request, "person", context)


def _rows_of(explanation: Explanation, who: User) -> list[Any]:
    rows = [finding.about for finding in explanation.findings]
    return [who, *explanation.case.tickets, *(row for row in rows if isinstance(row, Grant | Ban))]


def _scope(request: StaffRequest) -> str | None:
    """None: any admission."""
    try:
        return str(parse_scope(request.GET["scope"])) if request.GET.get("scope") else None
    except ValueError:
        raise Http404 from None


def _scopes(conference: Conference) -> list[tuple[str, str]]:
    rooms = conference.rooms.values_list("slug", "name")
    return [
        ("", _("anything")),
        *((f"room:{slug}", name) for slug, name in rooms),
        ("replay", _("replays")),
    ]


@staff(PERMISSION)
@never_cache
@in_venue_zone
@require_safe
def ticket(request: StaffRequest, pk: int) -> HttpResponse:
    conference = request.conference
    row = get_object_or_404(with_all(Ticket.objects.filter(conference=conference)), pk=pk)
    findings = explain_ticket(row, conference, timezone.now())
    lines = [board.FindingLine(finding, board.url_of(finding), []) for finding in findings]
    context = {
        "title": row.code,
        "ticket": row,
        "lines": lines,
        "fixes": board.ticket_fixes(row, _volunteer(request)),
        "history": board.history([row], _volunteer(request)),
    }
    return _page(request, "ticket", context)


@staff(PERMISSION)
@never_cache
@in_venue_zone
@require_safe
def speakers(request: StaffRequest) -> HttpResponse:
    """Who speaks and cannot come in by that, because no address is known."""
    listed = list(board.speakers_without_email(request.conference))
    return _page(
        request, "speakers", {"title": _("Speakers without an e-mail address"), "speakers": listed}
    )


@staff(PERMISSION)
@never_cache
@in_venue_zone
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: StaffRequest, act: str) -> HttpResponse:
    """A GET shows the form, or asks once more; the POST does it."""
    if act not in FORMS:
        raise Http404
    form_class, volunteer = FORMS[act], _volunteer(request)
    if not form_class.is_for(volunteer):
        raise PermissionDenied
    if request.method != "POST":
        return _ask(request, form_class(volunteer=volunteer, initial=request.GET.dict()))
    form = form_class(request.POST, volunteer=volunteer)
    if not form.is_valid():
        return _ask(request, form)
    try:
        done = form.do()
    except FixRefused as refused:
        form.add_error(None, str(refused))
        return _ask(request, form)
    if act == ShowLinkForm.act:
        return _show_link(request, done)
    messages.success(request, done.text)
    return redirect(page_of(done.leads_to))


def _show_link(request: StaffRequest, done: Done) -> HttpResponse:
    context = {
        "title": _("Entry link"),
        "ticket": done.leads_to,
        "url": done.text,
        "picture": qr_image(done.text),
    }
    return _page(request, "link", context)


def _ask(request: StaffRequest, form: FixForm) -> HttpResponse:
    about = form.about()
    back = page_of(about) if about else reverse("helpdesk:index")
    context = {"title": form.label, "form": form, "about": about, "back": back}
    return _page(request, "act", context)


@require_safe
@login_only
@never_cache
def why(request: TicketRequest) -> HttpResponse:
    """What is known of why this person can, or cannot, get in."""
    conference, at = request.conference, timezone.now()
    admission = admission_of(conference, request.user.pk)
    with timezone.override(viewer_zone(request)):
        findings = explain_to(conference, request.user, admission, at)
    reason = refusal(conference, admission, None, at)
    words = refusal_words(request, reason) if reason else None
    may_change = reason not in (None, Reason.BANNED)
    is_asked = may_change and ask_in_background(conference, request.user)
    context = {
        "findings": findings,
        "reason": reason,
        "words": words,
        "is_for_replays": is_for_replays(admission),
        "is_asked": is_asked,
    }
    return render_page(request, "tickets/why.html", context)
