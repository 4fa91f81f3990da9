"""Addresses out of schedule files: only full http and https ones leave this module."""

from urllib.parse import urljoin, urlsplit

from lib.text import one_line

MAX_CHARS = 2000


def absolute(address: str, base: str) -> str:
    """ "" when it is no web address, or relative without a base."""
    if not address:
        return ""  # the base itself is not what was meant
    try:
        address = urljoin(base, one_line(address).replace(" ", "%20"))
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or len(address) > MAX_CHARS:
        return ""
    return address


def host(address: str) -> str:
    return urlsplit(address).hostname or address
