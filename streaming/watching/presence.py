"""How many watch each room now: devices whose pages have given a pulse of late.

A device is a browser, so two tabs of it count once. Only a hash of its session is kept, for 90
seconds; nothing says who watched what. Redis counts by its own clock; the in-process cache does the
same where there is no Redis. With Redis away nobody is counted.
"""

import threading
import time
from collections.abc import Sequence
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.core.cache import cache

from schedule.site.request import ConferenceRequest

# The pulse comes every 30 s; browsers slow the timers of hidden tabs down to one a minute.
SEEN_SECONDS = 90
# From here on a room is full, as attendees are told.
MANY = 20


class Crowd(StrEnum):
    """What attendees learn: exact numbers are for organizers."""

    NONE = "none"
    FEW = "few"
    MANY = "many"

    @classmethod
    def of(cls, viewers: int) -> "Crowd":
        if viewers >= MANY:
            return cls.MANY
        return cls.FEW if viewers else cls.NONE


def is_shared() -> bool:
    """Whether other processes (`manage.py probe_streams`) see the same numbers as this one."""
    return _in_redis() is not None


def saw(request: ConferenceRequest, room: str) -> None:
    """The page that asks watches this room. `room`: the slug of one that exists."""
    # Nobody has signed in where everything is public.
    browser = request.session.session_key or request.COOKIES.get(settings.CSRF_COOKIE_NAME)
    if browser:
        device = blake2b(browser.encode(), digest_size=12).hexdigest()
        count(request.conference.pk, room, device)


def count(conference_id: int, room: str, device: str) -> None:
    key = _key(conference_id)
    if run_script := _in_redis():
        run_script(key, SAW, [room, device, SEEN_SECONDS])
        return
    with _lock:
        seen = {**_seen_here(key, room), device: time.time()}
        cache.set(f"{key}:{room}", seen, SEEN_SECONDS)


def viewers(conference_id: int, rooms: Sequence[str]) -> dict[str, int] | None:
    """How many by slug. None: nobody can say, since Redis is away."""
    key = _key(conference_id)
    if run_script := _in_redis():
        numbers = run_script(key, VIEWERS, [SEEN_SECONDS, *rooms])
        return None if numbers is None else dict(zip(rooms, numbers, strict=True))
    return {room: len(_seen_here(key, room)) for room in rooms}


def _key(conference_id: int) -> str:
    return f"watching:{conference_id}"


# A sorted set of devices by their last pulse for each room.
SAW = """
local seen, held = KEYS[1] .. ':' .. ARGV[1], tonumber(ARGV[3])
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', seen, now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', seen, '-inf', now - held)
redis.call('EXPIRE', seen, held)
"""
VIEWERS = """
local first = '(' .. (tonumber(redis.call('TIME')[1]) - tonumber(ARGV[1]))
local numbers = {}
for each = 2, #ARGV do
  numbers[each - 1] = redis.call('ZCOUNT', KEYS[1] .. ':' .. ARGV[each], first, '+inf')
end
return numbers
"""


def _in_redis() -> Any:
    """Runs a script there (lib/redis_cache.py). None: the cache is in this process."""
    return getattr(cache, "run_script", None)


_lock = threading.Lock()


def _seen_here(key: str, room: str) -> dict[str, float]:
    first = time.time() - SEEN_SECONDS
    seen: dict[str, float] = cache.get(f"{key}:{room}") or {}
    return {device: at for device, at in seen.items() if at > first}
