"""What a page costs: CPU milliseconds of the app per request, on the production shape.

    python -m tools.bench [--check] [--talks 300] [--people 2000]

One run measures every view in turn, several times, and keeps the cheapest round of each: other work
on the machine can only add. What counts is the ratio to a view that does nothing under the same
gunicorn and the same middleware. With --check the exit status is 1 when a ratio exceeds its budget
(tools/bench_budgets.json) by half. Then people come in (tools/bench_login.py), and it imports a
large programme and syncs a large ticket shop. Writes bench.json.
"""

import argparse
import http.client
import json
import os
import sys
import threading
from dataclasses import asdict, dataclass
from itertools import cycle

from tools import bench_login
from tools.cpu import cpu_seconds
from tools.process import NotStarted, interrupt_on_sigterm, run
from tools.stack import PROJECT, Stack

BUDGETS = PROJECT / "tools" / "bench_budgets.json"
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
    from tools.bench_people import hide_the_programme, session_cookies  # noqa: PLC0415 - needs the settings

    hide_the_programme()
    return session_cookies(count)


def ask(host: str, path: str, cookies: list[str], requests: int) -> int:
    """Ask from several clients at once; returns the size of an answer, as it was sent."""
    sizes: list[int] = []

    def client(share: list[str]) -> None:
        connection = http.client.HTTPConnection(host, timeout=30)
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true", help="fail beyond the budgets")
    parser.add_argument("--talks", default="300", help="of the demo conference")
    parser.add_argument("--people", default="2000", help="with a ticket")
    options = parser.parse_args()
    interrupt_on_sigterm()
    print("Starting PostgreSQL, Redis, gunicorn, workers and nginx …", flush=True)
    demo = ["--talks", options.talks, "--people", options.people]
    # The line would hold the very people whose cost is measured.
    variables = {"SIGN_INS_PER_SECOND": "0"}
    app = "tools.bench_app:application"
    with Stack(demo=demo, app=app, background=True, variables=variables) as site:
        costs = measure(site, sign_in(site.env, SESSIONS))
        logins = bench_login.costs_of_coming_in(site, bench_login.PEOPLE)
        from tools.bench_import import TALKS, measure_imports  # noqa: PLC0415 - needs the settings

        imports = measure_imports()
        command = [sys.executable, "-m", "tools.bench_sync"]
        syncs = json.loads(run(command, cwd=PROJECT, env=site.env))
    print(f"{'CPU ms per request':26}{'app':>8}{'nginx':>8}{'bytes':>8}{'ratio':>8}")
    for name, cost in costs.items():
        numbers = f"{cost.app_ms:8.3f}{cost.nginx_ms:8.3f}{cost.bytes:8}{cost.ratio:8.2f}"
        print(f"{name:26}{numbers}")
    print(f"\n{bench_login.report(logins)}")
    print(f"\nSeconds for a programme of {TALKS} talks")
    for name, seconds in imports.items():
        print(f"{name:26}{seconds:8.2f}")
    print(f"\n{'Sync of 20,000 tickets':34}{'seconds':>8}{'CPU s':>8}{'MB':>8}")
    for name, figures in syncs.items():
        print(f"{name:34}" + "".join(f"{figure:8.2f}" for figure in figures.values()))
    views = {name: asdict(cost) for name, cost in costs.items()}
    report = {"demo": demo, "views": views, "logins": logins, "imports": imports, "syncs": syncs}
    (PROJECT / "bench.json").write_text(json.dumps(report, indent=2))
    if options.check and (problems := over_budget(costs) + bench_login.over_budget(logins)):
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
