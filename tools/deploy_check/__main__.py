"""Installs the site on a bare Debian 13 that is made for it, as the operator's guide says, and tries it.

    python -m tools.deploy_check [--keep] [ACT …]

As root, with mmdebstrap and systemd-nspawn (apt install mmdebstrap systemd-container). Where that is not
to be had this says so and goes on; with NO_SKIPS=1 it fails. What is tried is the last commit. The first run
downloads into var/deploy-check, the next ones need no network. With names of acts only these
are tried, on the root that --keep left, if there is one.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable

from tools.deploy_check.certificates import get_certificates
from tools.deploy_check.installing import see_unclear_refused, try_again, try_installing
from tools.deploy_check.killing import be_killed
from tools.deploy_check.linting import lint_nginx, lint_playbook
from tools.deploy_check.machine import Machine, booted, why_not
from tools.deploy_check.root import HOME
from tools.deploy_check.site import make_prepared_root, see_page
from tools.deploy_check.timing import timed
from tools.deploy_check.units import see_units
from tools.deploy_check.upgrading import upgrade
from tools.deploy_check.watching import watch
from tools.process import NotStarted, interrupt_on_sigterm

ROOT = HOME / "root"
# In this order. Each finds the site installed and serving, and leaves it so; "watching" and "certificates"
# run once on a root, for the second factor and the certificate stay. "killed" makes a root of its own.
ACTS: dict[str, Callable[[Machine], None]] = {
    "nginx": lint_nginx,
    "again": try_again,
    "watching": watch,
    "units": see_units,
    "upgrading": upgrade,
    "unclear": see_unclear_refused,
    "certificates": get_certificates,
    "killed": be_killed,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy_check", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--keep", action="store_true", help="leave the installed root where it is")
    parser.add_argument("acts", nargs="*", metavar="ACT", help=f"of {', '.join(ACTS)}")
    options = parser.parse_args()
    if unknown := set(options.acts) - ACTS.keys():
        parser.error(f"there is no act {', '.join(unknown)}")
    if reason := why_not():
        print(f"The installation was not tried: {reason}")
        return 1 if os.environ.get("NO_SKIPS") else 0
    interrupt_on_sigterm()
    is_there = bool(options.acts) and ROOT.exists()
    with timed("ansible-lint"):
        lint_playbook()
    if not is_there:
        with timed("bare Debian 13"):
            make_prepared_root(ROOT)
    try:
        with booted(ROOT) as machine:
            if not is_there:
                try_installing(machine)
            for name in options.acts or ACTS:
                with timed(f"act: {name}"):
                    ACTS[name](machine)
        with timed("reboot, until the page is there"), booted(ROOT) as machine:
            see_page(machine)
    finally:
        if not options.keep:
            shutil.rmtree(ROOT, ignore_errors=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print()
    except NotStarted as error:
        sys.exit(str(error))
