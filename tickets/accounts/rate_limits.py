"""How often somebody may do something: the rates of ACCOUNT_RATE_LIMITS, as allauth reads them.

allauth keeps a list of moments in the cache under a lock: four round trips for each rate, and a
venue behind one address waits for that lock. Here one script in Redis does it in one round trip.
Where there is no Redis, or it is away, allauth's own way counts in this process.
"""

import math
import time

from allauth.core import ratelimit
from allauth.core.internal.ratelimit import get_cache_key, get_rates
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

TOO_MANY = _("Too many tries. Wait a quarter of an hour, or ask the help desk.")

_APP = "allauth.account"

# A list of the moments of the last `amount` times, newest first, for each rate.
_CONSUME = """
local now = tonumber(ARGV[1])
for i = 2, #ARGV, 3 do
  local oldest = redis.call('LINDEX', KEYS[1] .. ARGV[i], tonumber(ARGV[i + 1]) - 1)
  if oldest and tonumber(oldest) > now - tonumber(ARGV[i + 2]) then
    return 0
  end
end
for i = 2, #ARGV, 3 do
  local key = KEYS[1] .. ARGV[i]
  redis.call('LPUSH', key, ARGV[1])
  redis.call('LTRIM', key, 0, tonumber(ARGV[i + 1]) - 1)
  redis.call('EXPIRE', key, ARGV[i + 2])
end
return 1
"""


def consume(request: HttpRequest, *, action: str, key: str | None = None) -> bool:
    """Whether it may be done once more, and if so count it. `key` is what a rate per key is for."""
    run_script = getattr(cache, "run_script", None)
    rates = get_rates(app=_APP, action=action)
    if run_script is None or not rates:
        return _consume_slowly(request, action, key)
    arguments: list[str | int] = [f"{time.time():.6f}"]
    for rate in rates:
        source = get_cache_key(request, app=_APP, action=action, rate=rate, key=key)
        arguments += [source, rate.amount, math.ceil(rate.duration)]
    allowed = run_script("limit:", _CONSUME, arguments)
    return _consume_slowly(request, action, key) if allowed is None else bool(allowed)


def _consume_slowly(request: HttpRequest, action: str, key: str | None) -> bool:
    return bool(ratelimit.consume(request, action=action, key=key))
