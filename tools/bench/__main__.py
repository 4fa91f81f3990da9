"""Measure what pages, logins, imports, syncs and a flood cost, on the production shape.

    python -m tools.bench [--check] [--talks 300] [--people 2000]

With --check the exit status is 1 when a ratio exceeds its budget (budgets.json, login_budgets.json)
by half, or when a flood keeps people out. Writes bench.json.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict

from tools.bench import flood, login
from tools.bench.pages import SESSIONS, Cost, measure, over_budget, sign_in
from tools.process import NotStarted, interrupt_on_sigterm, run
from tools.stack import PROJECT, Stack


def print_report(
    costs: dict[str, Cost],
    logins: dict[str, dict[str, float]],
    imports: dict[str, float],
    syncs: dict[str, dict[str, float]],
    floods: dict[str, float],
) -> None:
    print(f"{'CPU ms per request':26}{'app':>8}{'nginx':>8}{'bytes':>8}{'ratio':>8}")
    for name, cost in costs.items():
        numbers = f"{cost.app_ms:8.3f}{cost.nginx_ms:8.3f}{cost.bytes:8}{cost.ratio:8.2f}"
        print(f"{name:26}{numbers}")
    print(f"\n{login.report(logins)}")
    print("\nSeconds for a programme of 1,400 talks")
    for name, seconds in imports.items():
        print(f"{name:26}{seconds:8.2f}")
    print(f"\n{'Sync of 20,000 tickets':34}{'seconds':>8}{'CPU s':>8}{'MB':>8}")
    for name, figures in syncs.items():
        print(f"{name:34}" + "".join(f"{figure:8.2f}" for figure in figures.values()))
    print(f"\nFifty sign in and fifty watch\n{flood.report(floods)}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true", help="fail beyond the budgets")
    parser.add_argument("--talks", default="300", help="of the demo conference")
    parser.add_argument("--people", default="2000", help="with a ticket")
    options = parser.parse_args()
    interrupt_on_sigterm()
    before = dict(os.environ)
    print("Starting PostgreSQL, Redis, gunicorn, workers and nginx …", flush=True)
    demo = ["--talks", options.talks, "--people", options.people]
    # The line would hold the very people whose cost is measured.
    variables = {"SIGN_INS_PER_SECOND": "0"}
    app = "tools.bench.app:application"
    with Stack(demo=demo, app=app, background=True, variables=variables) as site:
        costs = measure(site, sign_in(site.env, SESSIONS))
        logins = login.costs_of_coming_in(site, login.PEOPLE)
        from tools.bench.imports import measure_imports  # noqa: PLC0415 - needs the settings

        imports = measure_imports()
        command = [sys.executable, "-m", "tools.bench.sync"]
        syncs = json.loads(run(command, cwd=PROJECT, env=site.env))
    # In a process of its own: in this one Django has the settings of the first stack.
    command = [sys.executable, "-m", "tools.bench.flood", "--json"]
    floods = json.loads(run(command, cwd=PROJECT, env=before))
    print_report(costs, logins, imports, syncs, floods)
    views = {name: asdict(cost) for name, cost in costs.items()}
    report = {"demo": demo, "views": views, "logins": logins, "imports": imports}
    report |= {"syncs": syncs, "floods": floods}
    (PROJECT / "bench.json").write_text(json.dumps(report, indent=2))
    problems = over_budget(costs) + login.over_budget(logins) + flood.problems(floods)
    if options.check and problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
