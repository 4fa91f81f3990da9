"""Cause one fault after the other on the production shape, and say what people noticed.

    python -m tools.faults [--seconds 20] [--write] [FAULT…]

In each cell: how many of so many requests failed, then the seconds that one waited, median and most.
With --write each row goes into the table of docs/reliability.md, in the place of the one before it.
"""

import argparse
import contextlib
import re
import sys
from collections.abc import Iterator, Sequence

from tools.faults.faults import FAULTS
from tools.faults.load import Load
from tools.faults.machines import Machines
from tools.faults.outcome import HEAD, Outcome
from tools.faults.trial import try_fault
from tools.process import NotStarted, interrupt_on_sigterm
from tools.stack import PROJECT, Stack

SECONDS = 20.0
# Until every page is warm, and after a fault until it is seen whether all is well again.
WARM_UP, AFTER = 8.0, 12.0
DEMO = ("--talks", "100", "--people", "100")
DOCUMENT = PROJECT / "docs" / "reliability.md"
_TABLE = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)
# The fault's words, and how long it lasted.
_ROW = re.compile(r"^\| (.*), \d+ s \| .*$", re.MULTILINE)


def measure(names: Sequence[str], seconds: float) -> Iterator[Outcome]:
    """On one site, as on the day: it has to be well again before the next one."""
    with Stack(demo=DEMO, background=True) as site, contextlib.closing(Machines(site)) as machines:
        load = Load(site)
        for name in names:
            yield try_fault(
                FAULTS[name], machines, load, FAULTS[name].seconds or seconds, WARM_UP, AFTER
            )


def write(outcome: Outcome) -> None:
    """What was measured before of the other faults stays."""
    text = DOCUMENT.read_text()
    rows = {row[1]: row[0] for row in _ROW.finditer(text)} | {outcome.words: outcome.row()}
    lines = [HEAD, *rows.values(), ""]
    DOCUMENT.write_text(_TABLE.sub(lambda _old: "\n".join(lines), text))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long most faults last")
    parser.add_argument("--write", action="store_true", help="into docs/reliability.md")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=", ".join(FAULTS))
    options = parser.parse_args()
    if unknown := set(options.faults) - FAULTS.keys():
        parser.error(f"There is no fault called {', '.join(sorted(unknown))}.")
    interrupt_on_sigterm()
    print(HEAD, flush=True)
    for outcome in measure(options.faults or [*FAULTS], options.seconds):
        print(outcome.row(), flush=True)
        if options.write:
            write(outcome)


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
