"""The page for our own mistakes. It asks neither the database nor Redis, for they may be what is wrong."""

import random

from django.http import HttpRequest, HttpResponseServerError
from django.template.loader import render_to_string

from portal.observing.doing import SPOKEN_LENGTH, doing

# Everybody who met the same mistake would otherwise come back in the same second.
SOONEST_SECONDS, LATEST_SECONDS = 10, 30


def server_error(request: HttpRequest) -> HttpResponseServerError:
    now = doing(request)
    context = {
        "number": now.request_id[:SPOKEN_LENGTH] if now else "",
        # To send a form a second time is for its sender to decide.
        "tries_again": request.method == "GET",
        "seconds": random.randint(SOONEST_SECONDS, LATEST_SECONDS),  # noqa: S311
    }
    page = HttpResponseServerError(render_to_string("500.html", context))
    page["Cache-Control"] = "no-store"
    return page
