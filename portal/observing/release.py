"""Which release has answered: nginx writes it into its log and keeps it from visitors (deploy/nginx.conf)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ReleaseMiddleware:
    """Comes before all others, so that an answer which one of them has given, or broken, is named too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Front-Row-Release"] = settings.RELEASE
        return response
