#!/usr/bin/python3
"""Let another release serve, new or old; the playbook does it by this, and so do you for the way back:

    front-row-switch RELEASE             one of /srv/front-row/releases
    front-row-switch --back              the one that served before, at once
    front-row-switch --at-once RELEASE   without the trial, when what serves is itself broken

It is started beside the one that serves, on the same socket, and asked for some pages. When it has answered,
both serve side by side for half a minute, and nginx' log says how visitors fare with each (trial.py). Only then
does `current` name the new one, do workers and timers follow, and is the other one stopped. When it does not
answer, or is clearly worse, it is stopped, and nothing has changed. Stopped in the middle, run it again.
"""

import argparse
import contextlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from trial import Answer, Log, Trial

HOME = Path("/srv/front-row")
ENVIRONMENT = Path("/etc/front-row/env")
SOCKET = "/run/front-row/app.sock"
# How often it has to answer. Both releases take from the one socket, whoever is quicker.
ANSWERS, SECONDS = 10, 60
PAGES = ("/readyz", "/", "/accounts/login/", "/live.json")
# An open page asks for something of its own once in 30 seconds (`pulse`): within them all have met one release
# or the other.
TRIAL_SECONDS = 30
# The first time, each process imports and fills what it keeps.
WARM_UP_SECONDS = 10
# Open pages ask every two or three seconds: who is not heard by then is not there.
QUIET_SECONDS = 5
# How many releases stay: each is a hundred megabytes.
RELEASES = 3
ACCESS_LOG = Path("/var/log/nginx/access.log")


class DoesNotServe(Exception):
    pass


class IsWorse(DoesNotServe):
    def __str__(self) -> str:
        hint = "if that one is broken itself, --at-once leaves the trial out"
        return f"{super().__str__()} ({hint})"


class NoAnswer(Exception):
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
    parser = argparse.ArgumentParser(prog="front-row-switch", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("release", nargs="?", metavar="RELEASE")
    which.add_argument("--back", action="store_true", help="the one that served before, at once")
    parser.add_argument("--at-once", action="store_true", help="without the trial")
    options = parser.parse_args()
    if options.back and not (HOME / "previous").exists():
        print("No release has served before, so there is no way back.", file=sys.stderr)
        return 1
    release = (HOME / "previous").resolve().name if options.back else options.release
    return switch_to(release, is_tried=not (options.back or options.at_once))


def switch_to(release: str, *, is_tried: bool) -> int:
    """The exit status."""
    home = HOME / "releases" / release
    if not (home / ".installed").is_file():
        print(f"There is no whole release in {home}.", file=sys.stderr)
        return 1
    others = [unit for unit in units("front-row@*.service") if unit != unit_of(release)]
    if not others and is_current(home) and runs(unit_of(release)):
        print(f"{release} serves already: nothing to do.")
        return 0
    try:
        start(release)
        if is_tried and not is_current(home) and any(map(runs, others)):
            try_by_visitors(release)
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
    try:
        return answered(release)
    except NoAnswer:
        return False


def answered(release: str) -> bool:
    """Raises NoAnswer when nobody knows which release it was that has not answered."""
    connection = Connection("localhost", timeout=10)
    try:
        connection.connect()
        if connection.ask("/healthz") != (200, f"ok {release}"):
            return False
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(type(error).__name__) from None
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


def try_by_visitors(release: str) -> None:
    """Both serve on the one socket meanwhile. Over soon when nobody is there."""
    with contextlib.closing(Log(ACCESS_LOG)) as log:
        if not log.is_there:
            print(f"There is no {ACCESS_LOG}, so visitors did not try it.")
            return
        trial, began = Trial(release), time.monotonic()
        while (passed := time.monotonic() - began) < TRIAL_SECONDS:
            time.sleep(1)
            for answer in filter(None, map(Answer.of_line, log.new_lines())):
                trial.add(answer, is_timed=passed >= WARM_UP_SECONDS)
            if trial.fails:
                raise IsWorse(f"it fails its visitors: {trial}")
            if passed >= QUIET_SECONDS and not trial.has_visitors:
                print("Nobody visits, so visitors did not try it.")
                return
            # What takes requests and answers none is not in the log before nginx gives up.
            try:
                answered(release)
            except NoAnswer as problem:
                raise IsWorse(f"since it runs, requests get no answer ({problem})") from None
    if trial.is_slow:
        raise IsWorse(f"its visitors wait: {trial}")
    print(f"Visitors tried it: {trial}.")


def finish(release: str, others: list[str]) -> None:
    systemctl("enable", unit_of(release))
    served = (HOME / "current").resolve()
    if served.name != release and (served / ".installed").is_file():
        point("previous", served)
    point("current", HOME / "releases" / release)
    # Timers find the release by `current` when they are due.
    for unit in units("front-row-worker@*.service"):
        systemctl("restart", unit)
    for unit in others:
        systemctl("disable", "--now", unit)
    systemctl("reset-failed", "front-row@*.service")
    remove_old()


def remove_old() -> None:
    """Of the releases some stay: the one that serves, the one before, the newest besides; and what still runs."""
    homes = [home for home in (HOME / "releases").iterdir() if home.is_dir()]
    homes.sort(key=lambda home: home.stat().st_mtime, reverse=True)
    named = [(HOME / name).resolve() for name in ("current", "previous")]
    homes.sort(key=lambda home: home.resolve() not in named)
    running = commands()
    for home in homes[RELEASES:]:
        if not any(f"{home}/" in command for command in running):
            print(f"{home.name} is old and is removed.")
            shutil.rmtree(home)


def commands() -> list[str]:
    """Where each process of this machine works, and its command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            found.append(f"{(process / 'cwd').readlink()}/ {command}")
    return found


def point(name: str, home: Path) -> None:
    link = HOME / f"{name}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(home)
    link.replace(HOME / name)


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


def runs(unit: str) -> bool:
    return systemctl("is-active", "--quiet", unit)


def systemctl(*arguments: str) -> bool:
    return subprocess.run(["systemctl", *arguments], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
