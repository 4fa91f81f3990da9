"""Places: on how many devices one person may watch at the same time (Admission.places).

A device is a browser that has signed in, so two tabs of it are one place. It holds its place by the
pulse and loses it 90 seconds after the last one. Redis decides in one step, by its own clock; the
in-process cache does the same where there is no Redis. With Redis away nobody is locked out.
"""

import threading
import time
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.http import HttpRequest

from schedule.models import Conference
from tickets.admission.request import TicketRequest
from tickets.admission.rule import Reason
from tickets.models import ReplacementCount

# The pulse comes every 30 s; browsers slow the timers of hidden tabs down to one a minute.
HELD_SECONDS = 90
# A device that has missed a pulse is probably closed, and the first to be replaced.
SILENT_SECONDS = 45


@dataclass(frozen=True)
class DevicePlace:
    """`replaced`: the devices that had to go."""

    granted: bool
    replaced: tuple[str, ...] = ()


def device_of(session_key: str) -> str:
    return blake2b(session_key.encode(), digest_size=12).hexdigest()


def take(
    conference: Conference, user_id: int, device: str, limit: int, *, instead: bool = False
) -> DevicePlace:
    """Begin to watch, or go on. `instead` of another device when there is no place left: of one
    that fell silent, else of the one that began first. Who was replaced does not come back by
    itself, only by `instead` or after having left.
    """
    key = _key(conference.pk, user_id)
    run_script = _in_redis()
    if run_script is None:
        return _take_here(key, device, limit, instead=instead)
    arguments = [device, limit, int(instead), HELD_SECONDS, SILENT_SECONDS]
    answer = run_script(key, TAKE, arguments)
    if answer is None:
        return DevicePlace(granted=True)
    granted, *replaced = answer
    return DevicePlace(granted == 1, tuple(each.decode() for each in replaced))


def leave(conference_id: int, user_id: int, device: str) -> None:
    key = _key(conference_id, user_id)
    if run_script := _in_redis():
        run_script(key, LEAVE, [device])
    else:
        _leave_here(key, device)


def watching(conference_id: int, user_id: int) -> frozenset[str]:
    """The devices that watch now. Empty while Redis is away."""
    key = _key(conference_id, user_id)
    if run_script := _in_redis():
        found = run_script(key, WATCHING, [HELD_SECONDS]) or ()
        return frozenset(each.decode() for each in found)
    return frozenset(_Places.of(key).seen)


def refusal_of_place(request: TicketRequest, *, instead: bool = False) -> Reason | None:
    """Asked after the admission. None: there is a place, or none is needed."""
    admission = request.admission
    if admission is None or admission.places is None:
        return None
    conference, user_id = request.conference, int(request.session[SESSION_KEY])
    device = device_of(request.session.session_key or "")
    place = take(conference, user_id, device, admission.places, instead=instead)
    if place.replaced:
        ReplacementCount.add(conference, user_id)
    return None if place.granted else Reason.TOO_MANY_PLACES


def leave_place(request: HttpRequest) -> None:
    """The place of the device that asks, if it has one."""
    conference: Conference | None = getattr(request, "conference", None)
    user_id, session_key = request.session.get(SESSION_KEY), request.session.session_key
    if conference and user_id and session_key:
        leave(conference.pk, int(user_id), device_of(session_key))


def _key(conference_id: int, user_id: int) -> str:
    return f"places:{conference_id}:{user_id}"


# --- In Redis ----------------------------------------------------------------------------------

# Three sorted sets of devices: by last pulse, by beginning, and by when they were replaced.
TAKE = """
local device, limit, instead = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local held, silent = tonumber(ARGV[4]), tonumber(ARGV[5])
local seen, since, replaced = KEYS[1], KEYS[1] .. ':since', KEYS[1] .. ':replaced'
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local function drop(each)
  redis.call('ZREM', seen, each)
  redis.call('ZREM', since, each)
end
for _, each in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', now - held)) do drop(each) end
redis.call('ZREMRANGEBYSCORE', replaced, '-inf', now - held)
local answer = {1}
if not redis.call('ZSCORE', seen, device) then
  local full = redis.call('ZCARD', seen) >= limit
  local gone = redis.call('ZSCORE', replaced, device)
  if (full or gone) and not instead then return {0} end
  while redis.call('ZCARD', seen) >= limit do
    local quietest = redis.call('ZRANGE', seen, 0, 0, 'WITHSCORES')
    local victim = quietest[1]
    if now - tonumber(quietest[2]) < silent then
      victim = redis.call('ZRANGE', since, 0, 0)[1]
    end
    drop(victim)
    redis.call('ZADD', replaced, now, victim)
    answer[#answer + 1] = victim
  end
  redis.call('ZREM', replaced, device)
  redis.call('ZADD', since, now, device)
end
redis.call('ZADD', seen, now, device)
for _, key in ipairs({seen, since, replaced}) do redis.call('EXPIRE', key, held) end
return answer
"""
LEAVE = """
for _, set in ipairs({'', ':since', ':replaced'}) do
  redis.call('ZREM', KEYS[1] .. set, ARGV[1])
end
"""
WATCHING = """
local first = tonumber(redis.call('TIME')[1]) - tonumber(ARGV[1])
return redis.call('ZRANGEBYSCORE', KEYS[1], first, '+inf')
"""


def _in_redis() -> Any:
    """Runs a script there (lib/redis_cache.py). None: the cache is in this process."""
    return getattr(cache, "run_script", None)


# --- In this process ---------------------------------------------------------------------------

_lock = threading.Lock()


@dataclass
class _Places:
    """The same three sets."""

    seen: dict[str, float]
    since: dict[str, float]
    replaced: dict[str, float]

    @classmethod
    def of(cls, key: str) -> Self:
        first = time.time() - HELD_SECONDS
        seen, since, replaced = cache.get(key) or ({}, {}, {})
        seen = {device: at for device, at in seen.items() if at > first}
        since = {device: at for device, at in since.items() if device in seen}
        return cls(seen, since, {device: at for device, at in replaced.items() if at > first})

    def keep(self, key: str) -> None:
        cache.set(key, (self.seen, self.since, self.replaced), HELD_SECONDS)

    def replace_one(self, now: float) -> str:
        victim = min(self.seen, key=self.seen.__getitem__)
        if now - self.seen[victim] < SILENT_SECONDS:
            victim = min(self.since, key=self.since.__getitem__)
        del self.seen[victim], self.since[victim]
        self.replaced[victim] = now
        return victim


def _take_here(key: str, device: str, limit: int, *, instead: bool) -> DevicePlace:
    now = time.time()
    gone: list[str] = []
    with _lock:
        places = _Places.of(key)
        if device not in places.seen:
            is_full = len(places.seen) >= limit
            if (is_full or device in places.replaced) and not instead:
                return DevicePlace(granted=False)
            while len(places.seen) >= limit:
                gone.append(places.replace_one(now))
            places.replaced.pop(device, None)
            places.since[device] = now
        places.seen[device] = now
        places.keep(key)
    return DevicePlace(True, tuple(gone))


def _leave_here(key: str, device: str) -> None:
    with _lock:
        places = _Places.of(key)
        for devices in (places.seen, places.since, places.replaced):
            devices.pop(device, None)
        places.keep(key)
