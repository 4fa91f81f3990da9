"""How often somebody may do something: the rates of ACCOUNT_RATE_LIMITS, as allauth reads them.

allauth keeps a list of moments in the cache under a lock: four round trips for each rate, and a
venue behind one address waits for that lock. Here it is one (lib/rates.py).
"""

from allauth.core.internal.ratelimit import get_cache_key, get_rates
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from lib.rates import Rate, count

TOO_MANY = _("Too many tries. Wait a quarter of an hour, or ask the help desk.")

_APP = "allauth.account"


def consume(request: HttpRequest, *, action: str, key: str | None = None) -> bool:
    """Whether it may be done once more, and if so count it. `key` is what a rate per key is for."""
    return count(
        [
            Rate(
                get_cache_key(request, app=_APP, action=action, rate=rate, key=key),
                rate.amount,
                rate.duration,
            )
            for rate in get_rates(app=_APP, action=action)
        ]
    )


def too_many_page(request: HttpRequest) -> HttpResponse:
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    add_never_cache_headers(response)
    # It is no mistake, and thousands of lines would hide one.
    vars(response)["_has_been_logged"] = True
    return response
