from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from schedule.access import login_only, public
from schedule.pages import render_page
from tickets.admission import admission_of
from tickets.claiming import claim_tickets
from tickets.http import TicketRequest
from tickets.models import Claim, User


@require_safe
@login_only
@never_cache
def tickets(request: TicketRequest) -> HttpResponse:
    """My tickets; for somebody without one, what to do next."""
    claims = Claim.objects.live().filter(user=request.user, ticket__conference=request.conference)
    context = {
        "claims": claims.select_related("ticket__product").order_by("claimed_at"),
        "admission": admission_of(request.conference, request.user.pk),
    }
    return render_page(request, "tickets/tickets.html", context)


@require_POST
@login_only
def claim(request: TicketRequest) -> HttpResponse:
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
