"""Act: the run of the playbook is killed in the middle, again and again, as when the power fails or somebody
closes a laptop, on a bare machine of its own; the next run goes on with what is there.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tools.deploy_check.machine import Machine, booted
from tools.deploy_check.root import HOME
from tools.deploy_check.site import (
    INSTALL,
    install,
    make_prepared_root,
    see_page,
)
from tools.deploy_check.timing import timed
from tools.process import NotStarted

ROOT = HOME / "killed"
UNIT, LOG = "killed-install.service", "var/tmp/killed-install.log"


@dataclass(frozen=True)
class Moment:
    """When the run has said that it begins the task, what is like the pattern is there, and these seconds
    have passed.
    """

    task: str
    pattern: str = "etc"
    seconds: float = 0


RELEASE = "srv/front-row/releases/*"
# In the order of the playbook, or the next run would be killed before it has finished what the one before left.
FROM_BARE = (
    Moment("base : Install the packages", "usr/sbin/nginx"),
    Moment("base : Install the packages", "etc/postgresql/*/main"),
    Moment("app : Install what it needs", f"{RELEASE}/.venv/lib/*/site-packages/django"),
    Moment("app : Migrate", seconds=2),
    Moment("nginx : Sign a certificate ourselves"),
    Moment("conference : Make the account", seconds=1),
)


def be_killed(_machine: Machine) -> None:
    make_prepared_root(ROOT)
    try:
        with booted(ROOT) as machine:
            for moment in FROM_BARE:
                kill_at(moment, machine)
            with timed("run after kills"):
                install(machine, "healed")
            see_page(machine)
    finally:
        shutil.rmtree(ROOT, ignore_errors=True)


def kill_at(moment: Moment, machine: Machine) -> None:
    """Everything that the run has started dies at once, but for what systemd has started for it."""
    log = machine.root / LOG
    log.unlink(missing_ok=True)
    variables = ("--setenv=HOME=/root", "--setenv=LANG=C.UTF-8")
    output = (f"--property=StandardOutput=file:/{LOG}", f"--property=StandardError=file:/{LOG}")
    machine.run("systemd-run", "--quiet", f"--unit={UNIT}", *variables, *output, INSTALL)
    while not has_come(moment, log, machine):
        if not runs(machine):
            raise NotStarted(f"{moment} never came:\n{log.read_text()[-6000:]}")
        time.sleep(0.1)
    time.sleep(moment.seconds)
    machine.run("systemctl", "kill", "--kill-whom=all", "--signal=KILL", UNIT)
    while runs(machine):
        time.sleep(0.1)
    machine.run("systemctl", "reset-failed", UNIT)
    print(f"         killed: {moment.task}", flush=True)


def has_come(moment: Moment, log: Path, machine: Machine) -> bool:
    has_begun = log.exists() and f"TASK [{moment.task}]" in log.read_text()
    return has_begun and any(machine.root.glob(moment.pattern))


def runs(machine: Machine) -> bool:
    shown = machine.run("systemctl", "show", "--value", "--property=ActiveState", UNIT)
    return shown.strip() in ("active", "activating", "deactivating")
