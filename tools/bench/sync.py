"""How long a sync with a large shop takes and what it keeps in memory, for tools/bench/pages.py: in this
process, against a fake pretix in another, which answers at once, so it is our part alone.

    python -m tools.bench.sync            with the settings in the environment; prints JSON
    python -m tools.bench.sync --serve    the fake: each line of its input changes some orders
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from tickets.sources.tests.fake_shops.pretix import FakePretix
from tools.cpu import peak_megabytes

TICKETS = 20_000
CHANGES = 50

type Figures = dict[str, dict[str, float]]


def serve() -> None:
    with FakePretix(tickets=TICKETS) as fake:
        print(urlsplit(fake.url).port, flush=True)
        orders = iter(fake.orders)
        for _line in sys.stdin:
            for code in list(islice(orders, CHANGES)):
                fake.transfer(code, 1, f"{code.lower()}@example.com")
            print("changed", flush=True)


def measure() -> Figures:
    """For each kind of run the seconds by the clock, those that this process computed, and the most
    memory that it has had so far.
    """
    command = [sys.executable, "-m", "tools.bench.sync", "--serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            return _measure(process)
        finally:
            process.kill()


def _measure(fake: "subprocess.Popen[str]") -> Figures:
    def change() -> None:
        print(file=fake.stdin, flush=True)
        _said(fake)

    url = f"http://127.0.0.1:{_said(fake)}"
    os.environ.update(PRIVATE_HOSTS=url, DJANGO_SETTINGS_MODULE="portal.settings")
    import django  # noqa: PLC0415 - the settings are those of the environment

    django.setup()
    from tickets.sources.syncing.run import sync  # noqa: PLC0415 - needs the settings

    shop = _shop(url)
    figures: Figures = {}

    def run(name: str, *, is_full: bool, counts: dict[str, int]) -> None:
        began, computed = time.perf_counter(), time.process_time()
        done = sync(shop, is_full=is_full)
        figures[name] = {
            "seconds": round(time.perf_counter() - began, 2),
            "cpu_seconds": round(time.process_time() - computed, 2),
            "megabytes": round(peak_megabytes()),
        }
        found = {key: done.counts[key] for key in counts}
        if (done.state, done.is_full, found) != ("done", is_full, counts):
            raise RuntimeError(f"{name}: {done.state} {done.counts} {done.problem}")

    run("everything, all new", is_full=True, counts={"new": TICKETS})
    run("everything, no change", is_full=True, counts={"unchanged": TICKETS})
    change()
    run("50 orders changed", is_full=False, counts={"changed": CHANGES})
    change()
    run("everything, 50 orders changed", is_full=True, counts={"changed": CHANGES})
    return figures


def _said(process: "subprocess.Popen[str]") -> str:
    if process.stdout is None:
        raise RuntimeError("the fake shop has no voice")
    return process.stdout.readline().strip()


def _shop(url: str) -> Any:
    from django.utils import timezone  # noqa: PLC0415 - needs the settings

    from lib.sealing import seal  # noqa: PLC0415
    from schedule.models import Conference  # noqa: PLC0415
    from tickets.models import Shop  # noqa: PLC0415

    today = timezone.now().date()
    conference = Conference.objects.create(
        name="Bench", slug="bench-sync", starts_on=today, ends_on=today
    )
    return Shop.objects.create(
        conference=conference,
        slug="bench",
        kind="pretix",
        base_url=url,
        account=FakePretix.organizer,
        event=FakePretix.event,
        token=seal(FakePretix.token),
    )


def main() -> None:
    act: Callable[[], object] = serve
    if "--serve" not in sys.argv[1:]:
        act = lambda: print(json.dumps(measure()))  # noqa: E731
    act()


if __name__ == "__main__":
    main()
