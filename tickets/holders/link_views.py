import contextlib

from allauth.account.utils import get_login_redirect_url, get_next_redirect_url, perform_login
from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from schedule.site.access import public
from schedule.site.pages import render_page
from tickets.accounts.waiting_line import take_turn, with_waiting_line
from tickets.admission.request import TicketRequest
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.holders.entering import EntryRefusal, enter, refusal_of
from tickets.holders.links import link_of
from tickets.models import Claim, EntryLink, User
from tickets.models.people import mask_email

_STATUS = {EntryRefusal.DEAD: 404, EntryRefusal.GUARDED: 200}


@require_http_methods(["GET", "HEAD", "POST"])
@public
@never_cache
@with_waiting_line
def entry(request: TicketRequest, token: str) -> HttpResponseBase:
    """A button, because mail scanners open addresses and run their scripts."""
    link = link_of(token)
    refusal = refusal_of(link, request.conference)
    if link is None or refusal:
        return _refuse(request, refusal or EntryRefusal.DEAD)
    response: HttpResponseBase
    if request.method == "POST":
        page = take_turn(request, action="enter", key=str(link.pk))
        response = page or _come_in(request, link)
    else:
        if request.method == "GET" and not link.is_shown:
            # For the organizers' list, and no reason to keep anybody out.
            with contextlib.suppress(DatabaseError):
                link.note_opened(timezone.now())
        response = _ask(request, link)
    # Not "no-referrer": browsers then send "Origin: null" with the form, and it is refused.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _ask(request: TicketRequest, link: EntryLink) -> HttpResponse:
    ticket, signed_in = link.ticket, _signed_in(request)
    claim = ticket.live_claim
    if signed_in is not None and claim is not None and claim.user_id == signed_in.pk:
        return HttpResponseRedirect(get_login_redirect_url(request))
    context = {
        "first_name": ticket.first_name,
        "address": mask_email(ticket.holder_email),
        "is_other": signed_in is not None and signed_in.email != ticket.holder_email,
        "next": get_next_redirect_url(request) or "",
    }
    return render_page(request, "tickets/entry.html", context)


def _come_in(request: TicketRequest, link: EntryLink) -> HttpResponseBase:
    signed_in = _signed_in(request)
    user, refusal = enter(link, request.conference, signed_in)
    if user is None:
        return _refuse(request, refusal or EntryRefusal.DEAD, link)
    if signed_in is None:
        way = SignInWay.SHOWN_LINK if link.is_shown else SignInWay.LINK
        SignIn.begin(request.session, user, way)
        response: HttpResponseBase = perform_login(request, user)
        return response
    has_it = Claim.objects.live().filter(ticket=link.ticket, user=user).exists()
    if not has_it:
        messages.info(
            request,
            _("You have a ticket that opens the same, so this one stays free for somebody else."),
        )
        return redirect("tickets")
    return HttpResponseRedirect(get_login_redirect_url(request))


def _refuse(
    request: TicketRequest, refusal: EntryRefusal, link: EntryLink | None = None
) -> HttpResponse:
    context: dict[str, object] = {"refusal": refusal, "next": get_next_redirect_url(request) or ""}
    if link is not None and (claim := link.ticket.live_claim):
        context["holder"] = mask_email(claim.user.email)
    response = render_page(request, "tickets/entry_refused.html", context)
    response.status_code = _STATUS.get(refusal, 403)
    response["Referrer-Policy"] = "strict-origin"
    return response
