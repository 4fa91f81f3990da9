#!/usr/bin/python3
"""Let another release serve, new or old; the playbook does it by this, and so do you for the way back:

    front-row-switch RELEASE      one of /srv/front-row/releases

It is started beside the one that serves, on the same socket, and asked for some pages. Only when it has
answered does `current` name it, do workers and timers follow, and is the other one stopped. When it does not,
it is stopped, and nothing has changed. Stopped in the middle, run it again.
"""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

HOME = Path("/srv/front-row")
ENVIRONMENT = Path("/etc/front-row/env")
SOCKET = "/run/front-row/app.sock"
# How often it has to answer. Both releases take from the one socket, whoever is quicker.
ANSWERS, SECONDS = 10, 60
PAGES = ("/readyz", "/", "/accounts/login/")


class DoesNotServe(Exception):
    pass


class Connection(http.client.HTTPConnection):
    """To one process, and never by itself to another one."""

    auto_open = 0

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)

    def ask(self, path: str) -> tuple[int, str]:
        # As nginx passes it on from a visitor, but from this machine.
        self.request("GET", path, headers={"Host": site(), "X-Forwarded-Proto": "https"})
        answer = self.getresponse()
        return answer.status, answer.read().decode(errors="replace")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    release = sys.argv[1]
    home = HOME / "releases" / release
    if not (home / ".installed").is_file():
        print(f"There is no whole release in {home}.", file=sys.stderr)
        return 1
    others = [unit for unit in units("front-row@*.service") if unit != unit_of(release)]
    if not others and is_current(home) and systemctl("is-active", "--quiet", unit_of(release)):
        print(f"{release} serves already: nothing to do.")
        return 0
    try:
        start(release)
    except DoesNotServe as problem:
        if not is_current(home):
            systemctl("stop", unit_of(release))
        stays = (HOME / "current").resolve().name if (HOME / "current").exists() else "none"
        print(
            f"{release} does not serve: {problem}. Current stays {stays}, and what served goes on."
            f" journalctl --unit={unit_of(release)} says more.",
            file=sys.stderr,
        )
        return 1
    finish(release, others)
    print(f"{release} serves.")
    return 0


def start(release: str) -> None:
    publish(HOME / "releases" / release)
    if not systemctl("start", unit_of(release)):
        raise DoesNotServe("it did not start")
    deadline, answers = time.monotonic() + SECONDS, 0
    while answers < ANSWERS:
        if time.monotonic() > deadline:
            raise DoesNotServe(f"it answered {answers} times in {SECONDS} seconds")
        if has_answered(release):
            answers += 1
        else:
            time.sleep(0.02)


def has_answered(release: str) -> bool:
    """Whether it was this release that one connection has led to, and all is well there."""
    connection = Connection("localhost", timeout=10)
    try:
        connection.connect()
        if connection.ask("/healthz") != (200, f"ok {release}"):
            return False
    except (OSError, http.client.HTTPException):
        return False
    else:
        for path in PAGES:
            try:
                status, _text = connection.ask(path)
            except (OSError, http.client.HTTPException) as error:
                raise DoesNotServe(f"{path} got no answer ({type(error).__name__})") from None
            if status >= 500:
                raise DoesNotServe(f"{path} was answered by {status}")
        return True
    finally:
        connection.close()


def finish(release: str, others: list[str]) -> None:
    systemctl("enable", unit_of(release))
    link = HOME / "current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(HOME / "releases" / release)
    link.replace(HOME / "current")
    # Timers find the release by `current` when they are due.
    for unit in units("front-row-worker@*.service"):
        systemctl("restart", unit)
    for unit in others:
        systemctl("disable", "--now", unit)
    systemctl("reset-failed", "front-row@*.service")


def publish(home: Path) -> None:
    python, manage = str(home / ".venv/bin/python"), str(home / "manage.py")
    command = [python, manage, "publish_static", str(HOME / "static")]
    done = subprocess.run(command, env=os.environ | {"ENV_FILE": str(ENVIRONMENT)}, check=False)
    if done.returncode:
        raise DoesNotServe("its static files could not be published")


def site() -> str:
    """A host name that the app answers to."""
    found = re.search(
        r"^ALLOWED_HOSTS=['\"]?\.?([^'\",\s]+)", ENVIRONMENT.read_text(), re.MULTILINE
    )
    return found[1] if found else "localhost"


def is_current(home: Path) -> bool:
    return (HOME / "current").is_symlink() and (HOME / "current").readlink() == home


def unit_of(release: str) -> str:
    return f"front-row@{release}.service"


def units(pattern: str) -> list[str]:
    """Those that run, try to, or have failed."""
    command = ["systemctl", "list-units", "--plain", "--no-legend", "--full", pattern]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def systemctl(*arguments: str) -> bool:
    return subprocess.run(["systemctl", *arguments], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
