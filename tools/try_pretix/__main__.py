"""Sells in a real pretix, lets Front Row read it, and compares the two, ticket by ticket and person by person.

    python -m tools.try_pretix [--version 2026.8.0]

Prints a table; exit status 1 when anything differs that should not. All of it runs on this machine:
pretix on SQLite, Front Row as in production. It needs what `make stack` needs, and for the first time (of a
version) PyPI, 600 MB below var/try-pretix and three minutes; then one minute and no network.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tools.process import NotStarted, interrupt_on_sigterm
from tools.stack import PROJECT, Stack
from tools.try_pretix.installation import Pretix, install
from tools.try_pretix.talk import Talk

WEBHOOKS_WITHIN_SECONDS = 60
# Kinds of change that pretix announces to nobody (docs/shops-pretix.md).
UNANNOUNCED = {"early", "late", "unpaid", "secrets"}
STATES = ("valid", "pending", "blocked", "canceled")
MIRROR = "from tools.try_pretix import mirror; mirror.main()"

type Row = dict[str, Any]


class Trial:
    def __init__(self, pretix: Pretix, site: Stack, mirror: Talk) -> None:
        self.pretix, self.site, self.mirror = pretix, site, mirror
        self.has_failed = False
        event = pretix.ask("build")
        self.hook = site.url + mirror.ask("add_shop", pretix.url, *event.values())

    def run(self) -> None:
        print(f"{'':34}tickets  {'  '.join(STATES)}  different  let in  wrongly  seconds")
        self.step("everything", self.sync_all)
        count = self.pretix.ask("change", "timer")
        self.step(f"{count} kinds of change, by the timer", self.sync)
        count = self.pretix.ask("back", "timer")
        self.step(f"{count} of them taken back", self.sync)
        self.pretix.ask("call", self.hook)
        self.step("the same, by webhooks", partial(self.hear_of, "change"), UNANNOUNCED)
        self.step("the rest, by asking the shop", self.ask_about_the_rest)
        self.step("taken back, by webhooks", partial(self.hear_of, "back"))
        self.step("everything again", self.sync_all)
        self.say_calls()

    def step(self, name: str, read: Callable[[], None], expected: Collection[str] = ()) -> None:
        """`expected`: the kinds of change that may not have arrived, and have to be different."""
        began = time.monotonic()
        read()
        seconds = time.monotonic() - began
        theirs = self.pretix.ask("tell")
        differences = self.differences(theirs)
        let_in = set(self.mirror.ask("let_in"))
        wrongly = let_in ^ entitled(theirs)
        counts = Counter(row["state"] for row in theirs)
        states = "  ".join(f"{counts[state]:{len(state)}}" for state in STATES)
        people = f"{len(let_in):6}  {len(wrongly):7}"
        print(
            f"{name:34}{len(theirs):7}  {states}  {len(differences):9}  {people}  {seconds:7.1f}",
            flush=True,
        )
        if kinds_of(differences) == set(expected) and kinds(wrongly) <= set(expected):
            return
        self.has_failed = True
        for row in differences:
            print(f"  {row['code']} ({row['buyer']}): {row['different']}")
        for email in sorted(wrongly):
            print(f"  {email} is {'let in' if email in let_in else 'kept out'}")

    def differences(self, theirs: list[Row]) -> list[Row]:
        """What pretix says of each ticket of which we say something else, and what is different. One that
        pretix has no more, because it moved to another order, is to be canceled here.
        """
        ours = {row["code"]: row for row in self.mirror.ask("tickets")}
        nothing = dict.fromkeys(theirs[0])
        found = []
        for their in theirs:
            our = ours.pop(their["code"], nothing)
            different = {
                name: f"{our[name]} instead of {their[name]}"
                for name in their
                if our[name] != their[name]
            }
            if different:
                found.append({**their, "different": different})
        gone = [row for row in ours.values() if row["state"] != "canceled"]
        return found + [{**row, "different": "pretix does not have it"} for row in gone]

    def sync(self) -> None:
        self.site.manage("sync_tickets")

    def sync_all(self) -> None:
        self.site.manage("sync_tickets", "--full")

    def hear_of(self, change: str) -> None:
        """pretix calls while it changes; the workers may still be asking for the last orders."""
        self.pretix.ask(change, "webhook")
        theirs = self.pretix.ask("tell")
        deadline = time.monotonic() + WEBHOOKS_WITHIN_SECONDS
        while kinds_of(self.differences(theirs)) - UNANNOUNCED and time.monotonic() < deadline:
            time.sleep(0.2)

    def ask_about_the_rest(self) -> None:
        for row in self.differences(self.pretix.ask("tell")):
            self.mirror.ask("why", row["email"])

    def say_calls(self) -> None:
        calls = self.pretix.ask("calls")
        self.has_failed |= set(calls) != {"204"}
        told = ", ".join(f"{count} answered {status}" for status, count in calls.items())
        print(f"calls of the webhook: {told}", flush=True)


def entitled(theirs: Iterable[Row]) -> set[str]:
    """The addresses that come in by what pretix says."""
    now = datetime.now(UTC)
    return {
        row["email"]
        for row in theirs
        if row["email"] and row["opens"] and row["state"] == "valid"
        if not row["valid_from"] or datetime.fromisoformat(row["valid_from"]) <= now
        if not row["valid_until"] or now < datetime.fromisoformat(row["valid_until"])
    }


def kinds_of(rows: Iterable[Row]) -> set[str]:
    return kinds(row["buyer"] for row in rows)


def kinds(emails: Iterable[str]) -> set[str]:
    """Of change: each has an order of its own, whose people are called so."""
    return {email.removeprefix("new.").partition(".")[0] for email in emails}


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
            command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", MIRROR]
            with Talk(command, cwd=PROJECT, env=site.env) as mirror:
                trial = Trial(pretix, site, mirror)
                trial.run()
    return 1 if trial.has_failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except NotStarted as error:
        sys.exit(str(error))
