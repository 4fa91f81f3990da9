"""Asks a shop's API for JSON, patiently and nobody but the shop, and reads single values of it.

Public addresses by https only, but for servers that the operator names in PRIVATE_HOSTS. What is
logged and told has neither tokens nor query strings in it.
"""

import json
import logging
import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urljoin, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from lib.http_client import Deadline, ErrorKind, HttpClient, HttpError, Response, begins_with
from lib.sealing import SealBroken
from lib.text import one_line
from tickets.models import Shop, fold_email
from tickets.sources.shops.base import Batch, ShopApi, ShopError

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 20  # for connecting, and between two pieces of an answer
ANSWER_SECONDS = 60  # for one answer, whole
MAX_ANSWER_BYTES = 30 * 1024 * 1024
ATTEMPTS = 6
FIRST_WAIT_SECONDS = 1.0  # doubled each time
MAX_WAIT_SECONDS = 60.0  # whatever Retry-After says
MAX_WAITING_SECONDS = 150.0  # between all attempts at one question
_code = re.compile(r"[A-Za-z0-9_-]{1,80}")
# What was saved while the last page was made, and clocks of several servers.
OVERLAP = timedelta(seconds=60)
PASSING = frozenset({ErrorKind.UNREACHABLE, ErrorKind.TOO_SLOW, ErrorKind.BROKEN})

# JSON that is taken apart inside known_shape().
type Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShopAnswer:
    document: Document
    headers: Mapping[str, str]


class _AskAgain(Exception):
    """It may go better in a moment. `wait_seconds` None: the shop does not say when."""

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class ShopClient(HttpClient):
    """One shop, as a context manager: the connection stays open between questions. `headers` hold
    the token and go to `base_url`'s scheme, host and port, nowhere else. With a deadline of their own
    all questions together, and the patience with them, end by that.
    """

    sleep = staticmethod(time.sleep)

    def __init__(
        self, base_url: str, headers: Mapping[str, str], deadline: Deadline | None = None
    ) -> None:
        self._own_deadline = deadline
        self._home = urljoin(base_url, "/")
        if not begins_with(base_url, self._home):
            raise ShopError(
                _("This is no address of a shop: write it like https://shop.example.org")
            )
        super().__init__(
            Deadline(ANSWER_SECONDS),
            max_bytes=MAX_ANSWER_BYTES,
            asks_private_hosts=True,
            headers_by_address={self._home: {"Accept": "application/json", **headers}},
        )

    def get(self, url: str) -> ShopAnswer:
        """Raises ShopError, and nothing else."""
        # The shop itself gives the addresses of further pages; of the first one organizers type parts.
        if not begins_with(url, self._home):
            raise ShopError(
                _("The shop's account, event or next page leads to another server or place.")
            )
        waited = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._ask(url)
            except _AskAgain as again:
                wait = _wait_seconds(again, attempt)
                if attempt == ATTEMPTS or waited + wait > self._longest_wait():
                    raise ShopError(str(again)) from None
                host = urlsplit(url).hostname
                logger.info("%s: %s Asking again in %.0f s.", host, again, wait)
            self.sleep(wait)
            waited += wait
        raise AssertionError("the last attempt returns or raises")

    def _longest_wait(self) -> float:
        """Between all attempts at one question."""
        if self._own_deadline is None:
            return MAX_WAITING_SECONDS
        return self._own_deadline.left_seconds

    def _ask(self, url: str) -> ShopAnswer:
        self.deadline = self._own_deadline or Deadline(ANSWER_SECONDS, SILENCE_SECONDS)
        try:
            response = self.request(url)
        except HttpError as error:
            raise (_AskAgain if error.kind in PASSING else ShopError)(str(error)) from None
        _refuse_unless_ok(response)
        return ShopAnswer(_json_object(response.body), response.headers)


class ShopReader(ShopApi):
    """What modules for shops that speak JSON share. `hosted` is the address unless the shop has one of
    its own, `path` leads from there to the event, and `authorization` stands before the token in
    that header. A shop whose cursors are moments says in `_changes` what changed since one.
    """

    hosted: ClassVar[str]
    path: ClassVar[str] = ""
    authorization: ClassVar[str]

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._base_url = shop.base_url.rstrip("/") or self.hosted
        account, event = quote(shop.account, safe=""), quote(shop.event, safe="")
        self.event_url = self._base_url + self.path.format(account=account, event=event)

    def changes(self, cursor: str) -> Iterator[Batch]:
        with known_shape():
            since = time_of(cursor or None)
        return self._changes(since - OVERLAP, cursor) if since else self.everything()

    def _changes(self, since: datetime, cursor: str) -> Iterator[Batch]:
        raise NotImplementedError

    def client(self) -> ShopClient:
        """Raises ShopError."""
        try:
            token = self.shop.opened_token(self.event_url)
        except SealBroken as error:
            raise ShopError(str(error)) from None
        if not token:
            raise ShopError(_("The API token is missing."))
        if not token.isascii() or not token.isprintable():
            raise ShopError(_("The API token has signs that no token has: copy it once more."))
        headers = {"Authorization": self.authorization + token}
        return ShopClient(self._base_url, headers, self.deadline)


def _refuse_unless_ok(response: Response) -> None:
    status = response.status
    if status == 200:
        return
    if status in (409, 429) or status >= 500:
        raise _AskAgain(
            _("The shop is too busy: it answers %(status)d.") % {"status": status}
            if status in (409, 429, 503)
            else _("The shop answers %(status)d.") % {"status": status},
            response.retry_after_seconds,
        )
    if status == 401:
        raise ShopError(_("The shop does not accept the token."))
    if status == 403:
        raise ShopError(_("The token may not read this event's orders, or there is no such event."))
    if status == 404 and "json" in response.headers.get("Content-Type", ""):
        raise ShopError(_("The shop has no such organizer or event."))
    if status == 404:
        raise ShopError(
            _(
                "There is no API of a shop at this address. It is the shop's own and nothing more,"
                " like https://tickets.example.org"
            )
        )
    if 300 <= status < 400:
        raise ShopError(_("The shop has moved to another address: type that one."))
    raise ShopError(_("The shop answers %(status)d.") % {"status": status})


def _wait_seconds(again: _AskAgain, attempt: int) -> float:
    """With jitter, so that several who were turned away do not come back together."""
    jitter = random.random()  # noqa: S311 (no secret)
    if again.wait_seconds is not None:
        return min(again.wait_seconds + jitter, MAX_WAIT_SECONDS)
    wait = FIRST_WAIT_SECONDS * (1 << (attempt - 1))
    return min(wait, MAX_WAIT_SECONDS) * (0.5 + jitter)


def _json_object(body: bytes) -> Document:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    if body.lstrip()[:1] == b"<":
        raise ShopError(_("The shop answers with a web page instead of data."))
    raise ShopError(_("The shop's answer cannot be read."))


# --- What shops write becomes what we store: lengths, addresses and times are checked here ---------


@contextmanager
def known_shape() -> Iterator[None]:
    """Around all code that takes an answer apart: what it stumbles over becomes a ShopError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ShopError(
            _("The shop's answer does not look as we know it (%(error)s).")
            % {"error": type(error).__name__}
        ) from error


def code_of(value: object) -> str:
    """Raises ValueError."""
    if not isinstance(value, str) or not _code.fullmatch(value):
        raise ValueError("not a code")
    return value


def text_of(value: object, max_length: int) -> str:
    return one_line(value)[:max_length] if isinstance(value, str) else ""


def url_of(value: object) -> str:
    """ "" if it is none that may be a link."""
    return value if isinstance(value, str) and value and is_web_address(value) else ""


def is_web_address(text: str) -> bool:
    """Or none at all."""
    return not text or (text.startswith(("https://", "http://")) and text.isprintable())


def email_of(value: object) -> str:
    """Folded; "" if there is none, or none that mail could go to."""
    address = fold_email(value) if isinstance(value, str) else ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def time_of(value: object) -> datetime | None:
    """Raises ValueError. A time without a zone is refused: it could be any."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("not a time")
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at
