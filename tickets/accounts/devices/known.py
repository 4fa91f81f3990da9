"""Browsers in which somebody has signed in before. What they try is counted apart from what strangers
do to the same account, so nobody is kept out of their own by the tries of others.

The cookie is signed and names accounts by a hash; it opens nothing.
"""

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from schedule.site.cookies import cookie_of, set_cookie

COOKIE = "known"
_SALT = "tickets.known_devices"
_SECONDS = 365 * 24 * 3600
# A family's or a help desk's computer.
_MOST_ACCOUNTS = 5


def remember_device(request: HttpRequest, response: HttpResponseBase, email: str) -> None:
    """The account of the folded address has been signed in to here."""
    others = [each for each in _accounts(request) if not _is_of(email, each[0])]
    mine = (_hash(email), get_random_string(12))
    value = signing.dumps([mine, *others][:_MOST_ACCOUNTS], salt=_SALT)
    set_cookie(response, COOKIE, value, max_age=_SECONDS)


def is_known_device(request: HttpRequest, email: str) -> bool:
    return _number(request, email) is not None


def tries_key(request: HttpRequest, email: str) -> str:
    """What tries at the account are counted under: those of a known device by itself, all others
    together.
    """
    number = _number(request, email)
    return email if number is None else f"{email} on {number}"


def _number(request: HttpRequest, email: str) -> str | None:
    """A device's own, by account. None: it does not know this one."""
    return next((number for account, number in _accounts(request) if _is_of(email, account)), None)


def _accounts(request: HttpRequest) -> list[tuple[str, str]]:
    try:
        kept = signing.loads(cookie_of(request, COOKIE), salt=_SALT)
    except signing.BadSignature:
        return []
    return [(account, number) for account, number in kept]


def _is_of(email: str, account: str) -> bool:
    return constant_time_compare(account, _hash(email))


def _hash(email: str) -> str:
    return salted_hmac(_SALT, email, algorithm="sha256").hexdigest()[:32]
