"""The site with a page that breaks, and leaves a task that does."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.tasks import task
from django.urls import path

from portal import urls as site_urls
from schedule.site.access import public

SECRET = "wintermute"  # noqa: S105


@task()
def breaks_later() -> None:
    raise RuntimeError(f"{SECRET}@example.com is not there")


@public
def breaks(request: HttpRequest, name: str) -> HttpResponseBase:
    breaks_later.enqueue()
    raise RuntimeError(f"GET https://shop.example/?key={SECRET}")


handler403, handler500 = site_urls.handler403, site_urls.handler500
urlpatterns = [path("break/<str:name>/", breaks), *site_urls.urlpatterns]
