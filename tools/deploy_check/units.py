"""Act: the units that the playbook has installed, as the booted systemd sees them."""

import re

from tools.deploy_check import MOST_EXPOSED
from tools.deploy_check.machine import Machine
from tools.process import NotStarted
from tools.stack import PROJECT

EXPECTED = {file.name for file in (PROJECT / "deploy" / "systemd").glob("front-row*")}


def see_units(machine: Machine) -> None:
    """None has failed, systemd understands each, and none may do more than it needs."""
    if failed := machine.run("systemctl", "--failed", "--plain", "--no-legend").strip():
        raise NotStarted(f"Failed units:\n{failed}")
    listed = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "front-row*")
    units = [line.split()[0] for line in listed.splitlines()]
    if missing := EXPECTED - {re.sub(r"@.*\.", "@.", unit) for unit in units}:
        raise NotStarted(f"Units that are not there: {', '.join(sorted(missing))}")
    machine.run("systemd-analyze", "verify", *units)
    for unit in units:
        if unit.endswith(".service"):
            threshold = f"--threshold={int(MOST_EXPOSED * 10)}"
            machine.run("systemd-analyze", "security", "--no-pager", threshold, unit)
    print(f"         seen: {', '.join(units)}", flush=True)
