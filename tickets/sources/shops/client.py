"""Asks a shop's API for JSON: patiently, within bounds, and nobody but the shop.

https and public addresses only, but for shops that the operator names in PRIVATE_SHOPS. What is
logged and told has neither tokens nor query strings in it.
"""

import http.client
import json
import logging
import random
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from lib.network import (
    CutOff,
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
from lib.sealing import SealBroken, unseal
from tickets.models import Shop
from tickets.sources.shops.base import ShopError

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 20  # for connecting, and between two pieces of an answer
ANSWER_SECONDS = 60  # for one answer, whole
MAX_ANSWER_BYTES = 30 * 1024 * 1024
ATTEMPTS = 6
FIRST_WAIT_SECONDS = 1.0  # doubled each time
MAX_WAIT_SECONDS = 60.0  # whatever Retry-After says
MAX_WAITING_SECONDS = 150.0  # between all attempts at one question


@dataclass(frozen=True, slots=True)
class Answer:
    document: dict[str, Any]
    headers: Mapping[str, str]


class _AskAgain(Exception):
    """It may go better in a moment. `wait_seconds` None: the shop does not say when."""

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class ShopClient:
    """One shop, as a context manager: the connection stays open between questions. `headers` hold
    the token and go to `base_url`'s scheme, host and port, nowhere else.
    """

    network = Network()
    sleep = staticmethod(time.sleep)

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        self._home = _origin(base_url)
        self._is_private = is_private(base_url)
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "Front-Row",
            **headers,
        }
        self._connection: PinnedConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()

    def get(self, url: str) -> Answer:
        """Raises ShopError, and nothing else."""
        parts = self._checked(url)
        waited = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._ask(parts)
            except _AskAgain as again:
                self._hang_up()
                wait = _wait_seconds(again, attempt)
                if attempt == ATTEMPTS or waited + wait > MAX_WAITING_SECONDS:
                    raise ShopError(str(again)) from None
                logger.info("%s: %s Asking again in %.0f s.", parts.hostname, again, wait)
            except BaseException:
                self._hang_up()
                raise
            self.sleep(wait)
            waited += wait
        raise AssertionError("the last attempt returns or raises")

    def _checked(self, url: str) -> SplitResult:
        """Also the addresses that the shop itself gives, of the next page."""
        if _origin(url) != self._home:
            raise ShopError(_("The shop's next page is on another server."))
        parts = urlsplit(iri_to_uri(url))
        if parts.scheme != "https" and not self._is_private:
            raise ShopError(_("Only addresses that begin with https:// are asked."))
        return parts

    def _ask(self, parts: SplitResult) -> Answer:
        with deadline_in(ANSWER_SECONDS) as deadline:
            try:
                if self._connection is None:
                    ips = self._ips(parts)
                    self._connection = PinnedConnection(
                        parts, ips, self.network, deadline, SILENCE_SECONDS
                    )
                elif self._connection.sock is not None:
                    deadline.watch(self._connection.sock)
                self._connection.deadline = deadline
                self._connection.request("GET", target_of(parts), headers=self._headers)
                answer = self._connection.getresponse()
                _refuse_unless_ok(answer)
                body = read_body(answer, MAX_ANSWER_BYTES)
                if deadline.has_passed:  # a connection that is cut looks like the end of an answer
                    raise TimeoutError
            except TooLarge:
                raise ShopError(_("The shop's answer is too large.")) from None
            except UnknownPacking:
                raise ShopError(_("The shop packs its answer in an unknown way.")) from None
            except (CutOff, OSError, http.client.HTTPException, zlib.error) as error:
                if deadline.has_passed or isinstance(error, TimeoutError):
                    raise _AskAgain(_("The shop takes too long to answer.")) from None
                raise _AskAgain(
                    _("The shop cannot be reached: %(error)s.") % {"error": str(error)[:200]}
                ) from None
        return Answer(_json_object(body), dict(answer.headers.items()))

    def _ips(self, parts: SplitResult) -> list[str]:
        ips = self.network.addresses(str(parts.hostname), port_of(parts))
        if not self._is_private and not all_public(ips):
            raise ShopError(
                _("%(host)s is not a public address.") % {"host": str(parts.hostname)[:100]}
            )
        return ips

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_client(shop: Shop, *, hosted: str, authorization: str) -> ShopClient:
    """`hosted` is the address unless the shop has one of its own; `authorization` is what stands
    before the token in that header. Raises ShopError.
    """
    try:
        token = unseal(shop.token)
    except SealBroken as error:
        raise ShopError(str(error)) from None
    if not token:
        raise ShopError(_("The API token is missing."))
    if not token.isascii() or not token.isprintable():
        raise ShopError(_("The API token has signs that no token has: copy it once more."))
    return ShopClient(base_url_of(shop, hosted), {"Authorization": authorization + token})


def base_url_of(shop: Shop, hosted: str) -> str:
    return shop.base_url.rstrip("/") or hosted


def is_private(base_url: str) -> bool:
    """The operator says that this shop is on our own machine or network."""
    prefixes: list[str] = settings.PRIVATE_SHOPS
    return any(f"{base_url}/".startswith(prefix.rstrip("/") + "/") for prefix in prefixes)


def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        origin = (parts.scheme, str(parts.hostname or ""), port_of(parts))
    except (ValueError, KeyError):
        origin = ("", "", 0)
        parts = urlsplit("")
    if not origin[1] or parts.username or parts.password:
        raise ShopError(_("This is no address of a shop: write it like https://shop.example.org"))
    return origin


def _refuse_unless_ok(answer: http.client.HTTPResponse) -> None:
    status = answer.status
    if status == 200:
        return
    if status in (409, 429) or status >= 500:
        raise _AskAgain(
            _("The shop is too busy: it answers %(status)d.") % {"status": status}
            if status in (409, 429, 503)
            else _("The shop answers %(status)d.") % {"status": status},
            _retry_after_seconds(answer.headers.get("Retry-After", "")),
        )
    if status == 401:
        raise ShopError(_("The shop does not accept the token."))
    if status == 403:
        raise ShopError(_("The token may not read this event's orders, or there is no such event."))
    if status == 404:
        raise ShopError(_("The shop has no such organizer or event."))
    if 300 <= status < 400:
        raise ShopError(_("The shop has moved to another address: type that one."))
    raise ShopError(_("The shop answers %(status)d.") % {"status": status})


def _retry_after_seconds(value: str) -> float | None:
    """Seconds or a date (RFC 9110, 10.2.3)."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - timezone.now()).total_seconds())


def _wait_seconds(again: _AskAgain, attempt: int) -> float:
    """With jitter, so that several who were turned away do not come back together."""
    jitter = random.random()  # noqa: S311 (no secret)
    if again.wait_seconds is not None:
        return min(again.wait_seconds + jitter, MAX_WAIT_SECONDS)
    wait = FIRST_WAIT_SECONDS * (1 << (attempt - 1))
    return min(wait, MAX_WAIT_SECONDS) * (0.5 + jitter)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    if body.lstrip()[:1] == b"<":
        raise ShopError(_("The shop answers with a web page instead of data."))
    raise ShopError(_("The shop's answer cannot be read."))
