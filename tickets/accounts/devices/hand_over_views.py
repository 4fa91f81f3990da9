from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lib.qr import qr_image
from schedule.site.access import login_only, public
from schedule.site.pages import render_page
from tickets.accounts.accounts import is_guarded
from tickets.accounts.devices import hand_over
from tickets.accounts.forms import HandoverForm
from tickets.accounts.rate_limits import consume
from tickets.admission.request import TicketRequest
from tickets.models.people import mask_email

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@login_only
@never_cache
def device_add(request: TicketRequest) -> HttpResponse:
    """What the signed-in device shows."""
    if is_guarded(request.user):
        return render_page(request, "tickets/device_add.html", {"is_guarded": True})
    if request.method == "POST":
        _offer(request)
        return redirect("device_add")
    offer = hand_over.offer_of(request.session)
    context: dict[str, object] = {"is_guarded": False, "offer": offer}
    if offer is not None:
        url = request.build_absolute_uri(reverse("come_in", query={"code": offer.code}))
        half = hand_over.LENGTH // 2
        context |= {
            "code": f"{offer.code[:half]}-{offer.code[half:]}",
            "address": request.build_absolute_uri(reverse("come_in")).partition("://")[2],
            "picture": qr_image(url),
        }
    return render_page(request, "tickets/device_add.html", context)


def _offer(request: TicketRequest) -> None:
    hand_over.withdraw(request.session)
    if not consume(request, action="offer_handover"):
        messages.error(request, _("Too many codes. Wait an hour, or use your personal link."))
    elif not hand_over.offer(request.session, request.conference, request.user):
        messages.error(request, _("This does not work right now. Use your personal link."))


@require_POST
@login_only
def device_answer(request: TicketRequest) -> HttpResponse:
    """Whether the other device shows the number that it should."""
    number = request.POST.get("number", "")
    if request.POST.get("answer") != "yes":
        hand_over.withdraw(request.session)
        messages.info(request, _("The other device stays out, and the code has ended."))
    elif not (number.isdecimal() and hand_over.confirm(request.session, int(number))):
        messages.error(request, _("That took too long. Begin again with a new code."))
    return redirect("device_add")


@require_http_methods(_METHODS)
@public
@never_cache
def come_in(request: TicketRequest) -> HttpResponse:
    """What the other device opens: by the picture, or by typing the address."""
    initial = {"code": request.GET.get("code", "")[:100]}
    form = HandoverForm(request.POST or None, request=request, initial=initial)
    if form.is_valid():
        if hand_over.ask(request.session, request.conference, form.cleaned_data["code"]):
            return redirect("come_in_wait")
        form.add_error("code", _("This code is not, or no longer, good. Show a new one."))
    return render_page(request, "tickets/come_in.html", {"form": form})


@require_http_methods(_METHODS)
@public
@never_cache
def come_in_wait(request: TicketRequest) -> HttpResponseBase:
    asked = hand_over.request_of(request.session)
    if asked is None:
        return _start_again(request)
    if request.method == "POST" and asked.user is not None:
        if not hand_over.use_up(request.session):
            return _start_again(request)
        response: HttpResponseBase = perform_login(request, asked.user)
        return response
    address = mask_email(asked.user.email) if asked.user else ""
    context = {"number": asked.number, "address": address}
    return render_page(request, "tickets/come_in_wait.html", context)


def _start_again(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("The other device has not let this one in. Begin again."))
    return redirect("come_in")
