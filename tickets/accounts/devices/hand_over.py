"""A signed-in device lets another one in: the mail is on the phone, the talk on the laptop.

The signed-in device shows a code; the other one enters it and shows a number; the signed-in one is
asked for that number. So who reads the code over somebody's shoulder is not in. All of it lies in
the cache for five minutes, under a hash of the code.
"""

import secrets
import time
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.utils.crypto import constant_time_compare, salted_hmac

from schedule.models import Conference
from tickets.accounts.accounts import is_guarded
from tickets.models import User

LIFE_SECONDS = 5 * 60
# Consonants: no word comes out, and nothing looks like a digit. 2.6 · 10^10 codes of eight.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
_OFFER = "handover_offer"
_REQUEST = "handover_request"
_SALT = "tickets.entry.handover"


@dataclass(frozen=True)
class HandOverOffer:
    """What the signed-in device shows. `number` is that of the device that asks; None: none has asked."""

    code: str
    number: int | None
    is_confirmed: bool
    is_over: bool


@dataclass(frozen=True)
class HandOverRequest:
    """Where the device stands that wants to come in. `user` None: not confirmed yet."""

    number: int
    user: User | None


def fold_code(text: str) -> str:
    return "".join(character for character in text.upper() if character in ALPHABET)


def offer(session: SessionBase, conference: Conference, user: User) -> bool:
    """Make a code for this session. False: there is no cache to keep it in."""
    nonce, until = secrets.token_urlsafe(16), time.time() + LIFE_SECONDS
    session[_OFFER] = {"nonce": nonce, "until": until, "is_confirmed": False}
    return cache.add(_key(_code_of(nonce)), (user.pk, conference.pk), LIFE_SECONDS)


def offer_of(session: SessionBase) -> HandOverOffer | None:
    """None: none was made, or its time is up."""
    kept = session.get(_OFFER)
    if kept is None or time.time() >= kept["until"]:
        return None
    code = _code_of(kept["nonce"])
    key = _key(code)
    asking = cache.get(f"{key}:asking")
    return HandOverOffer(
        code=code,
        number=asking[1] if asking else None,
        is_confirmed=kept["is_confirmed"],
        is_over=cache.get(key) is None,
    )


def confirm(session: SessionBase, number: int) -> bool:
    """Let in the device that shows this number."""
    made = offer_of(session)
    if made is None or made.is_over or made.number != number:
        return False
    session[_OFFER]["is_confirmed"] = session.modified = True
    cache.set(f"{_key(made.code)}:yes", True, LIFE_SECONDS)
    return True


def withdraw(session: SessionBase) -> None:
    kept = session.pop(_OFFER, None)
    if kept is not None:
        cache.delete(_key(_code_of(kept["nonce"])))


def ask(session: SessionBase, conference: Conference, code: str) -> bool:
    """Take up an offer, from the device that wants to come in. The first that asks is the only one."""
    key = _key(code)
    offered = cache.get(key)
    if offered is None or offered[1] != conference.pk:
        return False
    nonce, number = secrets.token_urlsafe(16), 10 + secrets.randbelow(90)
    if not cache.add(f"{key}:asking", (_hash(nonce), number), LIFE_SECONDS):
        return False
    session[_REQUEST] = {"key": key, "nonce": nonce, "number": number}
    return True


def request_of(session: SessionBase) -> HandOverRequest | None:
    """None: nothing was asked, or it was refused, or its time is up."""
    kept = session.get(_REQUEST)
    if kept is None:
        return None
    offered, asking = cache.get(kept["key"]), cache.get(f"{kept['key']}:asking")
    if not offered or not asking or not constant_time_compare(asking[0], _hash(kept["nonce"])):
        return None
    user = None
    if cache.get(f"{kept['key']}:yes"):
        user = User.objects.filter(pk=offered[0], is_active=True).first()
        if user is None or is_guarded(user, offered[1]):
            return None
    return HandOverRequest(kept["number"], user)


def use_up(session: SessionBase) -> bool:
    """Whether the offer was still good. It is good once."""
    return cache.delete(session.pop(_REQUEST)["key"])


def _code_of(nonce: str) -> str:
    """Made from the session's secret, so that it need not be stored to be shown again."""
    number = int.from_bytes(salted_hmac(f"{_SALT}.code", nonce, algorithm="sha256").digest())
    characters = []
    for _position in range(LENGTH):
        number, position = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[position])
    return "".join(characters)


def _key(code: str) -> str:
    return f"handover:{_hash(code)}"


def _hash(text: str) -> str:
    return salted_hmac(f"{_SALT}.hash", text, algorithm="sha256").hexdigest()
