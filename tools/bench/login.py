"""What it costs to come in, and how many can at once, on the production shape with its workers.

    python -m tools.bench.login [--people 150] [--storm 5000]

By code it is the whole way: form, mail, code, first page of the lobby; by entry link the page with
the button, the button and the lobby. Everybody comes for the first time, so an account is made and a
ticket claimed. It counts the CPU milliseconds of every process that takes part, and keeps the
cheapest of several rounds: other work on the machine can only add. --storm lets so many come in by
their link at once, and fails when one of them does not get in.
"""

import argparse
import json
import math
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from email import policy
from email.parser import Parser
from functools import partial
from itertools import islice

from tools.cpu import children, cpu_seconds, name_of
from tools.process import NotStarted, interrupt_on_sigterm
from tools.stack import PROJECT, Stack
from tools.visitor import Visitor, own_address

BUDGETS = PROJECT / "tools" / "bench" / "login_budgets.json"
# Noise of a shared machine.
TOLERANCE = 1.5
# Short ones, so that one of them finds the machine quiet.
ROUNDS = 12
PEOPLE = 40
CLIENTS = 2
STORM_CLIENTS = 32
HELLOS = 400
HELLO = "/bench/hello/"
LOGIN, CODE, LOBBY = "/accounts/login/", "/accounts/login/code/", "/lobby/"
_CODE = re.compile(r"\b\d{4}-\d{4}\b")
WAYS = ("code", "link")
PARTS = ("app", "worker", "postgres", "redis", "nginx")
COLUMNS = (*PARTS, "all", "hellos", "hashes")


def costs_of_coming_in(site: Stack, people: int) -> dict[str, dict[str, float]]:
    """CPU milliseconds of one login, by way and part, with their sum as "all". As "hellos" how many
    requests could be answered that do nothing, as "hashes" how many passwords could be checked.
    """
    newcomers = iter(_newcomers(site, people * ROUNDS * len(WAYS)))
    costs: dict[str, dict[str, float]] = {}
    hello = password_hash = math.inf
    for _round in range(ROUNDS):
        hello = min(hello, _hello(site))
        password_hash = min(password_hash, _password_hash())
        for way, come_in in (("code", by_code), ("link", by_link)):
            before = _cpu(site)
            come_in(site, list(islice(newcomers, people)), CLIENTS)
            spent = {part: (_cpu(site)[part] - before[part]) / people * 1000 for part in PARTS}
            spent["all"] = sum(spent.values())
            if way not in costs or spent["all"] < costs[way]["all"]:
                costs[way] = spent
    for spent in costs.values():
        spent |= {"hellos": spent["all"] / hello, "hashes": spent["all"] / password_hash}
    return costs


def _hello(site: Stack) -> float:
    """What a request costs that does nothing, all parts together."""
    visitors = [Visitor(_host(site), own_address()) for _number in range(CLIENTS)]

    def greet(visitor: Visitor) -> None:
        for _number in range(HELLOS // CLIENTS):
            visitor.get(HELLO)
        visitor.close()

    before = sum(_cpu(site).values())
    at_once(CLIENTS, [partial(greet, visitor) for visitor in visitors])
    return (sum(_cpu(site).values()) - before) / HELLOS * 1000


def _password_hash() -> float:
    """What a login by password would add, as Django does it by default."""
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415 - needs the settings

    before = time.process_time()
    make_password("a password")
    return (time.process_time() - before) * 1000


type Newcomer = tuple[str, str]


def by_code(
    site: Stack, people: Sequence[Newcomer], clients: int, come_from: str | None = None
) -> list[Visitor]:
    """Each from an address of their own, unless all come from one."""
    visitors = {
        address: Visitor(_host(site), come_from or own_address()) for address, _link in people
    }
    at_once(clients, [partial(v.submit, LOGIN, email=address) for address, v in visitors.items()])
    codes = _codes(site, people)

    def enter_code(address: str, visitor: Visitor) -> None:
        visitor.submit(CODE, code=codes[address])
        _arrive(visitor)

    at_once(clients, [partial(enter_code, address, v) for address, v in visitors.items()])
    return list(visitors.values())


def by_link(site: Stack, people: Sequence[Newcomer], clients: int) -> list[Visitor]:
    visitors = [(Visitor(_host(site), own_address()), link) for _address, link in people]

    def open_link(visitor: Visitor, link: str) -> None:
        visitor.submit(link)
        _arrive(visitor)

    at_once(clients, [partial(open_link, visitor, link) for visitor, link in visitors])
    return [visitor for visitor, _link in visitors]


def _arrive(visitor: Visitor) -> None:
    answer = visitor.get(LOBBY)
    visitor.close()
    if answer.status != 200:
        raise NotStarted(f"The lobby answered {answer.status} to somebody who came in")


def _codes(site: Stack, people: Sequence[Newcomer]) -> dict[str, str]:
    """What the workers have mailed, by address; waits for all of them."""
    deadline = time.monotonic() + 60
    codes: dict[str, str] = {}
    while missing := {address for address, _link in people} - codes.keys():
        if time.monotonic() > deadline:
            raise NotStarted(f"{len(missing)} of {len(people)} codes were not mailed")
        time.sleep(0.05)
        # Django puts mails of the same second into one file. The last one of an address counts.
        for path in sorted(site.mail_dir.iterdir()):
            for mail in path.read_text().split("-" * 79)[:-1]:
                message = Parser(policy=policy.default).parsestr(mail.lstrip())
                if found := _CODE.search(str(message.get_payload())):
                    codes[message["To"]] = found[0]
    return codes


def at_once(clients: int, errands: Sequence[Callable[[], object]]) -> None:
    """Run them all, so many at a time; raises NotStarted when one failed."""
    waiting, problems = iter(errands), list[str]()
    lock = threading.Lock()

    def client() -> None:
        while True:
            with lock:
                errand = next(waiting, None)
            if errand is None:
                return
            try:
                errand()
            except (NotStarted, OSError) as error:
                problems.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=client) for _number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise NotStarted(f"{len(problems)} of {len(errands)} did not get in: {problems[0]}")


def _cpu(site: Stack) -> dict[str, float]:
    ours = {site.gunicorn.pid: "app", site.nginx.pid: "nginx"}
    ours |= {process.pid: "worker" for process in site.background}
    spent = dict.fromkeys(PARTS, 0.0)
    for pid in _top_level():
        name = name_of(pid)
        part = ours.get(pid) or ("postgres" if name.startswith("postgres") else "redis")
        spent[part] += cpu_seconds(pid)
    return spent


def _top_level() -> Iterator[int]:
    every = set(children(os.getpid()))
    yield from every - {child for pid in every for child in children(pid)}


def _host(site: Stack) -> str:
    return site.url.removeprefix("http://")


def _newcomers(site: Stack, count: int) -> list[Newcomer]:
    os.environ.update(site.env, DJANGO_SETTINGS_MODULE="portal.settings")
    import django  # noqa: PLC0415 - the settings are those of the stack

    django.setup()
    from tools.bench.people import hide_the_programme, newcomers  # noqa: PLC0415 - needs the settings

    hide_the_programme()
    return newcomers(count)


def storm(site: Stack, count: int) -> dict[str, float]:
    """Everybody pushes the button of their link at once."""
    people = _newcomers(site, count)
    before, started = _cpu(site), time.monotonic()
    visitors = by_link(site, people, STORM_CLIENTS)
    seconds = time.monotonic() - started
    spent = sum(_cpu(site).values()) - sum(before.values())
    return {
        "people": count,
        "seconds": seconds,
        "ms_each": spent / count * 1000,
        "were_in_line": sum(visitor.waited > 0 for visitor in visitors),
    }


def report(costs: dict[str, dict[str, float]]) -> str:
    lines = [f"{'CPU ms per login':18}" + "".join(f"{part:>10}" for part in COLUMNS)]
    for way, spent in costs.items():
        numbers = "".join(f"{spent[part]:10.2f}" for part in COLUMNS)
        lines.append(f"{'by ' + way:18}{numbers}")
    return "\n".join(lines)


def over_budget(costs: dict[str, dict[str, float]]) -> list[str]:
    budgets: dict[str, float] = json.loads(BUDGETS.read_text())
    return [
        f"coming in by {way} costs {costs[way]['hellos']:.1f} times hello; its budget is {budget}"
        for way, budget in budgets.items()
        if costs[way]["hellos"] > budget * TOLERANCE
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.login", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--people", type=int, default=PEOPLE, help="in each round")
    parser.add_argument("--storm", type=int, metavar="N", help="so many at once, by their link")
    options = parser.parse_args()
    interrupt_on_sigterm()
    print("Starting PostgreSQL, Redis, gunicorn, workers and nginx …", flush=True)
    # The line would hold the very people whose cost is measured.
    variables = {} if options.storm else {"SIGN_INS_PER_SECOND": "0"}
    with Stack(background=True, app="tools.bench.app:application", variables=variables) as site:
        if options.storm:
            for name, value in storm(site, options.storm).items():
                print(f"{name:18}{value:10.1f}")
        else:
            print(report(costs_of_coming_in(site, options.people)))


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
