"""The last code that was mailed to an address."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from tickets.accounts.rate_limits import consume
from tickets.mail.strangers import network_of

_SALT = "tickets.accounts.codes"


def remember_last(email: str, code: str) -> None:
    cache.set(_key(email), _hash(email, code), settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)


def is_last(request: HttpRequest, email: str, code: str) -> bool:
    """Whether this is the last code that was mailed; then it is no longer good. Guesses are counted
    for the address and whoever's network they come from, however many browsers there are: a
    stranger who guesses uses up nobody's tries but those of the own network.
    """
    client = get_adapter().get_client_ip(request)
    here = f"{email} {network_of(client)}"
    if not consume(request, action="guess_last_code_here", key=here):
        return False
    if not consume(request, action="guess_last_code", key=email):
        return False
    kept = cache.get(_key(email), "")
    return constant_time_compare(kept, _hash(email, code)) and forget_last(email)


def forget_last(email: str) -> bool:
    """Whether there was one."""
    return bool(cache.delete(_key(email)))


def _key(email: str) -> str:
    return f"last_code:{salted_hmac(_SALT, email, algorithm='sha256').hexdigest()}"


def _hash(email: str, code: str) -> str:
    digits = "".join(filter(str.isdecimal, code))
    return salted_hmac(_SALT, f"{email} {digits}", algorithm="sha256").hexdigest()
