"""The world outside, without being led elsewhere: a connection goes to an address that was checked
to be public, and to no other, whatever the name says a moment later.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult

CHUNK_BYTES = 64 * 1024
# IPv4 addresses dressed up as IPv6 (RFC 6052); they reach whatever a NAT64 leads to.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Network:
    """Tests put their own in its place."""

    def addresses(self, host: str, port: int) -> list[str]:
        """Raises OSError when there are none."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_rest, address in found))

    def connect(self, ip: str, port: int, host: str, timeout: float) -> socket.socket:
        plain = self.connect_plain(ip, port, timeout)
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def connect_plain(self, ip: str, port: int, timeout: float) -> socket.socket:
        """Without TLS."""
        return socket.create_connection((ip, port), timeout)


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


def all_public(ips: list[str]) -> bool:
    """All have to be: which of them is taken is decided by the other side."""
    return bool(ips) and all(is_public(ip) for ip in ips)


class Deadline:
    """Cuts the connection when the time is over: a server that sends a byte every nine seconds
    never runs into a socket's own timeout.
    """

    def __init__(self, seconds: float) -> None:
        self.has_passed = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self.timer = threading.Timer(seconds, self._pass)
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
def deadline_in(seconds: float) -> Iterator[Deadline]:
    deadline = Deadline(seconds)
    deadline.timer.start()
    try:
        yield deadline
    finally:
        deadline.timer.cancel()


class PinnedConnection(http.client.HTTPConnection):
    """To one of `ips`. `deadline` is that of the request which connects."""

    def __init__(
        self,
        parts: SplitResult,
        ips: list[str],
        network: Network,
        deadline: Deadline,
        timeout: float,
    ) -> None:
        super().__init__(str(parts.hostname), port_of(parts), timeout=timeout)
        self.default_port = DEFAULT_PORTS[parts.scheme]  # for the Host header
        self._has_tls = parts.scheme == "https"
        self._ips, self._network, self.deadline = ips, network, deadline

    def connect(self) -> None:
        for position, ip in enumerate(self._ips, 1):
            try:
                self.sock = self._open(ip)
                break
            except OSError:
                if position == len(self._ips) or self.deadline.has_passed:
                    raise
        self.deadline.watch(self.sock)

    def _open(self, ip: str) -> socket.socket:
        timeout = float(self.timeout or 0)
        if self._has_tls:
            return self._network.connect(ip, self.port, self.host, timeout)
        return self._network.connect_plain(ip, self.port, timeout)


DEFAULT_PORTS = {"https": 443, "http": 80}


def port_of(parts: SplitResult) -> int:
    """Raises ValueError when it is no port, KeyError for an unknown scheme."""
    return parts.port or DEFAULT_PORTS[parts.scheme]


def target_of(parts: SplitResult) -> str:
    """What stands in a request's first line."""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class UnknownPacking(Exception):
    """The answer is packed in a way that was not asked for."""


class TooLarge(Exception):
    """The answer, unpacked, is larger than allowed."""


class CutOff(Exception):
    """The answer ended before its end."""


def read_body(answer: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """Unpacked. Raises the three above, and what http.client and zlib raise."""
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise UnknownPacking
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    data = bytearray()
    while chunk := answer.read1(CHUNK_BYTES):
        data += unpacker.decompress(chunk, max_bytes + 1) if unpacker else chunk
        if len(data) > max_bytes:
            raise TooLarge
    is_cut = bool(answer.length) or (unpacker is not None and not unpacker.eof)
    if is_cut:
        raise CutOff
    return bytes(data)
