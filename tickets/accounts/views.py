"""What people see and set about themselves, and how a signed-in device lets in another one. The login
pages are in login.py.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from allauth.account.utils import get_login_redirect_url, perform_login
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lib.qr import qr_image
from schedule.site.access import for_programs, login_only, public
from schedule.site.pages import render_page
from schedule.site.request import way_back
from schedule.site.zones import (
    COOKIE,
    chosen_zone,
    remember_zone,
    viewer_zone,
    zone_name,
    zone_tag,
)
from tickets.accounts.accounts import is_guarded
from tickets.accounts.devices import hand_over
from tickets.accounts.devices.sessions import devices_of, sessions_of, sign_out
from tickets.accounts.forms import (
    HandOverAnswerForm,
    HandOverForm,
    ZoneForm,
    redirects_mistakes,
)
from tickets.accounts.rate_limits import consume
from tickets.admission import lobby
from tickets.admission.middleware import admission_and_page
from tickets.admission.refusals import wants_json
from tickets.admission.request import TicketRequest
from tickets.admission.rule import admission_of
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.models import User
from tickets.models.people import mask_email

_METHODS = ["GET", "HEAD", "POST"]


@for_programs
@require_safe
@public
@never_cache
def me(request: TicketRequest) -> HttpResponse:
    """What shared pages leave out: who is here, in which zone, what is closed to them, and the token
    for their forms. From session and admission, so that who is here has it while the database is away.
    """
    zone, conference = chosen_zone(request), request.conference
    chosen = (
        {"tag": zone_tag(zone, conference), "name": zone_name(zone, conference)} if zone else None
    )
    name, told = None, lobby.NOTHING
    admission, _page = admission_and_page(request, None)
    if admission is not None and admission.is_active:
        with timezone.override(viewer_zone(request)):
            told = lobby.told_to(conference, admission, request.programme_revision, timezone.now())
        name = admission.short_name
    here = {"name": name, "zone": chosen, "csrf_token": get_token(request)}
    return JsonResponse({**here, **told})


@require_http_methods(_METHODS)
@public
@never_cache
def zone(request: TicketRequest) -> HttpResponse:
    """In which zone times are shown: kept in a cookie, and with the account of who has signed in."""
    user = request.user if isinstance(request.user, User) else None
    chosen = chosen_zone(request)
    back = _path_without_zone(request)
    form = ZoneForm(request.conference, chosen.key if chosen else "", request.POST or None)
    if not form.is_valid():
        context = {"form": form, "back": back}
        return render_page(request, "tickets/zone.html", context)
    name = form.cleaned_data["zone"]
    if user is not None:
        user.time_zone = name
        user.save(update_fields=["time_zone"])
    response = HttpResponse(status=204) if wants_json(request) else HttpResponseRedirect(back)
    remember_zone(response, name)
    return response


def _path_without_zone(request: TicketRequest) -> str:
    """The page that somebody came from, on this host. A zone in its address would win again."""
    parts = urlsplit(way_back(request, resolve_url("schedule")))
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in (COOKIE, "day")]
    return urlunsplit(parts._replace(query=urlencode(query)))


@require_safe
@login_only
@never_cache
def devices(request: TicketRequest) -> HttpResponse:
    """Where the person has signed in."""
    conference, user, at = request.conference, request.user, timezone.now()
    listed = devices_of(user, request.session.session_key, conference, at)
    context = {
        "devices": listed,
        "has_others": any(not device.is_this for device in listed),
        "admission": admission_of(conference, user.pk),
    }
    return render_page(request, "tickets/devices.html", context)


def _other_sessions(request: TicketRequest) -> QuerySet[UserSession]:
    sessions = sessions_of(request.user, request.conference, timezone.now())
    return sessions.exclude(session_key=request.session.session_key)


@require_POST
@login_only
def end_device(request: TicketRequest, pk: int) -> HttpResponse:
    sign_out([get_object_or_404(_other_sessions(request), pk=pk)])
    messages.success(request, _("That device is signed out."))
    return redirect("devices")


@require_POST
@login_only
def end_other_devices(request: TicketRequest) -> HttpResponse:
    sign_out(_other_sessions(request))
    messages.success(request, _("All other devices are signed out."))
    return redirect("devices")


@require_http_methods(_METHODS)
@login_only
@never_cache
def device_add(request: TicketRequest) -> HttpResponse:
    """What the signed-in device shows."""
    if is_guarded(request.user, request.conference.pk):
        return render_page(request, "tickets/device_add.html", {"is_guarded": True})
    if request.method == "POST":
        hand_over.withdraw(request.session)
        if not consume(request, action="offer_handover"):
            messages.error(request, _("Too many codes. Wait an hour, or use your personal link."))
        elif not hand_over.offer(request.session, request.conference, request.user):
            messages.error(request, _("This does not work right now. Use your personal link."))
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


@require_POST
@login_only
def device_answer(request: TicketRequest) -> HttpResponse:
    """Whether the other device shows the number that it should."""
    form = HandOverAnswerForm(request.POST)
    if request.POST.get("answer") != "yes":
        hand_over.withdraw(request.session)
        messages.info(request, _("The other device stays out, and the code has ended."))
    elif not (form.is_valid() and hand_over.confirm(request.session, form.cleaned_data["number"])):
        messages.error(request, _("That took too long. Begin again with a new code."))
    return redirect("device_add")


@require_http_methods(_METHODS)
@public
@never_cache
@redirects_mistakes
def come_in(request: TicketRequest) -> HttpResponse:
    """What the other device opens: by the picture, or by typing the address."""
    if request.method != "POST" and "code" not in request.GET and request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    initial = {"code": request.GET.get("code", "")[:100]}
    form = HandOverForm(request.POST or None, label_suffix="", request=request, initial=initial)
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
        SignIn.begin(request.session, asked.user, SignInWay.HANDED_OVER)
        response: HttpResponseBase = perform_login(request, asked.user)
        return response
    address = mask_email(asked.user.email) if asked.user else ""
    context = {"number": asked.number, "address": address}
    return render_page(request, "tickets/come_in_wait.html", context)


def _start_again(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    messages.info(request, _("The other device has not let this one in. Begin again."))
    return redirect("come_in")
