"""Act: to another release and back while a thousand pages are open, and to one that fails its visitors, which goes
back by itself. The releases are copies of the one that serves, so that this is about the switch alone.
"""

import re
import time
from pathlib import Path

from tools.deploy_check.machine import Machine
from tools.deploy_check.visiting import Figures, visiting
from tools.deploy_check.watching import bring_programme
from tools.process import NotStarted

PAGES, FEWEST_REQUESTS = 1_000, 5_000
# How much longer than while nothing happens somebody may wait.
LONGER_SECONDS = 1
RELEASES = "/srv/front-row/releases"
COPY = """
set -eu
cd {releases}
cp --archive {old} {new}
sed -i s/{old}/{new}/g {new}/.venv/bin/gunicorn {new}/.venv/pyvenv.cfg
printf %s {new} >{new}/.installed
"""
# It answers what the switch asks for, and no page that visitors open now and then.
BROKEN = """
class Broken:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/speakers/":
            raise RuntimeError("broken, as it should be")
        return self.get_response(request)
"""


def upgrade(machine: Machine) -> None:
    bring_programme(machine)
    first, second, third = serving(machine), "0123456789ab", "ba9876543210"
    copy(machine, first, second)
    copy(machine, first, third)
    home = machine.root / RELEASES.lstrip("/") / third
    (home / "portal" / "broken.py").write_text(BROKEN)
    with (home / "portal/settings.py").open("a") as settings:
        settings.write('MIDDLEWARE.insert(2, "portal.broken.Broken")\n')
    with visiting(machine, PAGES) as visits:
        time.sleep(8)
        with visits.counted("nothing happens") as quiet:
            time.sleep(8)
        with visits.counted("to another release") as there:
            machine.run("front-row-switch", second)
        see_serving(machine, second)
        with visits.counted("to what fails its visitors") as failing:
            see_refused(machine, third)
        see_serving(machine, second)
        with visits.counted("the way back") as back:
            machine.run("front-row-switch", "--back")
        see_serving(machine, first)
    see_nobody_noticed([quiet, there, back], failing)


def copy(machine: Machine, old: str, new: str) -> None:
    machine.run("sh", "-c", COPY.format(releases=RELEASES, old=old, new=new))


def see_refused(machine: Machine, release: str) -> None:
    try:
        machine.run("front-row-switch", release)
    except NotStarted as problem:
        said = re.search(rf"{release} does not serve: it fails its visitors: [^(\n]+", str(problem))
        if not said:
            raise
        print(f"         said: {said[0]}", flush=True)
    else:
        raise NotStarted(f"{release} fails its visitors, and serves")


def see_nobody_noticed(ordinary: list[Figures], failing: Figures) -> None:
    """Of a release that fails some of its pages these pages, and nothing besides."""
    asked = sum(len(part.samples) for part in ordinary)
    failed = [sample for part in ordinary for sample in part.failed]
    failed += [sample for sample in failing.failed if sample[::2] != ("/speakers/", 500)]
    if failed or asked < FEWEST_REQUESTS:
        raise NotStarted(f"{len(failed)} of {asked} requests failed: {failed[:20]}")
    quiet, *upgrades = (part.longest for part in ordinary)
    most = max(upgrades)
    if most > quiet + LONGER_SECONDS or failing.longest > max(quiet, most) + LONGER_SECONDS:
        raise NotStarted(
            f"somebody waited for {most:.2f} s in an upgrade and for {failing.longest:.2f} s when one went back;"
            f" while nothing happens it is {quiet:.2f} s"
        )


def serving(machine: Machine) -> str:
    return Path(machine.run("readlink", "/srv/front-row/current").strip()).name


def see_serving(machine: Machine, release: str) -> None:
    running = machine.run("systemctl", "list-units", "--plain", "--no-legend", "front-row@*")
    units = [line.split()[0] for line in running.splitlines()]
    if serving(machine) != release or units != [f"front-row@{release}.service"]:
        raise NotStarted(f"{release} should serve, but {serving(machine)} does; running: {units}")
