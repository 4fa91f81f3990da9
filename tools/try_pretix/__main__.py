"""Sells in a real pretix, lets Front Row read it, and compares the two, ticket by ticket.

    python -m tools.try_pretix [--version 2026.8.0]

Prints a table; exit status 1 when anything differs that should not. All of it runs on this machine:
pretix on SQLite, Front Row as in production.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from tools.process import NotStarted, interrupt_on_sigterm
from tools.stack import PROJECT, Stack
from tools.try_pretix.installation import Pretix, install

WEBHOOKS_WITHIN_SECONDS = 60
# Kinds of change that pretix announces to nobody (docs/shops-pretix.md).
UNANNOUNCED = {"early", "late", "unpaid"}
STATES = ("valid", "pending", "canceled")

type Row = dict[str, Any]


class Trial:
    def __init__(self, pretix: Pretix, site: Stack) -> None:
        self.pretix, self.site = pretix, site
        self.has_failed = False
        event = pretix.ask("build")
        self.hook = site.url + self._here(f"print(mirror.add_shop({pretix.url!r}, **{event!r}))")

    def run(self) -> None:
        print(f"{'':32}tickets  {'  '.join(STATES)}  different")
        self.site.manage("sync_tickets", "--full")
        self.compare("everything")
        count = self.pretix.ask("change", "timer")
        self.site.manage("sync_tickets")
        self.compare(f"{count} kinds of change, by the timer")
        self.pretix.ask("call", self.hook)
        self.pretix.ask("change", "webhook")
        self.wait_for_webhooks()
        self.compare("the same, by webhooks", UNANNOUNCED)
        for row in self.differences():
            self.why(row["email"])
        self.compare("the rest, by asking the shop")
        self.site.manage("sync_tickets", "--full")
        self.compare("everything again")

    def compare(self, step: str, expected: Collection[str] = ()) -> None:
        """`expected`: the kinds of change that may not have arrived, and have to be different."""
        rows = self.pretix.ask("tell")
        counts = Counter(row["state"] for row in rows)
        differences = self.differences()
        states = "  ".join(f"{counts[state]:{len(state)}}" for state in STATES)
        print(f"{step:32}{len(rows):7}  {states}  {len(differences):9}", flush=True)
        if kinds_of(differences) == set(expected):
            return
        self.has_failed = True
        for row in differences:
            print(f"  {row['code']} ({row['buyer']}): {row['different']}")

    def differences(self) -> list[Row]:
        """What pretix says of each ticket of which we say something else, and what is different. One that
        pretix has no more, because it moved to another order, is to be canceled here.
        """
        ours = {row["code"]: row for row in json.loads(self._here("print(mirror.tickets())"))}
        theirs = {row["code"]: row for row in self.pretix.ask("tell")}
        nothing = dict.fromkeys(next(iter(theirs.values())))
        found = []
        for code in ours.keys() | theirs.keys():
            our, their = ours.get(code, nothing), theirs.get(code, nothing)
            if their is nothing and our["state"] == "canceled":
                continue
            different = {
                name: f"{our[name]} instead of {their[name]}"
                for name in their
                if our[name] != their[name]
            }
            if different:
                found.append({**(theirs.get(code) or our), "different": different})
        return found

    def wait_for_webhooks(self) -> None:
        deadline = time.monotonic() + WEBHOOKS_WITHIN_SECONDS
        while kinds_of(self.differences()) != UNANNOUNCED and time.monotonic() < deadline:
            time.sleep(1)

    def why(self, email: str) -> None:
        """As whoever helps at the door would ask. Its exit status says whether they may come in."""
        command = [sys.executable, "manage.py", "why", email, "--ask-shop"]
        subprocess.run(command, cwd=PROJECT, env=self.site.env, capture_output=True, check=False)

    def _here(self, code: str) -> str:
        code = f"from tools.try_pretix import mirror; {code}"
        return self.site.manage("shell", "-v", "0", "-c", code).strip()


def kinds_of(rows: list[Row]) -> set[str]:
    """Of change: each has an order of its own, whose buyer is called so."""
    return {row["buyer"].partition(".")[0] for row in rows}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.try_pretix", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--version", default="", help="of pretix; default: what is there, or newest"
    )
    version = install(parser.parse_args().version)
    interrupt_on_sigterm()
    print(f"pretix {version}, {datetime.now(UTC):%Y-%m-%d}", flush=True)
    with Pretix() as pretix:
        variables = {"PRIVATE_HOSTS": pretix.url}
        with Stack(demo=None, workers=1, background=True, variables=variables) as site:
            trial = Trial(pretix, site)
            trial.run()
    return 1 if trial.has_failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except NotStarted as error:
        sys.exit(str(error))
