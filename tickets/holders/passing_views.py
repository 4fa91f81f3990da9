from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from schedule.site.access import login_only
from schedule.site.pages import render_page
from tickets.admission.request import TicketRequest
from tickets.holders.forms import PassOnForm
from tickets.holders.passing_on import NotPassedOn, may_pass_on, pass_on
from tickets.models import Claim, Ticket


@require_http_methods(["GET", "HEAD", "POST"])
@login_only
@never_cache
def pass_ticket_on(request: TicketRequest, pk: int) -> HttpResponse:
    tickets = Ticket.objects.select_related("product", "conference")
    ticket = get_object_or_404(tickets, conference=request.conference, pk=pk)
    if not may_pass_on(ticket, request.user):
        raise Http404
    form = PassOnForm(request.POST or None, request=request)
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
    claim.release(timezone.now())
    messages.success(request, _("You have given the ticket back."))
    return redirect("tickets")
