"""How often somebody may do something: the rates of ACCOUNT_RATE_LIMITS, as allauth reads them.

allauth keeps a list of moments in the cache under a lock: four round trips for each rate, and a
venue behind one address waits for that lock. Here one script in Redis does it in one round trip.
While Redis is away each process counts for itself.
"""

import math

from allauth.core.internal.ratelimit import get_cache_key, get_rates
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lib.redis_scripts import RedisScript

TOO_MANY = _("Too many tries. Wait a quarter of an hour, or ask the help desk.")

_APP = "allauth.account"


def consume(request: HttpRequest, *, action: str, key: str | None = None) -> bool:
    """Whether it may be done once more, and if so count it. `key` is what a rate per key is for."""
    keys, numbers = [], []
    for rate in get_rates(app=_APP, action=action):
        source = get_cache_key(request, app=_APP, action=action, rate=rate, key=key)
        keys.append(f"limit:{source}")
        numbers += [rate.amount, math.ceil(rate.duration)]
    return not keys or bool(_CONSUME(keys, *numbers))


def _consume(kept: BaseCache, now: float, keys: list[str], *numbers: int) -> int:
    rates = list(zip(keys, numbers[::2], numbers[1::2], strict=True))
    times: dict[str, list[float]] = {key: kept.get(key, []) for key in keys}
    for key, amount, seconds in rates:
        if len(times[key]) >= amount and times[key][amount - 1] > now - seconds:
            return 0
    for key, amount, seconds in rates:
        kept.set(key, [now, *times[key]][:amount], seconds)
    return 1


# A list of the moments of the last `amount` times, newest first, for each rate.
_CONSUME = RedisScript(
    _consume,
    """
local now = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  local oldest = redis.call('LINDEX', key, ARGV[2 * i] - 1)
  if oldest and tonumber(oldest) > now - ARGV[2 * i + 1] then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call('LPUSH', key, ARGV[1])
  redis.call('LTRIM', key, 0, ARGV[2 * i] - 1)
  redis.call('EXPIRE', key, ARGV[2 * i + 1])
end
return 1
""",
)
