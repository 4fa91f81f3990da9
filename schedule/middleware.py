from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from schedule.directory import directory
from schedule.http import ConferenceRequest
from schedule.zones import COOKIE, known_zone, remember_zone


class ConferenceMiddleware:
    """Sets `request.conference` by host name, and answers 404 on a host that has none.

    Comes before everything that asks for the conference: sessions, language, tickets.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view, "needs_conference", True):
            return None
        here = directory()
        host, _port = split_domain_port(request.get_host())
        conference = here.conference_at(host)
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


class ZoneMiddleware:
    """Remembers `?tz=`, so that it is chosen once. Comes after ConferenceMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        name = request.GET.get(COOKIE, "")
        # A view that sets the cookie itself knows better.
        if name and known_zone(name) and COOKIE not in response.cookies:
            remember_zone(response, name, is_secure=request.is_secure())
        return response
