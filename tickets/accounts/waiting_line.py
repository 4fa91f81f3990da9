"""The waiting line: when more people sign in than the machine can do, they come one after another.

Nobody joins it with what could not let them in: a view calls `take_turn` once it knows that the link
is alive or the form is right, and a rate per address stands before the line. Whoever comes too early
gets a place (a moment, in a signed cookie), one a browser and good for one sign-in, and a page that
says how many are before them and looks again by itself. With Redis away nobody is held.
"""

import functools
import math
import time
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import get_random_string

from lib.redis_scripts import RedisScript
from schedule.site.access import View
from schedule.site.cookies import cookie_of, delete_cookie, set_cookie
from schedule.site.request import page_of_form
from tickets.accounts.rate_limits import consume, too_many_page

COOKIE = "line"
_SALT = "tickets.line"
# So many seconds' worth may come at once: a quiet minute before the keynote is not wasted.
BURST_SECONDS = 5
# Nobody is asked to wait longer; who comes later than that is asked to come again.
LONGEST_SECONDS = 15 * 60
# For looking at the page again, finding the mail with the link and pushing the button.
GOOD_FOR_SECONDS = 10 * 60
COME_AGAIN_SECONDS = 60


class PlaceInLine(NamedTuple):
    """`weight` is how many of the cheapest way to sign in this one costs; `typed` the address that
    was in the form, so that nobody has to write it again.
    """

    number: str
    turn_at: float
    weight: int
    typed: str

    def wait(self) -> float:
        return max(self.turn_at - time.time(), 0)

    def use_up(self) -> bool:
        """Whether nobody has come in by it yet."""
        return bool(cache.add(f"line:{self.number}", True, GOOD_FOR_SECONDS))


def with_waiting_line(view: View) -> View:
    """Show who has a place how long it still takes, whatever they send."""

    @functools.wraps(view)
    def held(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        place = place_of(request)
        if place is not None and place.wait():
            return _ask_to_wait(request, place)
        response = view(request, *args, **kwargs)
        if place is not None and response.status_code == 302:
            delete_cookie(response, COOKIE)
        return response

    return held


def take_turn(
    request: HttpRequest, *, action: str, key: str | None = None, weight: int = 1, typed: str = ""
) -> HttpResponse | None:
    """What who has to wait sees; None: come in. `action` names the rate of who has no place yet, per
    address and perhaps per `key`.
    """
    place = place_of(request)
    if place is not None and place.use_up():
        return None
    if not consume(request, action=action, key=key):
        return too_many_page(request)
    if not settings.SIGN_INS_PER_SECOND:
        return None
    wait = _join(weight)
    if wait is None:
        return _wait_page(request, COME_AGAIN_SECONDS, {"place": None})
    if not wait:
        return None
    turn_at = round(time.time() + wait, 3)
    return _give_place(request, PlaceInLine(get_random_string(12), turn_at, weight, typed[:254]))


def place_of(request: HttpRequest) -> PlaceInLine | None:
    """None: the browser has no place, or did not use it for too long."""
    try:
        place = PlaceInLine(*signing.loads(cookie_of(request, COOKIE), salt=_SALT))
    except (signing.BadSignature, TypeError):
        return None
    return place if time.time() < place.turn_at + GOOD_FOR_SECONDS else None


def _join(weight: int) -> float | None:
    """Seconds to wait; 0: come in. None: the line is too long."""
    takes = weight / settings.SIGN_INS_PER_SECOND
    wait = _NEXT_PLACE(["line"], takes, BURST_SECONDS, LONGEST_SECONDS)
    return None if wait < 0 else wait / 1_000_000


def _next_place(
    kept: BaseCache, now: float, keys: list[str], takes: float, burst: int, longest: int
) -> int:
    """In how many microseconds there is one. -1: nobody shall wait that long."""
    free_at: float = max(kept.get(keys[0], 0.0), now - burst)
    if free_at - now > longest:
        return -1
    kept.set(keys[0], free_at + takes, math.ceil(burst + longest + takes))
    return math.floor(max(free_at - now, 0) * 1_000_000)


# The generic cell rate algorithm: one number is kept, the moment of the next free place.
_NEXT_PLACE = RedisScript(
    _next_place,
    """
local now, takes, burst, longest = unpack(ARGV)
local free_at = math.max(redis.call('GET', KEYS[1]) or 0, now - burst)
if free_at - now > tonumber(longest) then return -1 end
redis.call('SET', KEYS[1], free_at + takes, 'EX', math.ceil(burst + longest + takes))
return math.floor(math.max(free_at - now, 0) * 1000000)
""",
    away=0,
)


def _give_place(request: HttpRequest, place: PlaceInLine) -> HttpResponse:
    response = _ask_to_wait(request, place)
    value = signing.dumps(place, salt=_SALT)
    set_cookie(response, COOKIE, value, max_age=math.ceil(place.wait()) + GOOD_FOR_SECONDS)
    return response


def _ask_to_wait(request: HttpRequest, place: PlaceInLine) -> HttpResponse:
    wait = place.wait()
    before = math.ceil(wait * settings.SIGN_INS_PER_SECOND / place.weight)
    # The more are waiting, the less often each of them looks.
    look_again = math.ceil(wait if wait < 15 else min(max(wait / 3, 15), 60))
    return _wait_page(request, look_again, {"place": before, "minutes": math.ceil(wait / 60)})


def _wait_page(request: HttpRequest, seconds: int, context: dict[str, object]) -> HttpResponse:
    context |= {"seconds": seconds, "url": page_of_form(request)}
    response = render(request, "tickets/line.html", context, status=503)
    response["Retry-After"] = str(seconds)
    add_never_cache_headers(response)
    # It is no mistake, and thousands of lines would hide one.
    vars(response)["_has_been_logged"] = True
    return response
