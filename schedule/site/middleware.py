from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.dateparse import parse_datetime

from schedule.models import Conference
from schedule.site.access import View, is_for_programs
from schedule.site.conferences import directory, host_of
from schedule.site.cookies import cookie_name
from schedule.site.request import ConferenceRequest
from schedule.site.rights import works_for
from schedule.site.zones import COOKIE, known_zone, remember_zone

# Of the conference: beyond, there is nothing to see.
FAR_AWAY = timedelta(days=366)


class _Middleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class ConferenceMiddleware(_Middleware):
    """Sets `request.conference` by host name, and answers 404 on a host that has none.

    Comes before everything that asks for the conference: sessions, language, tickets.
    """

    def process_view(
        self, request: HttpRequest, view: View, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if not getattr(view, "needs_conference", True):
            return None
        # The same reading of the directory for both: no page is kept under a number newer than it.
        here = directory()
        conference = here.conference_at(host_of(request))
        if conference is None:
            match = request.resolver_match
            if match is not None and match.app_names[:1] == ["admin"]:
                # The admin is where the first conference is made.
                vars(request)["conference"] = None
                return None
            return TemplateResponse(
                request,
                "schedule/no_conference.html",
                {"is_empty": not here.conferences},
                status=404,
            )
        request = cast(ConferenceRequest, request)
        request.conference = conference
        request.programme_revision = here.revisions.get(conference.pk, 0)
        return None


class MethodMiddleware(_Middleware):
    """Whoever types the address of a button reads that it is one; Django answers with nothing."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_for_people = request.get_preferred_type(["text/html", "application/json"]) == "text/html"
        if response.status_code != 405 or not is_for_people or is_for_programs(request):
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        # What it was has been logged.
        vars(page)["_has_been_logged"] = True
        return page


class ZoneMiddleware(_Middleware):
    """Remembers `?tz=`, so that it is chosen once. Comes after ConferenceMiddleware."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        name = request.GET.get(COOKIE, "")
        # A view that sets the cookie itself knows better.
        if name and known_zone(name) and cookie_name(COOKIE) not in response.cookies:
            remember_zone(response, name)
        return response


class MomentMiddleware(_Middleware):
    """Sets `request.at`, the moment that pages show: now, or what those who work here chose
    with `?at=2026-11-21T09:30`, in the venue's zone unless it says another. Such answers are never
    kept. Comes after ConferenceMiddleware and authentication.

    Who may enter, and until when, is always a matter of the real time.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "at_is_chosen", False):
            add_never_cache_headers(response)
        return response

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> None:
        request = cast(ConferenceRequest, request)
        request.at, request.at_is_chosen = timezone.now(), False
        conference: Conference | None = getattr(request, "conference", None)
        if "at" not in request.GET or conference is None:
            return
        chosen = _moment(request.GET["at"], conference)
        if chosen is not None and works_for(request.user, conference):
            request.at, request.at_is_chosen = chosen, True


def _moment(text: str, conference: Conference) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    if at is None:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=conference.zone)
    first, last = conference.window
    return at if first - FAR_AWAY < at < last + FAR_AWAY else None
