"""The site with three addresses more, for tools/bench/pages.py: what a request costs when the view does
nothing, what finding out costs whether a person may come in, which pages do every 20 seconds, and
/live.json where nginx does not answer for it.
"""

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from schedule.site.access import public
from streaming.watching.views import live
from tickets.admission.request import TicketRequest
from tickets.admission.rule import compute_and_keep


@public
def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello, world", content_type="text/plain")


def admitted(request: TicketRequest) -> HttpResponse:
    """Closed, as views are, and then once more as if nothing were known of the person."""
    compute_and_keep(request.conference, int(request.session[SESSION_KEY]))
    return HttpResponse("hello, ticket holder", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("bench/hello/", hello),
    path("bench/admitted/", admitted),
    path("bench/live.json", live),
    path("", include("portal.urls")),
]
