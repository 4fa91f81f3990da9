"""HTTP to the outside, without being led elsewhere.

Every connection goes to an address that was checked to be public, and to no other, whatever the
name says a moment later; after each redirect again. TLS is always verified. The time, the redirects
and the size of an answer are bounded. Whatever fails is an HttpError, in words for people.
"""

import ipaddress
import logging
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cached_property
from http.client import HTTPException
from typing import Any, Self, cast
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from urllib3 import BaseHTTPResponse, HTTPHeaderDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, InvalidHeader, ReadTimeoutError
from urllib3.util import Retry

CHUNK_BYTES = 64 * 1024
MAX_HEADER_BYTES = 64 * 1024
DEFAULT_PORTS = {"https": 443, "http": 80}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PRIVATE_HOSTS_HINT = gettext_lazy("One in your own network the operator allows in PRIVATE_HOSTS.")
# The part of IPv6 that the internet is made of, and what a NAT64 puts before an IPv4 address
# (RFC 6052).
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Where nobody has a server, though Python calls parts of it global: protocols, relays that are no
# more, sinks and documentation (IANA's special-purpose registries, RFC 7526, RFC 9637).
SPECIAL = [
    ipaddress.ip_network(network)
    for network in [
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "2001::/23",
        "2620:4f:8000::/48",
        "3fff::/20",
    ]
]

# It logs the address of an answer with broken headers.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class ErrorKind(StrEnum):
    REFUSED = auto()  # by us: we do not ask this address
    UNREACHABLE = auto()  # no such name, no connection, no trust in the certificate
    TOO_SLOW = auto()
    TOO_LARGE = auto()
    TOO_MANY_REDIRECTS = auto()
    BROKEN = auto()  # cut off, or not HTTP
    UNUSABLE = auto()  # whole, but not what was asked for


class HttpError(Exception):
    """The text says why, to people. It holds no address: a signed one is a key."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Deadline:
    """A deadline for everything that is asked until then. A server that sends a byte every nine
    seconds never runs into the timeout of a socket, so no wait is longer than the time that is
    left.

    `silence_seconds`: the longest wait for a connection, and for the next piece of an answer.
    """

    def __init__(self, seconds: float, silence_seconds: float | None = None) -> None:
        self._seconds, self._silence_seconds = seconds, silence_seconds or seconds
        self._ends_at = time.monotonic() + seconds

    @property
    def left_seconds(self) -> float:
        """0 or less: the time is over."""
        return self._ends_at - time.monotonic()

    def wait_seconds(self) -> float:
        """How long to wait for what comes next. Raises HttpError when the time is over."""
        left = self.left_seconds
        if left <= 0:
            raise self.error()
        return min(left, self._silence_seconds)

    def error(self) -> HttpError:
        count = self._seconds if self.left_seconds <= 0 else self._silence_seconds
        text = _("It took longer than %(count)d seconds.") % {"count": count}
        return HttpError(ErrorKind.TOO_SLOW, text)


@dataclass(frozen=True, slots=True)
class Response:
    """`url` is the one that answered, after redirects. `body` is empty unless the status is 2xx."""

    url: str
    status: int
    headers: HTTPHeaderDict
    body: bytes

    @property
    def retry_after_seconds(self) -> float | None:
        """None: the server does not say when to come back."""
        try:
            return Retry().parse_retry_after(self.headers.get("Retry-After", ""))
        except (InvalidHeader, ValueError, OverflowError):
            return None


class Network:
    """How names become addresses, addresses connections, and whose certificates are trusted. Tests
    put their own in its place.
    """

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """All clients share it, because the certificates of all authorities are read for it."""
        context = ssl.create_default_context()
        context.sslsocket_class = _BoundedTlsSocket
        return context

    def addresses(self, host: str, port: int, seconds: float) -> list[str]:
        """Raises OSError. A thread waits, because nothing can stop the system's own resolver."""
        found: Future[list[str]] = Future()

        def resolve() -> None:
            try:
                rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                found.set_result(list(dict.fromkeys(str(row[4][0]) for row in rows)))
            except Exception as error:
                found.set_exception(error)

        threading.Thread(target=resolve, daemon=True).start()
        return found.result(seconds)

    def connect(self, ip: str, port: int, seconds: float) -> socket.socket:
        return socket.create_connection((ip, port), seconds)


class HttpClient:
    """A context manager, for one thread. A connection serves all requests to the same server.

    `deadline`: for all requests, until another one is set. `max_bytes`: of one answer, unpacked.
    `private`: beginnings of addresses that may be on our own machine or network, also without TLS;
    `asks_private_hosts` adds the servers that the operator names in PRIVATE_HOSTS.
    `headers_by_address`: what is sent to addresses that begin so and to no others, wherever a
    redirect leads; the longest beginning counts. Secrets belong there.
    """

    network = Network()

    def __init__(
        self,
        deadline: Deadline,
        *,
        max_bytes: int,
        max_redirects: int = 0,
        private: Collection[str] = (),
        asks_private_hosts: bool = False,
        headers_by_address: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.deadline, self.max_bytes, self.max_redirects = deadline, max_bytes, max_redirects
        self._asks_private_hosts = asks_private_hosts
        self._private = [*private, *(settings.PRIVATE_HOSTS if asks_private_hosts else ())]
        self._headers_by_address = headers_by_address or {}
        self._connection: HTTPConnection | None = None
        self._connected_to: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def request(
        self,
        address: str,
        headers: Mapping[str, str] | None = None,
        *,
        data: bytes | None = None,
        reads_body: bool = True,
    ) -> Response:
        """A GET, or a POST of `data`. Raises HttpError, and nothing else; a status is no error.
        Redirects of a GET are followed, unless `max_redirects` is 0: then they are an answer.
        """
        for _hop in range(self.max_redirects + 1):
            try:
                response = self._exchange(iri_to_uri(address), headers or {}, data, reads_body)
                if response.status not in REDIRECTS or not self.max_redirects or data is not None:
                    return response
                address = urljoin(response.url, response.headers.get("Location", ""))
            except HttpError:
                self.close()
                raise
            except (OSError, HTTPException, HTTPError, zlib.error, ValueError) as error:
                self.close()
                raise self._explained(error) from None
        text = _("More than %(count)d redirects.") % {"count": self.max_redirects}
        raise HttpError(ErrorKind.TOO_MANY_REDIRECTS, text)

    def _exchange(
        self, address: str, headers: Mapping[str, str], data: bytes | None, reads_body: bool
    ) -> Response:
        parts = urlsplit(address)
        connection = self._connection_to(address)
        bounded = cast(_BoundedSocket, connection.sock)
        bounded.bound(self.deadline, MAX_HEADER_BYTES)
        connection.request(
            "GET" if data is None else "POST",
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            data,
            {
                "Accept": "*/*",
                "Accept-Encoding": "gzip",
                "User-Agent": settings.HTTP_USER_AGENT,
                **headers,
                **self._headers_for(address),
            },
            preload_content=False,
            decode_content=False,
        )
        with closing(connection.getresponse()) as answer:
            # Twice, because how an answer is cut into pieces takes bytes too.
            bounded.bound(self.deadline, MAX_HEADER_BYTES + 2 * self.max_bytes)
            reads_body = reads_body and 200 <= answer.status < 300
            body = _read(answer, self.max_bytes) if reads_body else b""
        if not reads_body:
            self.close()
        return Response(address, answer.status, answer.headers, body)

    def _headers_for(self, address: str) -> Mapping[str, str]:
        fitting = [each for each in self._headers_by_address if begins_with(address, each)]
        return self._headers_by_address[max(fitting, key=len)] if fitting else {}

    def _connection_to(self, address: str) -> HTTPConnection:
        parts = urlsplit(address)
        is_private = any(begins_with(address, beginning) for beginning in self._private)
        if not parts.hostname or "@" in parts.netloc or not (parts.scheme == "https" or is_private):
            text = _("Only addresses that begin with https:// are asked, without a password.")
            raise self._not_asked(text)
        server = (is_private, *_server_of(parts))
        if self._connection and self._connection.is_connected and self._connected_to == server:
            return self._connection
        self.close()
        self._connection, self._connected_to = self._connect(*server), server
        return self._connection

    def _connect(self, is_private: bool, scheme: str, host: str, port: int) -> HTTPConnection:
        ips = self.network.addresses(host, port, self.deadline.wait_seconds())
        # All have to be public: which of them is taken is decided by the other side.
        if not is_private and not all(map(is_public, ips)):
            raise self._not_asked(_("%(host)s is not a public address.") % {"host": host[:100]})
        connection = (HTTPSConnection if scheme == "https" else HTTPConnection)(host, port)
        connection.auto_open = 0  # It opens no connection by itself.
        connection.sock = self._open(ips, port, host if scheme == "https" else "")
        return connection

    def _not_asked(self, text: str) -> HttpError:
        hint = f" {PRIVATE_HOSTS_HINT}" if self._asks_private_hosts else ""
        return HttpError(ErrorKind.REFUSED, text + hint)

    def _open(self, ips: list[str], port: int, tls_host: str) -> socket.socket:
        for position, ip in enumerate(ips, 1):
            try:
                with self.network.connect(ip, port, self.deadline.wait_seconds()) as plain:
                    plain.settimeout(self.deadline.wait_seconds())
                    if tls_host:
                        return self.network.tls.wrap_socket(plain, server_hostname=tls_host)
                    return _BoundedSocket(fileno=plain.detach())
            except OSError:
                if position == len(ips):
                    raise
        raise OSError("no address")

    def _explained(self, error: Exception) -> HttpError:
        if isinstance(error, (TimeoutError, ReadTimeoutError)):
            return self.deadline.error()
        if isinstance(error, OSError):
            text = _("The server cannot be reached: %(error)s") % {"error": str(error)[:200]}
            return HttpError(ErrorKind.UNREACHABLE, text)
        if isinstance(error, ValueError):
            return HttpError(ErrorKind.REFUSED, _("The address cannot be read."))
        return HttpError(ErrorKind.BROKEN, _("The answer is cut off, or cannot be read."))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _BoundedSocket(socket.socket):
    """Ends with the deadline, however slowly the bytes come, and when they are too many."""

    def bound(self, deadline: Deadline, max_bytes: int) -> None:
        self._deadline, self._left_bytes = deadline, max_bytes

    def recv_into(self, *args: Any) -> int:
        if self._left_bytes <= 0:
            raise HttpError(ErrorKind.TOO_LARGE, _("The answer is too large."))
        self.settimeout(self._deadline.wait_seconds())
        count = super().recv_into(*args)
        self._left_bytes -= count
        return count

    def sendall(self, *args: Any) -> None:
        self.settimeout(self._deadline.wait_seconds())
        super().sendall(*args)


class _BoundedTlsSocket(_BoundedSocket, ssl.SSLSocket):
    pass


def is_public(ip: str) -> bool:
    """Not our own machine, network or cloud's metadata, in whatever spelling."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if address not in GLOBAL_UNICAST or address.scope_id:
            return False
    if any(address in network for network in SPECIAL):
        return False
    return address.is_global and not address.is_multicast


def begins_with(address: str, beginning: str) -> bool:
    """The same scheme, host and port, and the first parts of the path. What cannot be read, has a
    password in it, or leads back up in the path (also where only the server would read it so)
    begins with nothing.
    """
    try:
        parts, start = urlsplit(address), urlsplit(beginning)
        is_there = "@" not in parts.netloc and _server_of(parts) == _server_of(start)
    except ValueError:
        return False
    leads_up = ".." in re.split(r"[/\\;]", unquote(unquote(parts.path)))
    return is_there and not leads_up and f"{parts.path}/".startswith(start.path.rstrip("/") + "/")


def validate_address(address: str) -> None:
    """For a field: https, or a server in PRIVATE_HOSTS. Where it leads is looked at when it is asked."""
    if any(begins_with(address, server) for server in settings.PRIVATE_HOSTS):
        return
    try:
        URLValidator(["https"])(address)
    except ValidationError:
        text = _("Type an address that begins with https://.")
        raise ValidationError(f"{text} {PRIVATE_HOSTS_HINT}") from None


def _server_of(parts: SplitResult) -> tuple[str, str, int]:
    """Raises ValueError."""
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("no address of a server")
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]


def _read(answer: BaseHTTPResponse, max_bytes: int) -> bytes:
    """The body, unpacked. urllib3 would take a packed body that is cut off for a whole one."""
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise HttpError(ErrorKind.UNUSABLE, _("The server packs its answer in an unknown way."))
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    data = bytearray()
    while chunk := answer.read1(CHUNK_BYTES):
        if unpacker is None:
            data += chunk
        elif not unpacker.eof:  # What comes after the end is thrown away.
            data += unpacker.decompress(chunk, max_bytes + 1)
        if len(data) > max_bytes:
            raise HttpError(ErrorKind.TOO_LARGE, _("The answer is too large."))
    if unpacker and not unpacker.eof:
        raise HttpError(ErrorKind.BROKEN, _("The answer is cut off."))
    return bytes(data)
