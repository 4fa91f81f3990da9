from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from schedule.site.access import login_only, public
from schedule.site.pages import render_page
from schedule.site.zones import COOKIE, known_zone, remember_zone, viewer_zone
from tickets.accounts.forms import ZoneForm
from tickets.admission.claiming import claim_tickets
from tickets.admission.refusals import wants_json
from tickets.admission.request import TicketRequest
from tickets.admission.rule import admission_of, refusal
from tickets.helpdesk.why import explain_to
from tickets.holders.passing_on import free_tickets_of
from tickets.models import Claim, User


@require_safe
@login_only
@never_cache
def tickets(request: TicketRequest) -> HttpResponse:
    """My tickets; for somebody without one, what to do next."""
    claims = Claim.objects.live().filter(user=request.user, ticket__conference=request.conference)
    context = {
        "claims": claims.select_related("ticket__product").order_by("claimed_at"),
        "free_tickets": free_tickets_of(request.conference, request.user),
        "admission": admission_of(request.conference, request.user.pk),
    }
    return render_page(request, "tickets/tickets.html", context)


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
    context = {"findings": findings, "reason": reason}
    return render_page(request, "tickets/why.html", context)


@require_POST
@login_only
def find(request: TicketRequest) -> HttpResponse:
    """For a ticket that came after its holder had signed in."""
    if claim_tickets(request.conference, request.user):
        messages.success(request, _("We found your ticket."))
    else:
        messages.info(request, _("No ticket is waiting for your address."))
    return redirect("tickets")


@require_safe
@public
@never_cache
def me(request: HttpRequest) -> HttpResponse:
    """What shared pages leave out: who is here, and the token for their forms."""
    user = request.user
    name = user.short_name if isinstance(user, User) else None
    return JsonResponse({"name": name, "csrf_token": get_token(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@public
@never_cache
def zone(request: TicketRequest) -> HttpResponse:
    """In which zone times are shown: kept in a cookie, and with the account of who has signed in."""
    user = request.user if isinstance(request.user, User) else None
    chosen = request.COOKIES.get(COOKIE, "")
    back = _path_without_zone(request)
    form = ZoneForm(request.conference, chosen if known_zone(chosen) else "", request.POST or None)
    if not form.is_valid():
        context = {"form": form, "back": back}
        return render_page(request, "tickets/zone.html", context)
    name = form.cleaned_data["zone"]
    if user is not None:
        user.time_zone = name
        user.save(update_fields=["time_zone"])
    response = HttpResponse(status=204) if wants_json(request) else redirect(back)
    remember_zone(response, name, is_secure=request.is_secure())
    return response


def _path_without_zone(request: TicketRequest) -> str:
    """The page that somebody came from, on this host. A zone in its address would win again."""
    path = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(path, hosts, require_https=request.is_secure()):
        return resolve_url("schedule")
    parts = urlsplit(path)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in (COOKIE, "day")]
    return urlunsplit(parts._replace(query=urlencode(query)))
