"""Reads a schedule from its address, without being led elsewhere: https only, to public addresses
only, at the address that was checked, after every redirect again.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from schedule.formats import MAX_BYTES

TIMEOUT_SECONDS = 10  # for everything: redirects and pages too
MAX_REDIRECTS = 3
MAX_PAGES = 200  # of 50 each: more talks than a programme can have
CHUNK_BYTES = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# pretalx refuses versions that it does not know; this is the oldest that is still answered.
PRETALX_VERSION = "v1"
# IPv4 addresses dressed up as IPv6 (RFC 6052); they reach whatever a NAT64 leads to.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class FetchError(Exception):
    """Nothing could be read from the address; the text says why, to an organizer."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`data` None: not modified since the answer that `etag` names."""

    data: bytes | None
    etag: str = ""


class Network:
    """The world outside. Tests put their own in its place."""

    def addresses(self, host: str, port: int) -> list[str]:
        """Raises OSError when there are none."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_rest, address in found))

    def connect(self, ip: str, port: int, host: str, timeout: float) -> socket.socket:
        plain = socket.create_connection((ip, port), timeout)
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def fetch(address: str, *, etag: str = "", network: Network | None = None) -> Fetched:
    """Raises FetchError, and nothing else. The pages of a pretalx API come as one document."""
    with _deadline() as deadline:
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


def is_public(ip: str) -> bool:
    """Not our own machine, network or cloud's metadata, in whatever spelling."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo is not None or address.scope_id:
            return False
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast


def token_for(address: str) -> str:
    """Tokens are bound to the beginning of an address by the operator (FEED_TOKENS), so that nobody
    who may type an address can have a token sent elsewhere. "": none.
    """
    tokens: dict[str, str] = settings.FEED_TOKENS
    fitting = [prefix for prefix in tokens if address.startswith(prefix.rstrip("/") + "/")]
    return tokens[max(fitting, key=len)] if fitting else ""


class _Deadline:
    """Cuts the connection when the time is over: a server that sends a byte every nine seconds
    never runs into a socket's own timeout.
    """

    def __init__(self) -> None:
        self.has_passed = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self.timer = threading.Timer(TIMEOUT_SECONDS, self._pass)
        self.timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            self._socket = connection
            if self.has_passed:
                raise TimeoutError

    def _pass(self) -> None:
        with self._lock:
            self.has_passed = True
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:  # closed already
                    pass


@contextmanager
def _deadline() -> Iterator[_Deadline]:
    deadline = _Deadline()
    deadline.timer.start()
    try:
        yield deadline
    finally:
        deadline.timer.cancel()


class _Connection(http.client.HTTPConnection):
    """To one address that has been checked, whatever the name says a moment later."""

    def __init__(self, parts: SplitResult, ips: list[str], network: Network, deadline: _Deadline):
        super().__init__(str(parts.hostname), parts.port or 443, timeout=TIMEOUT_SECONDS)
        self.default_port = 443  # for the Host header
        self._ips, self._network, self._deadline = ips, network, deadline

    def connect(self) -> None:
        for position, ip in enumerate(self._ips, 1):
            try:
                self.sock = self._network.connect(ip, self.port, self.host, TIMEOUT_SECONDS)
                break
            except OSError:
                if position == len(self._ips) or self._deadline.has_passed:
                    raise
        self._deadline.watch(self.sock)


class _Fetching:
    def __init__(self, network: Network, deadline: _Deadline) -> None:
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
            connection = _Connection(parts, self._public_ips(parts), self.network, self.deadline)
            try:
                connection.request("GET", _target(parts), headers=_headers(address, etag))
                answer = connection.getresponse()
                if answer.status not in REDIRECTS:
                    return self._read(answer, etag)
                address = urljoin(address, answer.headers.get("Location", ""))
            finally:
                connection.close()
        raise FetchError(_("More than %(count)d redirects.") % {"count": MAX_REDIRECTS})

    def _public_ips(self, parts: SplitResult) -> list[str]:
        """All have to be public: which of them is taken is decided by the other side."""
        ips = self.network.addresses(str(parts.hostname), parts.port or 443)
        if not ips or not all(is_public(ip) for ip in ips):
            raise FetchError(
                _("%(host)s is not a public address.") % {"host": str(parts.hostname)[:100]}
            )
        return ips

    def _read(self, answer: http.client.HTTPResponse, etag: str) -> Fetched:
        if answer.status == 304 and etag:
            return Fetched(None, etag)
        if answer.status != 200:
            raise FetchError(_("The server answers %(status)d.") % {"status": answer.status})
        encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", ""):
            raise FetchError(_("The server packs its answer in an unknown way."))
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        data = bytearray()
        while chunk := answer.read1(CHUNK_BYTES):
            data += unpacker.decompress(chunk, self.left_bytes + 1) if unpacker else chunk
            if len(data) > self.left_bytes:
                raise FetchError(_("The answer is larger than 15 MB."))
        is_cut = bool(answer.length) or (unpacker is not None and not unpacker.eof)
        if is_cut:
            raise FetchError(_("The answer is cut off."))
        self.left_bytes -= len(data)
        return Fetched(bytes(data), answer.headers.get("ETag", "")[:200])


def _checked(address: str) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise FetchError(_("Only addresses that begin with https:// are read, without a password."))
    return parts


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


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
