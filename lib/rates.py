"""How often something may happen: counted by one script in Redis, in one round trip.

While Redis is away each process counts for itself.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from django.core.cache.backends.base import BaseCache

from lib.redis_scripts import RedisScript


class Rate(NamedTuple):
    """So many times within so many seconds, for whatever the key names."""

    key: str
    amount: int
    seconds: float


def count(rates: Sequence[Rate]) -> bool:
    """Whether it may happen once more by all of them; only then all of them count it."""
    keys = [f"limit:{rate.key}" for rate in rates]
    numbers = [number for rate in rates for number in (rate.amount, math.ceil(rate.seconds))]
    return not keys or bool(_COUNT(keys, *numbers))


def _count(kept: BaseCache, now: float, keys: list[str], *numbers: int) -> int:
    rates = list(zip(keys, numbers[::2], numbers[1::2], strict=True))
    times: dict[str, list[float]] = {key: kept.get(key, []) for key in keys}
    for key, amount, seconds in rates:
        if len(times[key]) >= amount and times[key][amount - 1] > now - seconds:
            return 0
    for key, amount, seconds in rates:
        kept.set(key, [now, *times[key]][:amount], seconds)
    return 1


# A list of the moments of the last `amount` times, newest first, for each rate.
_COUNT = RedisScript(
    _count,
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
