"""Counts each request by the group of its view, and what people do by it. It costs a request no round trip."""

import time
from collections.abc import Callable
from itertools import product
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse

from lib.counting.acts import ACTS, SQL
from lib.counting.counts import Counted, Timed

# Around what is promised: half a second and a second.
EDGES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# The act that a view is. Of the others only the group is counted.
ACT_OF = {
    "account_login": "sign_in",
    "account_confirm_login_code": "sign_in",
    "account_login_password": "sign_in",
    "entry": "sign_in",
    "mfa_authenticate": "sign_in",
    "claim": "claim",
    "claim_code": "claim",
    "find_ticket": "claim",
    "playback": "playback",
    "replay_playback": "playback",
    "pulse": "heartbeat",
    "desk:announce": "announcement",
}
SIGN_IN, GATES = "sign_in", ("room_gate", "recording_gate")
GROUPS = ("act", "page", "live", "gate", "desk", "admin", "probe", "other")
STATUSES = ("2xx", "3xx", "4xx", "5xx")
PAGES = (
    *("home", "lobby", "schedule", "talk", "talks", "speaker", "speakers", "room", "replays"),
    *("replay", "announcements", "tickets", "devices"),
)

REQUESTS = Counted(
    "front_row_requests_total",
    "Requests by the group of their view and the first digit of the answer's status.",
    ("group", "status"),
    product(GROUPS, STATUSES),
)
SECONDS = Timed(
    "front_row_request_seconds",
    "How long the app took to answer, by the group of the view.",
    ("group",),
    EDGES,
)


class MeasuringMiddleware:
    """Outside of what may fail, so that an answer 500 is counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        name = request.resolver_match.view_name if request.resolver_match else ""
        group = group_of(name)
        SECONDS.took(time.perf_counter() - began, group)
        REQUESTS.add(group, f"{response.status_code // 100}xx")
        if act := ACT_OF.get(name):
            _count_act(act, request, response.status_code)
        return response


def group_of(name: str) -> str:
    """`name` is the view's, with its namespace. One of GROUPS."""
    if name.startswith(("desk:", "helpdesk:")):
        return "desk"
    if name in ACT_OF:
        return "act"
    if name in ("live", "check_live", "live_as_of"):
        return "live"
    if name in GATES:
        return "gate"
    if name.startswith("admin:"):
        return "admin"
    if name in ("healthz", "readyz", "metrics"):
        return "probe"
    return "page" if name in PAGES else "other"


def _count_act(act: str, request: HttpRequest, status: int) -> None:
    """To look at the form is no act. Whether a sign-in worked is said by its signals
    (tickets/accounts/sign_in_log.py), as a wrong code is answered by a page like another.
    """
    if status >= 500:
        ACTS.add(act, "failed")
    elif act == SIGN_IN or (act != "playback" and request.method != "POST"):
        return
    else:
        ACTS.add(act, "refused" if status >= 400 else "ok")


def connect() -> None:
    connection_created.connect(_count_statements)


def _count_statements(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    if _counted not in connection.execute_wrappers:
        connection.execute_wrappers.append(_counted)


def _counted(execute: Callable[..., Any], *args: Any) -> Any:
    SQL.add()
    return execute(*args)
