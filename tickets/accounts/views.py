from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from schedule.site.access import public
from schedule.site.pages import render_page
from schedule.site.zones import COOKIE, known_zone, remember_zone
from tickets.accounts.forms import ZoneForm
from tickets.admission.refusals import wants_json
from tickets.admission.request import TicketRequest
from tickets.models import User


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
