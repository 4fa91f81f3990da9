"""Pages that are the same for everybody who may see them: rendered once, kept compressed.

A page's key carries everything that it depends on: conference, release, language, number of the
programme, time zone, path, the parameters that the view names (params.py), and what other apps show
on every page (`PARTS`). So nothing is ever invalidated by hand, and a page is never shown when the programme
has changed.
"""

import functools
import gzip
import hashlib
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language

from lib.http_headers import accepts_gzip
from lib.steady.kept import SPARE_SECONDS, Kept, keep, keep_on
from lib.steady.patience import bearable, impatient
from schedule.site.access import View
from schedule.site.params import Param, query_of
from schedule.site.request import ConferenceRequest, PageKey
from schedule.site.zones import viewer_zone, zone_tag

# A page lives until the next talk starts or ends, or the conference opens to everybody or is over;
# this bounds what a quiet night keeps.
MAX_AGE = timedelta(hours=1)
# When a page could not be made anew, that is tried once more after that.
AGAIN_SECONDS = 5.0
# What many search for in the same minute is made once; what one alone searches for is soon gone.
SEARCH_MAX_AGE = timedelta(seconds=10)
# In one process, so that most of its threads stay free for everything else.
SEARCHES_AT_A_TIME = 2
SEARCH_AGAIN_SECONDS = 3
# 6 is zlib's own balance; paid once per page, not per request.
GZIP_LEVEL = 6
# Names what stands on every page beside the programme; filled by the apps that put it there
# (streaming: announcements). Answered from memory, because the gate asks for each request.
PARTS: list[Callable[[ConferenceRequest], str]] = []
# Moments at which pages change by themselves: the next one after a moment; filled alike (schedule:
# talks begin and end; streaming: what can be watched again).
EDGES: list[Callable[[ConferenceRequest, datetime], datetime | None]] = []
KEPT_HEADERS = ("Content-Type", "Content-Language", "Content-Security-Policy")


class Page(NamedTuple):
    """A stored answer. `body` is gzip; a tuple, because pickle reads one fastest."""

    headers: dict[str, str]
    etag: str
    body: bytes

    def answer(self, request: HttpRequest) -> HttpResponse:
        headers = {
            **self.headers,
            "ETag": self.etag,
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Encoding, Cookie",
        }
        if self.etag in request.headers.get("If-None-Match", ""):
            return HttpResponse(status=304, headers=headers)
        if accepts_gzip(request.headers.get("Accept-Encoding", "")):
            return HttpResponse(self.body, headers={**headers, "Content-Encoding": "gzip"})
        return HttpResponse(gzip.decompress(self.body), headers=headers)


def shared_page(
    *, params: Mapping[str, Param] = MappingProxyType({}), in_zone: bool = True
) -> Callable[[View], View]:
    """Keep the view's answer for everybody. It must not look at the user, session or CSRF token.

    `params` are all that the view reads of the query: it gets them in their one spelling, and sees
    nothing else of what an address may carry. `in_zone`: it shows times in the viewer's zone.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def shared(request: ConferenceRequest, *args: object, **kwargs: object) -> HttpResponse:
            slot = getattr(request, "slot", None) or page_key_of(request, shared)
            request.GET = query = query_of(request, params)  # type: ignore[assignment]  # nobody writes to it
            is_search = any(params[name].is_search for name in query if name in params)

            def answer() -> HttpResponse:
                if is_search:
                    return _searched(request, lambda: view(request, *args, **kwargs))
                return cast(HttpResponse, view(request, *args, **kwargs))

            if slot is None:
                return answer()
            kept = None if slot.was_missed else Kept.read(cache.get(slot.key))
            if kept and kept.is_fresh:
                return Page(*kept.value).answer(request)
            made = _make(slot, answer, request)
            return made.answer(request) if isinstance(made, Page) else made

        vars(shared).update(shared_params=params, is_in_zone=in_zone)
        return shared

    return decorate


def page_key_of(request: HttpRequest, view: object) -> PageKey | None:
    """None: the answer to this request is not kept."""
    params: Mapping[str, Param] | None = getattr(view, "shared_params", None)
    if params is None or request.method not in ("GET", "HEAD"):
        return None
    request = cast(ConferenceRequest, request)
    query = query_of(request, params)
    read = {name: params[name] for name in query if name in params}
    if request.at_is_chosen or any(param.is_personal for param in read.values()):
        return None
    conference = request.conference
    zone = zone_tag(viewer_zone(request), conference) if vars(view)["is_in_zone"] else ""
    asked = urlencode({name: query[name] for name in read})
    parts = "".join([f":{part}" for each in PARTS if (part := each(request))])
    return PageKey(
        f"page:{conference.pk}:{settings.RELEASE}:{get_language()}:{request.programme_revision}"
        f":{zone}{parts}:{request.path}?{asked}",
        is_search=any(param.is_search for param in read.values()),
    )


_searching = threading.BoundedSemaphore(SEARCHES_AT_A_TIME)


def _searched(request: ConferenceRequest, search: Callable[[], HttpResponseBase]) -> HttpResponse:
    """The answer to a search, or a page that says to come again: nobody may keep all threads busy."""
    if not _searching.acquire(blocking=False):
        context = {"seconds": SEARCH_AGAIN_SECONDS}
        busy = render_page(request, "schedule/search_busy.html", context)
        busy.status_code, busy["Retry-After"] = 503, str(SEARCH_AGAIN_SECONDS)
        add_never_cache_headers(busy)
        return busy
    try:
        return cast(HttpResponse, search())
    finally:
        _searching.release()


_making: dict[str, threading.Lock] = {}


def _make(
    slot: PageKey, render: Callable[[], HttpResponse], request: ConferenceRequest
) -> HttpResponse | Page:
    """Render and keep. One thread of a process renders a page while the others wait for it. While the
    database is away, what was last kept under the same numbers is shown.
    """
    key, longest = slot.key, SEARCH_MAX_AGE if slot.is_search else MAX_AGE
    with _making.setdefault(key, threading.Lock()):
        kept = None
        try:
            kept = Kept.read(cache.get(key))
            if kept and kept.is_fresh:
                return Page(*kept.value)
            at = request.at
            with impatient() if kept else nullcontext():
                response = render()
            if response.status_code != 200 or response.cookies:
                return response
            page = Page(
                {name: response[name] for name in KEPT_HEADERS if name in response},
                f'W/"{hashlib.blake2b(response.content, digest_size=12).hexdigest()}"',
                gzip.compress(response.content, GZIP_LEVEL, mtime=0),
            )
            edges = [request.conference.next_edge(at), *[edge(request, at) for edge in EDGES]]
            until = min(edge for edge in [*edges, at + longest] if edge)
            spare = 0.0 if slot.is_search else SPARE_SECONDS
            seconds = (until - at).total_seconds()
            keep(key, tuple(page), seconds, made_at=at.timestamp(), spare=spare)
            return page
        except bearable():
            if kept is None or kept.is_over:
                raise
            # So that of those who come meanwhile nobody waits for the same.
            keep_on(key, kept, AGAIN_SECONDS)
            return Page(*kept.value)
        finally:
            _making.pop(key, None)


def render_page(
    request: ConferenceRequest, template: str, context: Mapping[str, object]
) -> HttpResponse:
    """Render with the conference, and with times in the viewer's zone."""
    zone = viewer_zone(request)
    everywhere = {"conference": request.conference, "zone": zone}
    with timezone.override(zone):
        return render(request, template, {**everywhere, **context})
