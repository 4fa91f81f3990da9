"""Reads a schedule from its address: what a feed sends, how much of it, and the pages of an API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from lib.http_client import Deadline, ErrorKind, HttpClient, HttpError, Response
from schedule.feeds.formats.source import MAX_BYTES
from schedule.models import Conference

TIMEOUT_SECONDS = 10  # for everything: redirects and pages too
MAX_REDIRECTS = 3
MAX_PAGES = 200  # of 50 each: more talks than a programme can have
# The one that pretalx 2026 calls current, and the one that older ones know.
PRETALX_VERSIONS = ("v2", "v1")
# How pretalx refuses a version that it does not know: as an error of its own.
VERSION_REFUSED = frozenset({400, 406, 500})

# Of an API: `results` is a list, `next` the address of the page that follows, or null.
type Page = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """`data` None: not modified since the answer that `etag` names."""

    data: bytes | None
    etag: str = ""


def fetch(address: str, *, conference: Conference, etag: str = "") -> FetchedFeed:
    """With that conference's tokens. Raises HttpError, and nothing else. The pages of a pretalx API
    come as one document.
    """
    with _FeedClient(_tokens_of(conference)) as client:
        first = client.read(address, etag)
        page = _page(first.data)
        if page is None or not page.get("next"):
            return first
        # No ETag: that of the first page does not speak for the others.
        whole = {**page, "next": None, "results": _all_results(client, address, page)}
        return FetchedFeed(json.dumps(whole, ensure_ascii=False).encode())


def _tokens_of(conference: Conference) -> dict[str, str]:
    """By the beginnings of addresses."""
    bound = [(key.partition(":"), token) for key, token in settings.FEED_TOKENS.items()]
    return {start: token for (slug, _colon, start), token in bound if slug == conference.slug}


class _FeedClient(HttpClient):
    """`tokens`: by the beginnings of addresses."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._version = PRETALX_VERSIONS[0]
        super().__init__(
            Deadline(TIMEOUT_SECONDS),
            max_bytes=MAX_BYTES,
            max_redirects=MAX_REDIRECTS,
            asks_private_hosts=True,
            headers_by_address={
                start: {"Authorization": f"Token {token}"} for start, token in tokens.items()
            },
        )

    def read(self, address: str, etag: str = "") -> FetchedFeed:
        """Raises HttpError."""
        headers = {"If-None-Match": etag} if etag else {}
        response = self._ask(address, headers)
        if response.status == 304 and etag:
            return FetchedFeed(None, etag)
        if response.status != 200:
            text = _("The server answers %(status)d.") % {"status": response.status}
            raise HttpError(ErrorKind.UNUSABLE, text)
        self.max_bytes -= len(response.body)  # The limit is that of all pages.
        return FetchedFeed(response.body, response.headers.get("ETag", "")[:200])

    def _ask(self, address: str, headers: Mapping[str, str]) -> Response:
        """A pretalx that does not know the newest version is asked in the older one from then on."""
        if "/api/events/" not in address:
            return self.request(address, headers)
        response = self.request(address, {**headers, "Pretalx-Version": self._version})
        if response.status in VERSION_REFUSED and self._version != PRETALX_VERSIONS[-1]:
            self._version = PRETALX_VERSIONS[-1]
            return self._ask(address, headers)
        return response


def _all_results(client: _FeedClient, address: str, page: Page) -> list[object]:
    results: list[object] = list(page["results"])
    count = 1
    while following := page.get("next"):
        next_address = urljoin(address, str(following))
        if count == MAX_PAGES or urlsplit(next_address).netloc != urlsplit(address).netloc:
            text = _("The next page is on another server, or there are too many pages.")
            raise HttpError(ErrorKind.REFUSED, text)
        count += 1
        found = _page(client.read(next_address).data)
        if found is None:
            text = _("Page %(count)d cannot be read.") % {"count": count}
            raise HttpError(ErrorKind.UNUSABLE, text)
        page = found
        results += page["results"]
    return results


def _page(data: bytes | None) -> Page | None:
    """A page of a pretalx API. None: it is something else; whoever parses it will say what."""
    if data is None or b'"results"' not in data:
        return None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    is_page = isinstance(document, dict) and isinstance(document.get("results"), list)
    return document if is_page else None
