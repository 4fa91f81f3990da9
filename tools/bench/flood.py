"""Whether a stranger keeps people out: 50 sign in and 50 watch, without and during a flood.

    python -m tools.bench.flood [--people 50] [--rate 100] [--seconds 30] [--json]

From one address come so many requests a second at each of three places: the doors (forged links, codes
for addresses that nobody has, wrong passwords), the schedule with parameters that it does not know, and
the search. Those who sign in by a mailed code and those who watch all come from one other address, as
from a venue. It fails when somebody does not get in, gets in ten seconds later than without the flood,
or when a page of somebody who watches fails.
"""

import argparse
import http.client
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from secrets import choice, token_hex
from urllib.parse import urlencode

from tools.bench.login import Newcomer, by_code
from tools.process import NotStarted, interrupt_on_sigterm
from tools.stack import Stack
from tools.visitor import Answer, Visitor

PEOPLE, RATE, SECONDS = 50, 100, 30
# How much longer it may take to get in.
BOUND_SECONDS = 10
VENUE, STRANGER = "127.0.0.10", "127.0.0.66"
CLIENTS = 16
# Between the requests of one page that watches; live.json and the pulse come more seldom in life.
WATCH_SECONDS = 2
WATCHED = ("/live.json", "/rooms/main/", "/rooms/main/playback.json")
# Until the flood runs, and until the venue may ask for as many codes again as before.
START_SECONDS, PAUSE_SECONDS = 3, 10

type Ask = Callable[[Visitor], int]


def measure(people: int = PEOPLE, rate: int = RATE, seconds: int = SECONDS) -> dict[str, float]:
    demo = ["--talks", "300", "--people", str(max(people, 200))]
    with Stack(demo=demo, background=True) as site:
        newcomers, cookies = _people(site, people)
        figures: dict[str, float] = {}
        calm, errors = _sign_in(site, newcomers[:people], cookies)
        figures |= {"in without a flood, s": calm, "errors without a flood": errors}
        time.sleep(PAUSE_SECONDS)
        with _flood(_host(site), rate, seconds) as answered:
            time.sleep(START_SECONDS)
            flooded, errors = _sign_in(site, newcomers[people:], cookies, seconds)
        figures |= {"in during a flood, s": flooded, "errors during a flood": errors}
        return figures | {f"flood answered {key}": answered[key] for key in sorted(answered)}


def _people(site: Stack, count: int) -> tuple[list[Newcomer], list[str]]:
    """Who signs in, without and during the flood, and the cookies of who watches."""
    os.environ.update(site.env, DJANGO_SETTINGS_MODULE="portal.settings")
    import django  # noqa: PLC0415 - the settings are those of the stack

    django.setup()
    from tools.bench.people import newcomers, session_cookies  # noqa: PLC0415 - needs the settings

    return newcomers(2 * count), session_cookies(count)


def _host(site: Stack) -> str:
    return site.url.removeprefix("http://")


def _sign_in(
    site: Stack, people: list[Newcomer], cookies: list[str], at_least: float = 0
) -> tuple[float, int]:
    """The seconds until all of them are in, and how many requests failed of those who watch then, for
    so many seconds at least.
    """
    is_over, errors = threading.Event(), list[str]()
    watchers = [
        threading.Thread(target=_watch, args=(site, cookie, is_over, errors)) for cookie in cookies
    ]
    for watcher in watchers:
        watcher.start()
    began = time.monotonic()
    try:
        by_code(site, people, len(people), VENUE)
        took = time.monotonic() - began
        time.sleep(max(at_least - took, 0))
    finally:
        is_over.set()
        for watcher in watchers:
            watcher.join()
    for error in Counter(errors):
        print(error, file=sys.stderr)
    return took, len(errors)


def _watch(site: Stack, cookie: str, is_over: threading.Event, errors: list[str]) -> None:
    name, _, value = cookie.partition("=")
    visitor = Visitor(_host(site), VENUE, {name: value})
    while not is_over.wait(WATCH_SECONDS):
        asks = [partial(visitor.get, path) for path in WATCHED]
        for ask in (*asks, partial(_pulse, visitor)):
            try:
                answer = ask()
            except (OSError, ValueError, http.client.HTTPException) as error:
                errors.append(f"A page that watches got {type(error).__name__}")
            else:
                if answer.status != 200:
                    errors.append(f"A page that watches got {answer.status}")
    visitor.close()


def _pulse(visitor: Visitor) -> Answer:
    token = json.loads(visitor.get("/me.json").text)["csrf_token"]
    return visitor.post("/pulse/", csrfmiddlewaretoken=token, room="main")


@contextmanager
def _flood(host: str, rate: int, seconds: float) -> Iterator[Counter[str]]:
    """Yields what will have been answered. In processes of its own, not to slow the people down."""
    answered = Counter[str]()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        attacks = [pool.submit(_attack, host, ask, rate, seconds) for ask in ASKS]
        yield answered
        for attack in attacks:
            answered += attack.result()


def _attack(host: str, ask: Ask, rate: int, seconds: float) -> Counter[str]:
    answered, ends_at = Counter[str](), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_send, args=(host, ask, rate / CLIENTS, ends_at, answered))
        for _client in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered


def _send(host: str, ask: Ask, rate: float, ends_at: float, answered: Counter[str]) -> None:
    visitor = Visitor(host, STRANGER)
    with suppress(OSError):
        visitor.get("/accounts/login/")
    next_at = time.monotonic()
    while time.monotonic() < ends_at:
        try:
            answered[str(ask(visitor))] += 1
        except (OSError, http.client.HTTPException):
            answered["nothing"] += 1
            visitor.close()
        next_at += 1 / rate
        time.sleep(max(next_at - time.monotonic(), 0))
    visitor.close()


def _at_the_doors(visitor: Visitor) -> int:
    visitor.cookies.pop("sessionid", None)
    visitor.cookies.pop("line", None)
    stranger = f"{token_hex(6)}@stranger.example"
    return choice(
        (
            partial(visitor.post, f"/t/1.{token_hex(5)}.{token_hex(11)}/"),
            partial(visitor.post, "/accounts/login/", email=stranger),
            partial(visitor.post, "/accounts/login/password/", login=stranger, password=stranger),
        )
    )().status


def _schedule(visitor: Visitor) -> int:
    return visitor.get(f"/schedule/?{token_hex(2)}={token_hex(4)}").status


def _search(visitor: Visitor) -> int:
    return visitor.get(f"/schedule/?{urlencode({'q': token_hex(1)})}").status


ASKS: tuple[Ask, ...] = (_at_the_doors, _schedule, _search)


def problems(figures: dict[str, float]) -> list[str]:
    longer = figures["in during a flood, s"] - figures["in without a flood, s"]
    found = []
    if longer > BOUND_SECONDS:
        found.append(f"a flood keeps people out for {longer:.0f} s; the bound is {BOUND_SECONDS}")
    if figures["errors during a flood"]:
        found.append(f"{figures['errors during a flood']} pages failed of people who watch")
    return found


def report(figures: dict[str, float]) -> str:
    return "\n".join(f"{name:34}{figure:8.1f}" for name, figure in figures.items())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.flood", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--people", type=int, default=PEOPLE, help="who sign in, and who watch")
    parser.add_argument("--rate", type=int, default=RATE, help="requests a second at each place")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--json", action="store_true", help="the figures alone, and judge nothing")
    options = parser.parse_args()
    interrupt_on_sigterm()
    if not options.json:
        print("Starting PostgreSQL, Redis, gunicorn, workers and nginx …", flush=True)
    figures = measure(options.people, options.rate, options.seconds)
    if options.json:
        print(json.dumps(figures))
        return
    print(report(figures))
    if found := problems(figures):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
