"""The site with two addresses more, for tools/bench.py: what a request costs when the view does
nothing, and /live.json where nginx does not answer for it.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from schedule.access import public
from streaming.views import live


@public
def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello, world", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("bench/hello/", hello),
    path("bench/live.json", live),
    path("", include("portal.urls")),
]
