"""Pages that are the same for everybody who may see them: rendered once, kept compressed.

A page's key carries everything that it depends on: conference, release, language, number of the
programme, time zone, path, the parameters that the view names, and what other apps show on every
page (`PARTS`). So nothing is ever invalidated by hand, and a page is never shown when the programme
has changed.
"""

import functools
import gzip
import hashlib
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from schedule.site.access import View
from schedule.site.request import ConferenceRequest, PageKey
from schedule.site.zones import viewer_zone, zone_tag

# A page lives until the next talk starts or ends, or the conference opens to everybody or is over;
# this bounds what a quiet night keeps.
MAX_AGE = timedelta(hours=1)
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
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return HttpResponse(self.body, headers={**headers, "Content-Encoding": "gzip"})
        return HttpResponse(gzip.decompress(self.body), headers=headers)


def shared_page(
    *, params: tuple[str, ...] = (), ignores: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Keep the view's answer for everybody. It must not look at the user, session or CSRF token.

    `params` are the query parameters that make a page of their own, `ignores` those that only the
    page's script reads; a request with any other (a search, a filter) is answered afresh and not
    kept.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def shared(request: ConferenceRequest, *args: object, **kwargs: object) -> HttpResponse:
            def answer() -> HttpResponse:
                return cast(HttpResponse, view(request, *args, **kwargs))

            slot = getattr(request, "slot", None) or page_key_of(request, shared)
            if slot is None:
                return answer()
            if not slot.was_missed and (kept := cache.get(slot.key)):
                return Page(*kept).answer(request)
            made = _make(slot.key, answer, request)
            return made.answer(request) if isinstance(made, Page) else made

        vars(shared).update(shared_params=params, ignored_params=ignores)
        return shared

    return decorate


def page_key_of(request: HttpRequest, view: object) -> PageKey | None:
    """None: the answer to this request is not kept."""
    params: tuple[str, ...] | None = getattr(view, "shared_params", None)
    if params is None or request.method not in ("GET", "HEAD"):
        return None
    request = cast(ConferenceRequest, request)
    if not set(request.GET) <= {*params, *vars(view)["ignored_params"], "tz"}:
        return None
    conference = request.conference
    query = "&".join([f"{name}={request.GET[name]}" for name in params if name in request.GET])
    zone = zone_tag(viewer_zone(request), conference)
    parts = "".join([f":{part}" for each in PARTS if (part := each(request))])
    return PageKey(
        f"page:{conference.pk}:{settings.RELEASE}:{get_language()}:{request.programme_revision}"
        f":{zone}{parts}:{request.path}?{query}"
    )


_making: dict[str, threading.Lock] = {}


def _make(
    key: str, render: Callable[[], HttpResponse], request: ConferenceRequest
) -> HttpResponse | Page:
    """Render and keep. One thread of a process renders a page while the others wait for it."""
    with _making.setdefault(key, threading.Lock()):
        try:
            if kept := cache.get(key):
                return Page(*kept)
            at = request.at
            response = render()
            if response.status_code != 200 or response.cookies:
                return response
            page = Page(
                {name: response[name] for name in KEPT_HEADERS if name in response},
                f'W/"{hashlib.blake2b(response.content, digest_size=12).hexdigest()}"',
                gzip.compress(response.content, GZIP_LEVEL, mtime=0),
            )
            edges = [request.conference.next_edge(at), *[edge(request, at) for edge in EDGES]]
            until = min(edge for edge in [*edges, at + MAX_AGE] if edge)
            cache.set(key, tuple(page), (until - timezone.now()).total_seconds())
            return page
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
