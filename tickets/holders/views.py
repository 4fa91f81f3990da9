"""What people see and do about their tickets. Entry links have views of their own (link_views.py)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from schedule.site.access import login_only
from schedule.site.pages import render_page
from schedule.site.zones import viewer_zone
from tickets.accounts.forms import redirects_mistakes
from tickets.admission.claiming import claim_tickets
from tickets.admission.refusals import is_for_replays
from tickets.admission.request import TicketRequest
from tickets.admission.rule import admission_of
from tickets.admission.standing import Standing
from tickets.admission.standing_words import StandingWords
from tickets.holders.forms import OrderCodeForm, OrderForm, PassOnForm
from tickets.holders.order_code import (
    PendingOrder,
    ask_for_code,
    claim_order,
    is_code_of_order,
    pending_order,
    tries_left,
)
from tickets.holders.passing_on import (
    ADD_ON_IS_NOT_PASSED_ON,
    NotPassedOn,
    free_tickets_of,
    may_pass_on,
    pass_on,
)
from tickets.models import Claim, Ticket
from tickets.sources.syncing.asking import ask_in_background

_METHODS = ["GET", "HEAD", "POST"]


@require_safe
@login_only
@never_cache
def tickets(request: TicketRequest) -> HttpResponse:
    """My tickets; for somebody without one, what to do next."""
    admission = admission_of(request.conference, request.user.pk)
    with timezone.override(viewer_zone(request)):
        standing = Standing.read(request.conference, request.user)
        words = StandingWords(standing, timezone.now())
        context = {
            "cards": words.cards(),
            "others": words.beside_tickets(),
            "free_tickets": free_tickets_of(request.conference, request.user),
            "admission": admission,
            "is_for_replays": is_for_replays(admission),
        }
    return render_page(request, "tickets/tickets.html", context)


@require_POST
@login_only
def find(request: TicketRequest) -> HttpResponse:
    """For a ticket that came after its holder had signed in."""
    if claim_tickets(request.conference, request.user):
        messages.success(request, _("We found your ticket."))
    elif ask_in_background(request.conference, request.user):
        text = _("We are asking the ticket shop again about your tickets. Look again in a minute.")
        messages.info(request, text)
    else:
        messages.info(request, _("No ticket is waiting for your address."))
    return redirect("tickets")


@require_http_methods(_METHODS)
@login_only
@never_cache
@redirects_mistakes
def claim(request: TicketRequest) -> HttpResponse:
    """For who signed in with another address than the ticket's."""
    form = OrderForm(request.POST or None, label_suffix="", request=request)
    if not form.is_valid():
        return render_page(request, "tickets/claim.html", {"form": form})
    values = form.cleaned_data
    ask_for_code(request.session, request.conference, values["order_code"], values["email"])
    return redirect("claim_code")


@require_http_methods(_METHODS)
@login_only
@never_cache
@redirects_mistakes
def claim_code(request: TicketRequest) -> HttpResponse:
    order = pending_order(request.session)
    if order is None:
        return redirect("claim")
    form = OrderCodeForm(request.POST or None, label_suffix="", request=request, order=order)
    if form.is_valid():
        if is_code_of_order(request.session, form.cleaned_data["code"]):
            return _claim_order(request, order)
        if pending_order(request.session) is None:
            messages.error(request, _("Too many wrong codes. Ask for a new one."))
            return redirect("claim")
        left = tries_left(request.session)
        text = ngettext("%(count)d more try.", "%(count)d more tries.", left)
        wrong = _("This is not the code in our last mail about this order.")
        form.add_error("code", [wrong, text % {"count": left}])
    context = {"form": form, "order": order}
    return render_page(request, "tickets/claim_code.html", context)


def _claim_order(request: TicketRequest, order: PendingOrder) -> HttpResponse:
    count, has_others = claim_order(request.conference, request.user, order)
    if count:
        text = ngettext("The ticket is yours.", "%(count)d tickets are yours.", count)
        messages.success(request, text % {"count": count})
    if has_others:
        messages.info(
            request, _("Somebody else has a ticket of this order. We have asked them by mail.")
        )
    elif not count:
        messages.info(request, _("There is nothing in this order that you do not have already."))
    return redirect("tickets")


@require_http_methods(_METHODS)
@login_only
@never_cache
@redirects_mistakes
def pass_ticket_on(request: TicketRequest, pk: int) -> HttpResponse:
    tickets = Ticket.objects.select_related("product", "conference")
    ticket = get_object_or_404(tickets, conference=request.conference, pk=pk)
    if not may_pass_on(ticket, request.user):
        raise Http404
    if ticket.is_add_on:
        messages.info(request, ADD_ON_IS_NOT_PASSED_ON % {"main": ticket.main_code})
        return redirect("tickets")
    form = PassOnForm(request.POST or None, label_suffix="", request=request)
    if form.is_valid():
        email, site = form.cleaned_data["email"], request.build_absolute_uri("/")
        try:
            pass_on(ticket=ticket, email=email, site=site, by=request.user)
        except NotPassedOn as refusal:
            form.add_error(None, str(refusal))
        else:
            text = _("The ticket is passed on. A mail with the link is on its way to %(email)s.")
            messages.success(request, text % {"email": email})
            return redirect("tickets")
    context = {
        "form": form,
        "ticket": ticket,
        "is_free": ticket.live_claim is None,
        "left": ticket.times_left,
        "hours": Ticket.COOL_DOWN.days * 24,
    }
    return render_page(request, "tickets/pass_on.html", context)


@require_POST
@login_only
def release_ticket(request: TicketRequest, pk: int) -> HttpResponse:
    """Nobody has it then; whose address it carries can claim it again."""
    mine = Claim.objects.live().filter(user=request.user, ticket__conference=request.conference)
    claim = get_object_or_404(mine.select_related("ticket"), ticket=pk)
    if claim.ticket.goes_with_main:
        text = _("An add-on goes with its ticket %(main)s. Give that one back.")
        messages.info(request, text % {"main": claim.ticket.main_code})
        return redirect("tickets")
    claim.release(timezone.now())
    messages.success(request, _("You have given the ticket back."))
    return redirect("tickets")
