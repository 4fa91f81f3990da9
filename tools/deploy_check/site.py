"""The site that the playbook makes on a machine: installing it, and what is seen of it from outside."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.deploy_check.machine import Machine
from tools.deploy_check.root import HOME, make_root
from tools.process import NotStarted, run
from tools.stack import PROJECT

SITE = "live.example.org"
INSTALL = "/root/front-row/deploy/install.sh"
INVENTORY = "etc/front-row/inventory.yml"
# By the machine's own Python; its certificate vouches for itself.
VISIT = """
import ssl, sys, time, urllib.request
context = ssl.create_default_context(cafile="/etc/nginx/front-row-tls/current/fullchain.pem")
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


def make_prepared_root(folder: Path) -> None:
    """A bare Debian with what the operator brings before the one command: the code, and ten lines."""
    make_root(folder)
    run(["git", "clone", "--quiet", "--depth=1", f"file://{PROJECT}", folder / "root/front-row"])
    (folder / "etc/front-row").mkdir()
    lines = (PROJECT / "tools" / "deploy_check" / "inventory.yml").read_text()
    # It is on now, wherever the day may end while this runs.
    today = datetime.now(UTC).date()
    for day, date in (("FIRST", today - timedelta(days=1)), ("LAST", today + timedelta(days=1))):
        lines = lines.replace(f"{day}-DAY", str(date))
    (folder / INVENTORY).write_text(lines)
    (folder / "etc/hosts").write_text(f"127.0.0.1 localhost {SITE}\n::1 localhost {SITE}\n")


def install(machine: Machine, log: str, *, before: tuple[str, ...] = ()) -> str:
    """What the one command wrote; it is kept in that file of var/deploy-check as well. `before` are
    words to put before the command.
    """
    return machine.run(*before, INSTALL, log=HOME / f"{log}.log")


def see_page(machine: Machine) -> None:
    page = machine.run("python3", "-c", VISIT, f"https://{SITE}/")
    if "My Conference" not in page:
        raise NotStarted(f"https://{SITE}/ is another page:\n{page[:2000]}")


def see_nothing_changed(recap: str) -> None:
    if not re.search(r"\bchanged=0 .*\bfailed=0\b", recap):
        changed = re.findall(r"TASK \[(.+?)\] \*+\n(?:.*\n)*?changed: ", recap)
        raise NotStarted(f"Run again, it changed something: {changed}\n{recap[-300:]}")
