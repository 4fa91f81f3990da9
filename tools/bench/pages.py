"""What a page costs: CPU milliseconds of the app per request, on the production shape.

One run measures every view in turn, several times, and keeps the cheapest round of each: other work
on the machine can only add. What counts is the ratio to a view that does nothing under the same
gunicorn and the same middleware.
"""

import http.client
import json
import os
import threading
from dataclasses import dataclass
from itertools import cycle

from tools.cpu import cpu_seconds
from tools.process import NotStarted
from tools.stack import PROJECT, Stack
from tools.visitor import own_address

BUDGETS = PROJECT / "tools" / "bench" / "budgets.json"
# Noise of a shared machine; a ratio beyond it is a change of the code.
TOLERANCE = 1.5
SESSIONS = 200
CLIENTS = 4
ROUNDS = 6
REQUESTS_PER_ROUND = 600

HELLO = "/bench/hello/"
VIEWS = {
    "hello": HELLO,
    "admission": "/bench/admitted/",
    "schedule": "/schedule/",
    "room": "/rooms/main/",
    "live.json": "/bench/live.json",
    "live.json through nginx": "/live.json",
}


@dataclass
class Cost:
    """CPU per request in milliseconds; `ratio` is the app's to hello's."""

    app_ms: float
    nginx_ms: float
    bytes: int
    ratio: float = 0.0


def sign_in(env: dict[str, str], count: int) -> list[str]:
    """Cookies of attendees, made as the login makes them, of a conference that is closed to others."""
    os.environ.update(env, DJANGO_SETTINGS_MODULE="portal.settings")
    import django  # noqa: PLC0415 - the settings are those of the stack

    django.setup()
    from tools.bench.people import hide_the_programme, session_cookies  # noqa: PLC0415 - needs the settings

    hide_the_programme()
    return session_cookies(count)


def ask(host: str, path: str, cookies: list[str], requests: int) -> int:
    """Ask from several clients at once; returns the size of an answer, as it was sent."""
    sizes: list[int] = []

    def client(share: list[str]) -> None:
        # Each from an address of its own, as nginx counts by it.
        source = (own_address(), 0)
        connection = http.client.HTTPConnection(host, timeout=30, source_address=source)
        for cookie, _turn in zip(cycle(share), range(requests // CLIENTS), strict=False):
            connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise NotStarted(f"{path} answered {answer.status}")
            sizes.append(len(body))
        connection.close()

    threads = [
        threading.Thread(target=client, args=(cookies[index::CLIENTS],)) for index in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(sizes) != requests:
        raise NotStarted(f"{path}: only {len(sizes)} of {requests} requests were answered")
    return sizes[-1]


def measure(site: Stack, cookies: list[str]) -> dict[str, Cost]:
    host = site.url.removeprefix("http://")
    costs: dict[str, Cost] = {}
    for path in VIEWS.values():
        ask(host, path, cookies, max(len(cookies), REQUESTS_PER_ROUND))  # warm every admission
    for _round in range(ROUNDS):
        for name, path in VIEWS.items():
            app, nginx = cpu_seconds(site.gunicorn.pid), cpu_seconds(site.nginx.pid)
            size = ask(host, path, cookies, REQUESTS_PER_ROUND)
            app_ms = (cpu_seconds(site.gunicorn.pid) - app) / REQUESTS_PER_ROUND * 1000
            nginx_ms = (cpu_seconds(site.nginx.pid) - nginx) / REQUESTS_PER_ROUND * 1000
            best = costs.setdefault(name, Cost(app_ms, nginx_ms, size))
            best.app_ms = min(best.app_ms, app_ms)
            best.nginx_ms = min(best.nginx_ms, nginx_ms)
    for cost in costs.values():
        cost.ratio = cost.app_ms / costs["hello"].app_ms
    return costs


def over_budget(costs: dict[str, Cost]) -> list[str]:
    budgets: dict[str, float] = json.loads(BUDGETS.read_text())
    return [
        f"{name} costs {costs[name].ratio:.2f} times hello; its budget is {budget}"
        for name, budget in budgets.items()
        if costs[name].ratio > budget * TOLERANCE
    ]
