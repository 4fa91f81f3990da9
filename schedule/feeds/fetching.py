"""Reads a schedule from its address, without being led elsewhere: https only, to public addresses
only, at the address that was checked, after every redirect again.
"""

import http.client
import json
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from lib.network import (
    CutOff,
    Deadline,
    Network,
    PinnedConnection,
    TooLarge,
    UnknownPacking,
    all_public,
    deadline_in,
    port_of,
    read_body,
    target_of,
)
from schedule.feeds.formats import MAX_BYTES

TIMEOUT_SECONDS = 10  # for everything: redirects and pages too
MAX_REDIRECTS = 3
MAX_PAGES = 200  # of 50 each: more talks than a programme can have
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# pretalx refuses versions that it does not know; this is the oldest that is still answered.
PRETALX_VERSION = "v1"


class FetchError(Exception):
    """Nothing could be read from the address; the text says why, to an organizer."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`data` None: not modified since the answer that `etag` names."""

    data: bytes | None
    etag: str = ""


def fetch(address: str, *, etag: str = "", network: Network | None = None) -> Fetched:
    """Raises FetchError, and nothing else. The pages of a pretalx API come as one document."""
    with deadline_in(TIMEOUT_SECONDS) as deadline:
        try:
            fetched = _Fetching(network or Network(), deadline).whole(address, etag)
            if deadline.has_passed:  # a connection that is cut looks like the end of an answer
                raise TimeoutError
            return fetched
        except FetchError:
            if deadline.has_passed:
                raise _too_slow() from None
            raise
        except TimeoutError:
            raise _too_slow() from None
        except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
            if deadline.has_passed:
                raise _too_slow() from None
            raise FetchError(
                _("The server cannot be read: %(error)s") % {"error": str(error)[:200]}
            ) from None


def token_for(address: str) -> str:
    """Tokens are bound to the beginning of an address by the operator (FEED_TOKENS), so that nobody
    who may type an address can have a token sent elsewhere. "": none.
    """
    tokens: dict[str, str] = settings.FEED_TOKENS
    fitting = [prefix for prefix in tokens if address.startswith(prefix.rstrip("/") + "/")]
    return tokens[max(fitting, key=len)] if fitting else ""


class _Fetching:
    def __init__(self, network: Network, deadline: Deadline) -> None:
        self.network, self.deadline = network, deadline
        self.left_bytes = MAX_BYTES

    def whole(self, address: str, etag: str) -> Fetched:
        first = self.one(address, etag)
        page = _page(first.data)
        if page is None or not page.get("next"):
            return first
        document, results, count = page, list(page["results"]), 1
        while following := page.get("next"):
            next_address = urljoin(address, str(following))
            if count == MAX_PAGES or urlsplit(next_address).netloc != urlsplit(address).netloc:
                raise FetchError(
                    _("The next page is on another server, or there are too many pages.")
                )
            page = _page(self.one(next_address, "").data)
            if page is None:
                raise FetchError(_("Page %(count)d cannot be read.") % {"count": count + 1})
            results += page["results"]
            count += 1
        # No ETag: that of the first page does not speak for the others.
        whole = {**document, "next": None, "results": results}
        return Fetched(json.dumps(whole, ensure_ascii=False).encode())

    def one(self, address: str, etag: str) -> Fetched:
        for _hop in range(MAX_REDIRECTS + 1):
            address = iri_to_uri(address)
            parts = _checked(address)
            connection = PinnedConnection(
                parts, self._public_ips(parts), self.network, self.deadline, TIMEOUT_SECONDS
            )
            try:
                connection.request("GET", target_of(parts), headers=_headers(address, etag))
                answer = connection.getresponse()
                if answer.status not in REDIRECTS:
                    return self._read(answer, etag)
                address = urljoin(address, answer.headers.get("Location", ""))
            finally:
                connection.close()
        raise FetchError(_("More than %(count)d redirects.") % {"count": MAX_REDIRECTS})

    def _public_ips(self, parts: SplitResult) -> list[str]:
        ips = self.network.addresses(str(parts.hostname), port_of(parts))
        if not all_public(ips):
            raise FetchError(
                _("%(host)s is not a public address.") % {"host": str(parts.hostname)[:100]}
            )
        return ips

    def _read(self, answer: http.client.HTTPResponse, etag: str) -> Fetched:
        if answer.status == 304 and etag:
            return Fetched(None, etag)
        if answer.status != 200:
            raise FetchError(_("The server answers %(status)d.") % {"status": answer.status})
        try:
            data = read_body(answer, self.left_bytes)
        except UnknownPacking:
            raise FetchError(_("The server packs its answer in an unknown way.")) from None
        except TooLarge:
            raise FetchError(_("The answer is larger than 15 MB.")) from None
        except CutOff:
            raise FetchError(_("The answer is cut off.")) from None
        self.left_bytes -= len(data)
        return Fetched(data, answer.headers.get("ETag", "")[:200])


def _checked(address: str) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise FetchError(_("Only addresses that begin with https:// are read, without a password."))
    return parts


def _headers(address: str, etag: str) -> dict[str, str]:
    headers = {"Accept": "*/*", "Accept-Encoding": "gzip", "User-Agent": "Front-Row"}
    if etag:
        headers["If-None-Match"] = etag
    token = token_for(address)
    if token:
        headers["Authorization"] = f"Token {token}"
    if "/api/events/" in address:
        headers["Pretalx-Version"] = PRETALX_VERSION
    return headers


def _page(data: bytes | None) -> dict[str, Any] | None:
    """A page of a pretalx API. None: it is something else; whoever parses it will say what."""
    if data is None or b'"results"' not in data:
        return None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    is_page = isinstance(document, dict) and isinstance(document.get("results"), list)
    return document if is_page else None


def _too_slow() -> FetchError:
    return FetchError(_("It took longer than %(count)d seconds.") % {"count": TIMEOUT_SECONDS})
