"""The page for our own mistakes, and for a database that is away. It asks neither the database nor
Redis, for they may be what is wrong.
"""

import random
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.observing.doing import SPOKEN_LENGTH, doing

# Everybody who met the same mistake would otherwise come back in the same second.
SOONEST_SECONDS, LATEST_SECONDS = 10, 30


def server_error(request: HttpRequest) -> HttpResponse:
    is_away = isinstance(sys.exception(), (OperationalError, InterfaceError))
    seconds = random.randint(SOONEST_SECONDS, LATEST_SECONDS)  # noqa: S311
    now = doing(request)
    context = {
        "is_away": is_away,
        "number": now.request_id[:SPOKEN_LENGTH] if now else "",
        # To send a form a second time is for its sender to decide.
        "tries_again": request.method == "GET",
        "seconds": seconds,
    }
    page = HttpResponse(render_to_string("500.html", context), status=503 if is_away else 500)
    if is_away:
        page["Retry-After"] = str(seconds)
    page["Cache-Control"] = "no-store"
    return page
