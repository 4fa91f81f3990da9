from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from schedule.site.access import login_only
from schedule.site.pages import render_page
from tickets.admission.request import TicketRequest
from tickets.holders.forms import OrderCodeForm, OrderForm
from tickets.holders.order_code import Question, ask, claim_order, is_answer, question_of

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@login_only
@never_cache
def claim(request: TicketRequest) -> HttpResponse:
    """For who signed in with another address than the ticket's."""
    form = OrderForm(request.POST or None, request=request)
    if not form.is_valid():
        return render_page(request, "tickets/claim.html", {"form": form})
    values = form.cleaned_data
    ask(request.session, request.conference, values["order_code"], values["email"])
    return redirect("claim_code")


@require_http_methods(_METHODS)
@login_only
@never_cache
def claim_code(request: TicketRequest) -> HttpResponse:
    question = question_of(request.session)
    if question is None:
        return redirect("claim")
    form = OrderCodeForm(request.POST or None, request=request, question=question)
    if form.is_valid():
        if is_answer(request.session, form.cleaned_data["code"]):
            return _claim(request, question)
        if question_of(request.session) is None:
            messages.error(request, _("Too many wrong codes. Ask for a new one."))
            return redirect("claim")
        form.add_error("code", _("This is not the code in our last mail about this order."))
    context = {"form": form, "question": question}
    return render_page(request, "tickets/claim_code.html", context)


def _claim(request: TicketRequest, question: Question) -> HttpResponse:
    count, has_others = claim_order(request.conference, request.user, question)
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
