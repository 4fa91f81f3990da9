"""Who watches: which devices in which room, and on how many devices one person may at the same time
(Admission.places).

A device is a browser, so two tabs of it are one. It watches by its pulse, until 90 seconds after the
last one. One step in Redis asks for the limit and counts the device in its room; what is kept of a
person does not say the room, and what is kept of a room only a hash of the session. With Redis away
nobody is locked out and nobody is counted.
"""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest
from django.utils import timezone

from lib.redis_scripts import RedisScript
from lib.steady.patience import bearable, impatient
from schedule.models import Conference
from tickets.admission.request import TicketRequest
from tickets.admission.rule import Reason
from tickets.models import ReplacementCount

# The pulse comes every 30 s; browsers slow the timers of hidden tabs down to one a minute.
HELD_SECONDS = 90
# A device that has missed a pulse is probably closed, and the first to be replaced.
SILENT_SECONDS = 45
REFUSED = -1
_DEVICES_KEY, _VIEWERS_KEY = "devices:{}:{}", "viewers:{}:{}"


def refusal_to_watch(
    request: TicketRequest, room: str = "", *, instead: bool = False
) -> Reason | None:
    """Asked after the admission, wherever the address of a stream or a recording is given or used.
    None: the device that asks watches. `room`: the slug of the one in which it counts as a viewer.
    """
    is_public = request.conference.is_public_at(timezone.now())
    limit = request.admission.places if request.admission and not is_public else None
    browser = _browser(request)
    if limit is None and not (browser and room):
        return None
    conference = request.conference
    user_id = None if limit is None else int(request.session[SESSION_KEY])
    replaced = watch(
        conference.pk, device_of(browser), room, user_id=user_id, limit=limit, instead=instead
    )
    if user_id and replaced > 0:
        # Only counted, so that nobody waits for it while the database is away.
        with suppress(*bearable()), impatient():
            ReplacementCount.add(conference, user_id)
    return Reason.TOO_MANY_PLACES if replaced == REFUSED else None


def _browser(request: HttpRequest) -> str:
    """Nobody has signed in where everything is public."""
    key: str | None = request.session.session_key
    return key or request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")


def stop_watching(request: HttpRequest, **_signal: object) -> None:
    """The device that asks makes room for another one of the same person. Called when somebody signs
    out, too, before the session is gone.
    """
    conference: Conference | None = getattr(request, "conference", None)
    user_id, session_key = request.session.get(SESSION_KEY), request.session.session_key
    if conference and user_id and session_key:
        leave(conference.pk, int(user_id), device_of(session_key))


def device_of(session_key: str) -> str:
    return blake2b(session_key.encode(), digest_size=12).hexdigest()


def watch(
    conference_id: int,
    device: str,
    room: str = "",
    *,
    user_id: int | None = None,
    limit: int | None = None,
    instead: bool = False,
) -> int:
    """Begin to watch, or go on: how many devices were replaced, or REFUSED. `instead` of another
    device when as many as `limit` watch: of one that fell silent, else of the one that began first.
    Who was replaced does not come back by itself, only by `instead` or after having left.
    """
    keys = [_DEVICES_KEY.format(conference_id, user_id), _VIEWERS_KEY.format(conference_id, room)]
    return _WATCH(keys, device, room, limit or 0, int(instead))


def leave(conference_id: int, user_id: int, device: str) -> None:
    _LEAVE([_DEVICES_KEY.format(conference_id, user_id)], device)


def devices_watching(conference_id: int, user_id: int) -> frozenset[str]:
    """The devices of a person who may have only some. Empty while Redis is away."""
    devices = _DEVICES_WATCHING([_DEVICES_KEY.format(conference_id, user_id)])
    return frozenset(device.decode() for device in devices)


def viewers(conference_id: int, rooms: Sequence[str]) -> dict[str, int]:
    """How many devices by the room's slug. Empty while Redis is away: nobody can say."""
    numbers = _VIEWERS([_VIEWERS_KEY.format(conference_id, room) for room in rooms])
    return dict(zip(rooms, numbers, strict=False))


# --- The scripts and their doubles -------------------------------------------------------------

# The devices of a person: the last pulse, or when it was replaced; and since when it watches.
type _Devices = dict[str, tuple[float, float | None]]


def _read(kept: BaseCache, now: float, key: str) -> tuple[_Devices, list[str]]:
    """All devices, and which of them watch."""
    devices: _Devices = kept.get(key, {})
    devices = {each: its for each, its in devices.items() if its[0] > now - HELD_SECONDS}
    return devices, [each for each, (_at, since) in devices.items() if since is not None]


_CONSTANTS = f"local held, silent, refused = {HELD_SECONDS}, {SILENT_SECONDS}, {REFUSED}"
_READ = """
local now, device, devices, watching = tonumber(ARGV[1]), ARGV[2], {}, {}
local kept = redis.call('GET', KEYS[1])
for each, its in pairs(kept and cmsgpack.unpack(kept) or {}) do
  if its.at > now - held then
    devices[each] = its
    if its.since then table.insert(watching, each) end
  end
end
local function keep() redis.call('SET', KEYS[1], cmsgpack.pack(devices), 'EX', held) end
"""


def _watch(
    kept: BaseCache, now: float, keys: list[str], device: str, room: str, limit: int, instead: int
) -> int:
    devices, watching = _read(kept, now, keys[0])
    replaced = 0

    def order(each: str) -> float:
        """The silent come first, then who began first."""
        at, since = devices[each]
        return since if since and now - at < SILENT_SECONDS else at - now

    if limit:
        if device not in watching:
            if (device in devices or len(watching) >= limit) and not instead:
                return REFUSED
            replaced = max(len(watching) - limit + 1, 0)
            for each in sorted(watching, key=order)[:replaced]:
                devices[each] = (now, None)
            devices[device] = (now, now)
        devices[device] = (now, devices[device][1])
        kept.set(keys[0], devices, HELD_SECONDS)
    if room:
        kept.set(keys[1], _seen(kept, now, keys[1]) | {device: now}, HELD_SECONDS)
    return replaced


_WATCH = RedisScript(
    _watch,
    _CONSTANTS,
    _READ,
    """
local room, limit, instead, replaced = ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1', 0
local function order(each)
  local its = devices[each]
  return now - its.at < silent and its.since or its.at - now
end
if limit > 0 then
  local its = devices[device]
  if not (its and its.since) then
    if (its or #watching >= limit) and not instead then return refused end
    table.sort(watching, function(one, other) return order(one) < order(other) end)
    replaced = math.max(#watching - limit + 1, 0)
    for each = 1, replaced do devices[watching[each]] = {at = now} end
    devices[device] = {since = now}
  end
  devices[device].at = now
  keep()
end
if room ~= '' then
  redis.call('ZADD', KEYS[2], now, device)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - held)
  redis.call('EXPIRE', KEYS[2], held)
end
return replaced
""",
    away=0,
)


def _leave(kept: BaseCache, now: float, keys: list[str], device: str) -> int:
    devices, _watching = _read(kept, now, keys[0])
    devices.pop(device, None)
    kept.set(keys[0], devices, HELD_SECONDS)
    return 1


_LEAVE = RedisScript(_leave, _CONSTANTS, _READ, "devices[device] = nil keep() return 1", away=1)


def _devices_watching(kept: BaseCache, now: float, keys: list[str]) -> list[bytes]:
    return [device.encode() for device in _read(kept, now, keys[0])[1]]


_DEVICES_WATCHING = RedisScript[list[bytes]](
    _devices_watching, _CONSTANTS, _READ, "return watching", away=[]
)


def _seen(kept: BaseCache, now: float, key: str) -> dict[str, float]:
    """The devices in a room by their last pulse: in Redis a sorted set."""
    seen: dict[str, float] = kept.get(key, {})
    return {device: at for device, at in seen.items() if at > now - HELD_SECONDS}


def _viewers(kept: BaseCache, now: float, keys: list[str]) -> list[int]:
    return [len(_seen(kept, now, key)) for key in keys]


_VIEWERS = RedisScript[list[int]](
    _viewers,
    _CONSTANTS,
    """
local numbers, first = {}, string.format('(%.17g', ARGV[1] - held)
for each, key in ipairs(KEYS) do numbers[each] = redis.call('ZCOUNT', key, first, '+inf') end
return numbers
""",
    away=[],
)
