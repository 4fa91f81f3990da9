"""What Mozilla's Observatory says of the headers of six pages, on the production shape with TLS.

    python -m tools.security.observatory    fails when a page has fewer than 120 points

Needs Node 20.19 or newer, and npm with its registry the first time. Without them this says so and
goes on; with NO_SKIPS=1 (CI) it fails.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.stack import Stack

HERE = Path(__file__).resolve().parent
LEAST = 120
# All a stranger's. The lobby leads to the login; the timer of a talk is refused with 403.
PAGES = [
    "/",
    "/schedule/",
    "/speakers/",
    "/accounts/login/",
    "/admin/login/",
    "/talks/{code}/timer/",
]
# Lists of all sites that the package fetches when it is installed; none of them is ours.
LISTS = {"hsts-preload.json": "{}", "tld-list.json": "[]"}


def install() -> str:
    """Says what is missing, else nothing."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "there is no Node with npm"
    stamp, lock = HERE / "node_modules" / "installed.json", HERE / "package-lock.json"
    if not (stamp.exists() and stamp.read_bytes() == lock.read_bytes()):
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run(command, cwd=HERE, check=False).returncode:
            return "npm cannot install it"
        shutil.copy(lock, stamp)
    conf = HERE / "node_modules" / "@mdn" / "mdn-http-observatory" / "conf"
    for name, content in LISTS.items():
        (conf / name).write_text(content)
    return ""


def scan() -> list[dict[str, Any]]:
    with Stack(tls=True) as site:
        code = site.manage("shell", "--no-imports", "--verbosity=0", "--command", _ONE_CODE).strip()
        host = site.url.partition("://")[2]
        pages = [host + page.format(code=code) for page in PAGES]
        done = subprocess.run(
            ["node", "scan.js", *pages],
            cwd=HERE,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(site.certificate)},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


_ONE_CODE = "from schedule.models import Talk; print(Talk.objects.values_list('code').first()[0])"


def main() -> int:
    if missing := install():
        print(f"The Observatory's rules were not asked: {missing}.")
        return 1 if os.environ.get("NO_SKIPS") else 0
    found = scan()
    for page in found:
        print(page["score"], page["status"], page["page"], *page["why"])
    return 0 if len(found) == len(PAGES) and all(page["score"] >= LEAST for page in found) else 1


if __name__ == "__main__":
    sys.exit(main())
