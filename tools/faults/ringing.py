"""Which alerts of deploy/prometheus a real Prometheus rings during each fault.

    python -m tools.faults.ringing [FAULT…]

The rules are those of production, but what they wait for is shortened, so that a fault of twenty seconds is
enough: every `for` is two seconds, every span fifteen, and a mail is late after five.
"""

import contextlib
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.faults.faults import FAULTS
from tools.faults.load import Load
from tools.faults.machines import Machines
from tools.faults.prometheus import ask, prometheus
from tools.process import interrupt_on_sigterm, temporary_directory
from tools.stack import PROJECT, Stack

SECONDS, BETWEEN = 20.0, 25.0
RULES = PROJECT / "deploy" / "prometheus" / "alerts.yml"
RINGING = 'count by (alertname) (ALERTS{alertstate="firing"})'


def quick_rules() -> str:
    text = re.sub(r"for: \w+", "for: 2s", RULES.read_text())
    return re.sub(r"\[\d+m\]", "[15s]", text).replace('"mail"} > 60', '"mail"} > 5')


def ring(names: Sequence[str], folder: Path) -> Iterator[tuple[str, set[str]]]:
    """Each fault with what rang during it and had not rung before."""
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(
            Stack(demo=("--talks", "100", "--people", "100"), background=True)
        )
        machines = stack.enter_context(contextlib.closing(Machines(site)))
        address = site.log.parent / "app.sock"
        url = stack.enter_context(prometheus(folder / "prometheus", address, quick_rules()))
        with Load(site).running():
            for name in names:
                time.sleep(BETWEEN)
                before = ringing(url)
                with FAULTS[name].cause(machines):
                    time.sleep(SECONDS)
                    rang = ringing(url)
                yield name, rang - before


def ringing(url: str) -> set[str]:
    return {each["metric"]["alertname"] for each in ask(url, RINGING)}


def main() -> None:
    interrupt_on_sigterm()
    with temporary_directory() as folder:
        for name, rang in ring(sys.argv[1:] or [*FAULTS], folder):
            print(f"| {FAULTS[name].words} | {', '.join(sorted(rang)) or '–'} |", flush=True)


if __name__ == "__main__":
    main()
