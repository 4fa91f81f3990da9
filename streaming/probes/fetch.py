"""Reads what a stream shows to everybody who asks, for probes: of public https addresses only, after
every redirect again, or of our own host past the gate (LOOPBACK_URL). All within one deadline.
"""

import http.client
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
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

# For everything that one probe reads. Players have given up by then.
TIMEOUT_SECONDS = 8
MAX_REDIRECTS = 3
# A playlist of a whole day in segments of two seconds.
MAX_BYTES = 2 * 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# KeyError: of an unknown scheme (lib/network.py).
FAILURES = (
    OSError,
    http.client.HTTPException,
    zlib.error,
    ValueError,
    KeyError,
    TooLarge,
    CutOff,
    UnknownPacking,
)


class Unreadable(Exception):
    """The text says why, to an organizer. It holds no address: a signed one is a key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`url` is the one that answered, after redirects. `body` is empty where it was not read."""

    url: str
    headers: Message
    body: bytes


class Reader:
    """`host`: the conference's. `is_ours`: the stream is on our own host, so LOOPBACK_URL is asked;
    nothing that is elsewhere can lead there.
    """

    def __init__(self, network: Network, deadline: Deadline, host: str, *, is_ours: bool) -> None:
        self.network, self.deadline, self.host, self.is_ours = network, deadline, host, is_ours

    def read(self, address: str) -> Answer:
        """Raises Unreadable."""
        return self._get(address, {"Accept-Encoding": "gzip"}, reads=True)

    def look(self, address: str) -> Answer:
        """Only whether it is there. Raises Unreadable."""
        return self._get(address, {"Range": "bytes=0-0"}, reads=False)

    def _get(self, address: str, headers: dict[str, str], *, reads: bool) -> Answer:
        try:
            answer = self._follow(address, headers, reads)
        except FAILURES as error:
            raise Unreadable(self._why(error)) from None
        if self.deadline.has_passed:  # a connection that is cut looks like the end
            raise Unreadable(self._why(TimeoutError()))
        return answer

    def _why(self, error: Exception) -> str:
        if self.deadline.has_passed or isinstance(error, TimeoutError):
            return _("It took longer than %(count)d seconds.") % {"count": TIMEOUT_SECONDS}
        if isinstance(error, TooLarge):
            return _("The answer is too large.")
        if isinstance(error, OSError) and self.is_ours:
            return _("Our own server does not answer where LOOPBACK_URL says that it is.")
        if isinstance(error, OSError):
            return _("The server does not answer.")
        return _("The server answers in a way that cannot be read.")

    def _follow(self, address: str, headers: dict[str, str], reads: bool) -> Answer:
        for _hop in range(MAX_REDIRECTS + 1):
            address = iri_to_uri(address)
            parts = urlsplit(address)
            loops = self.is_ours and address.startswith(our_address("/"))
            ips = self._ips(parts, loops=loops)
            connection = PinnedConnection(
                parts, ips, self.network, self.deadline, timeout=TIMEOUT_SECONDS
            )
            try:
                connection.request("GET", target_of(parts), headers=headers | self._who(loops))
                answer = connection.getresponse()
                if answer.status in REDIRECTS:
                    address = urljoin(address, answer.headers.get("Location", ""))
                    continue
                if answer.status not in (200, 206):
                    raise Unreadable(_refused(answer.status, parts, loops=loops))
                body = read_body(answer, MAX_BYTES) if reads else b""
                return Answer(address, answer.headers, body)
            finally:
                connection.close()
        raise Unreadable(_("More than %(count)d redirects.") % {"count": MAX_REDIRECTS})

    def _ips(self, parts: SplitResult, *, loops: bool) -> list[str]:
        host = str(parts.hostname)
        if loops:
            return self.network.addresses(host, port_of(parts))
        if parts.scheme != "https" or not parts.hostname or parts.username:
            raise Unreadable(_("It leads to an address that does not begin with https://"))
        ips = self.network.addresses(host, port_of(parts))
        if not all_public(ips):
            raise Unreadable(_("%(host)s is not a public address.") % {"host": host[:100]})
        return ips

    def _who(self, loops: bool) -> dict[str, str]:
        who = {"User-Agent": "Front-Row", "Accept": "*/*", "Referer": f"https://{self.host}/"}
        # As nginx would ask the application; without it Django sends us to https.
        return who | ({"Host": self.host, "X-Forwarded-Proto": "https"} if loops else {})


def our_address(path: str) -> str:
    """Where our own host answers on this machine."""
    base: str = settings.LOOPBACK_URL
    return base.rstrip("/") + path


@contextmanager
def reader(network: Network | None, host: str, *, is_ours: bool) -> Iterator[Reader]:
    with deadline_in(TIMEOUT_SECONDS) as deadline:
        yield Reader(network or Network(), deadline, host, is_ours=is_ours)


def _refused(status: int, parts: SplitResult, *, loops: bool) -> str:
    if status == 404:
        return _("There is nothing at this address (404).")
    if status in (401, 403) and loops:
        return _("Our own gate refuses the probe: LOOPBACK_URL has to lead past it.")
    if status in (401, 403):
        return _("%(host)s refuses us (%(status)d): a wrong key, or only certain sites may.") % {
            "host": parts.hostname,
            "status": status,
        }
    return _("%(host)s answers %(status)d.") % {"host": parts.hostname, "status": status}
