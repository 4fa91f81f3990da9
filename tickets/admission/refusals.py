"""How a no is said: a page for people, a code for programs, a redirect for fragments."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.defaults import permission_denied

from lib.counting.counts import Counted
from schedule.site.access import is_for_programs
from schedule.site.request import ConferenceRequest
from schedule.site.zones import viewer_zone
from tickets.admission.request import BELOW_ADMIN
from tickets.admission.rule import Admission, Reason
from tickets.admission.standing import Standing
from tickets.admission.standing_words import RefusalWords, StandingWords

ADMISSIONS = Counted(
    "front_row_admissions_total",
    "Questions whether somebody may enter: admitted, or the reason of the refusal.",
    ("reason",),
    [("admitted",), *((reason.value,) for reason in Reason)],
)
# Longer paths are nobody's bookmark.
MAX_NEXT_LENGTH = 2000
# They say nothing of tickets.
_OF_THE_SESSION = (Reason.LOGIN_REQUIRED, Reason.SIGN_IN_AGAIN)


def refuse(request: ConferenceRequest, reason: Reason, scope: str | None = None) -> HttpResponse:
    """`scope`: what they wanted to enter."""
    ADMISSIONS.add(reason.value)
    is_anonymous = reason is Reason.LOGIN_REQUIRED
    status = 401 if is_anonymous else 403
    response: HttpResponse
    if wants_json(request):
        login_url = resolve_url("account_login") if is_anonymous else None
        error: dict[str, object] = {"code": reason.value, "login_url": login_url}
        if reason not in _OF_THE_SESSION:
            words = refusal_words(request, reason, scope)
            error |= {"message": words.text, "act": words.act and words.act._asdict()}
        response = JsonResponse({"error": error}, status=status)
    elif is_for_programs(request):
        response = _answer_program(_words_for_program(request, reason, scope), status)
    elif request.headers.get("HX-Request") == "true":
        # A fragment's request would follow a redirect and show that page inside the page.
        if is_anonymous:
            url = _login_url(request)
        elif reason is Reason.SIGN_IN_AGAIN:
            url = _way_back(request) or reverse("lobby")  # where the page says so
        else:
            url = reverse("tickets")
        response = HttpResponse(status=status, headers={"HX-Redirect": url})
    elif is_anonymous:
        response = HttpResponseRedirect(_login_url(request))
    else:
        response = _page(request, reason, scope)
    add_never_cache_headers(response)
    patch_vary_headers(response, ["Cookie", "HX-Request", "Accept"])
    return response


def _page(request: ConferenceRequest, reason: Reason, scope: str | None) -> TemplateResponse:
    page = "tickets/refused.html"
    context: dict[str, object] = {"conference": request.conference, "reason": reason}
    if reason is Reason.SIGN_IN_AGAIN:
        page = "tickets/sign_in_again.html"
        context |= {"user": request.user, "login_url": _login_url(request)}
    else:
        context |= {
            "words": refusal_words(request, reason, scope),
            "is_for_replays": is_for_replays(getattr(request, "admission", None)),
        }
    return TemplateResponse(request, page, context, status=403)


def refusal_words(
    request: ConferenceRequest, reason: Reason, scope: str | None = None
) -> RefusalWords:
    with timezone.override(viewer_zone(request)):
        if reason in (Reason.TOO_MANY_PLACES, Reason.BANNED):
            standing = Standing(request.conference)
        else:
            standing = Standing.read(request.conference, request.user)
        return StandingWords(standing, timezone.now()).refusal(reason, scope)


def is_for_replays(admission: Admission | None) -> bool:
    """Whether their way in leads to the replays, and not to the lobby."""
    return admission is not None and admission.is_for_replays_alone(timezone.now())


def wants_json(request: HttpRequest) -> bool:
    accepted = request.get_preferred_type(["text/html", "application/json"])
    return accepted == "application/json" or request.path.endswith(".json")


def _login_url(request: ConferenceRequest) -> str:
    """It has the way back in it: never an address that only takes a POST, nor another host."""
    is_below_admin = request.path_info.startswith(BELOW_ADMIN)
    url = reverse("admin:login" if is_below_admin else "account_login")
    path = _way_back(request)
    return f"{url}?{urlencode({'next': path})}" if path else url


def _way_back(request: ConferenceRequest) -> str:
    path = request.get_full_path()
    if request.method not in ("GET", "HEAD") or request.headers.get("HX-Request") == "true":
        path = request.headers.get("Referer", "")
        host = {request.get_host()}
        if not url_has_allowed_host_and_scheme(path, host, require_https=request.is_secure()):
            return ""
    return path if len(path) <= MAX_NEXT_LENGTH else ""


def _words_for_program(request: ConferenceRequest, reason: Reason, scope: str | None) -> str:
    values = {}
    if reason is Reason.LOGIN_REQUIRED:
        text = _(
            "Sign in at %(login)s first. Programs that cannot sign in, like calendars, read your own"
            " agenda: %(agenda)s has an address for them."
        )
    else:
        words = refusal_words(request, reason, scope)
        values = {"why": f"{words.title}. {words.text}"}
        text = _("%(why)s %(tickets)s says what your tickets open.")
    pages = {"login": "account_login", "agenda": "agenda", "tickets": "tickets"}
    urls = {name: request.build_absolute_uri(reverse(url)) for name, url in pages.items()}
    return text % (urls | values)


def _answer_program(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For who has signed in and lacks the permission (Django's handler403)."""
    if is_for_programs(request):
        return _answer_program(_("You are signed in, but this is for other people."), 403)
    return permission_denied(request, exception)
