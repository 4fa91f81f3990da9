from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from schedule.site.access import login_only
from schedule.site.pages import render_page
from tickets.admission.claiming import claim_tickets
from tickets.admission.request import TicketRequest
from tickets.admission.rule import admission_of
from tickets.holders.passing_on import free_tickets_of
from tickets.models import Claim


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


@require_POST
@login_only
def find(request: TicketRequest) -> HttpResponse:
    """For a ticket that came after its holder had signed in."""
    if claim_tickets(request.conference, request.user):
        messages.success(request, _("We found your ticket."))
    else:
        messages.info(request, _("No ticket is waiting for your address."))
    return redirect("tickets")
