"""Installs the site on a bare Debian 13 that is made for it, as the operator's guide says, and tries it.

    python -m tools.deploy_check [--keep]

As root, with mmdebstrap and systemd-nspawn (apt install mmdebstrap systemd-container). What is tried is
the last commit. The first run downloads into var/deploy-check, the next ones need no network.
"""

import argparse
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.deploy_check import MOST_EXPOSED
from tools.deploy_check.machine import Machine, booted
from tools.deploy_check.root import HOME, make_root
from tools.process import NotStarted, interrupt_on_sigterm, run
from tools.stack import PROJECT

SITE = "live.example.org"
INVENTORY = PROJECT / "tools" / "deploy_check" / "inventory.yml"
# By the machine's own Python; its certificate vouches for itself.
VISIT = """
import ssl, sys, time, urllib.request
context = ssl.create_default_context(cafile="/etc/nginx/front-row-tls/certificate.pem")
deadline = time.monotonic() + 30
while True:
    try:
        print(urllib.request.urlopen(sys.argv[1], context=context, timeout=30).read().decode())
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.2)
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy_check", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--keep", action="store_true", help="leave the installed root where it is")
    options = parser.parse_args()
    interrupt_on_sigterm()
    root = HOME / "root"
    with timed("bare Debian 13"):
        make_root(root)
        prepare(root)
    try:
        with booted(root) as machine:
            try_installing(machine)
        with timed("reboot, until the page is there"), booted(root) as machine:
            see_page(machine)
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)
    return 0


def prepare(root: Path) -> None:
    """What the operator does before the one command: the code, and ten lines."""
    run(["git", "clone", "--quiet", "--depth=1", f"file://{PROJECT}", root / "root/front-row"])
    (root / "etc/front-row").mkdir()
    shutil.copy(INVENTORY, root / "etc/front-row/inventory.yml")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {SITE}\n::1 localhost {SITE}\n")


def try_installing(machine: Machine) -> None:
    with timed("installation"):
        machine.run("/root/front-row/deploy/install.sh", log=HOME / "install.log")
    with timed("the site's page"):
        see_page(machine)
    with timed("the same again"):
        see_nothing_changed(
            machine.run("/root/front-row/deploy/install.sh", log=HOME / "again.log")
        )
    with timed("the same by the newest Ansible"):
        machine.run("python3", "-m", "venv", "/opt/ansible")
        machine.run("/opt/ansible/bin/pip", "install", "--quiet", "ansible-core")
        path = "PATH=/opt/ansible/bin:/usr/sbin:/usr/bin"
        again = machine.run(
            "env", path, "/root/front-row/deploy/install.sh", log=HOME / "newest.log"
        )
        see_nothing_changed(again)
    with timed("units"):
        see_units(machine)


def see_page(machine: Machine) -> None:
    page = machine.run("python3", "-c", VISIT, f"https://{SITE}/")
    if "My Conference" not in page:
        raise NotStarted(f"https://{SITE}/ is another page:\n{page[:2000]}")


def see_nothing_changed(recap: str) -> None:
    if not re.search(r"\bchanged=0 .*\bfailed=0\b", recap):
        changed = re.findall(r"TASK \[(.+?)\] \*+\n(?:.*\n)*?changed: ", recap)
        raise NotStarted(f"Run again, it changed something: {changed}\n{recap[-300:]}")


def see_units(machine: Machine) -> None:
    """None has failed, systemd understands each, and none may do more than it needs."""
    if failed := machine.run("systemctl", "--failed", "--plain", "--no-legend").strip():
        raise NotStarted(f"Failed units:\n{failed}")
    listed = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "front-row*")
    units = [line.split()[0] for line in listed.splitlines()]
    machine.run("systemd-analyze", "verify", *units)
    for unit in units:
        if unit.endswith(".service"):
            threshold = f"--threshold={int(MOST_EXPOSED * 10)}"
            machine.run("systemd-analyze", "security", "--no-pager", threshold, unit)


@contextmanager
def timed(step: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:6.1f} s  {step}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print()
    except NotStarted as error:
        sys.exit(str(error))
