"""The units of deploy/systemd, as systemd reads them; `make deploy-check` runs them."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

from tools.deploy_check import MOST_EXPOSED
from tools.stack import PROJECT, QUEUES

UNITS = PROJECT / "deploy" / "systemd"
FAMILIES = ("front-row", "front-row@", "front-row-")
DEBIAN = Path("/lib/systemd/system")
BACKUPS = ("pg_basebackup@.service", "pg_dump@.service", "pg_receivewal@.service")
OURS = ("front-row-backup.service", "front-row-drill.service")
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A folder with the units where the playbook puts them."""
    root = tmp_path_factory.mktemp("root")
    folder = root / "etc" / "systemd" / "system"
    folder.mkdir(parents=True)
    for unit in UNITS.glob("front-row*"):
        shutil.copy(unit, folder)
    for family in FAMILIES:
        (folder / f"{family}.service.d").mkdir()
        shutil.copy(UNITS / "app.conf", folder / f"{family}.service.d")
    for service in (*BACKUPS, *OURS):
        (folder / f"{service}.d").mkdir()
        shutil.copy(UNITS / "backup.conf", folder / f"{service}.d")
        if service in BACKUPS and (DEBIAN / service).exists():
            shutil.copy(DEBIAN / service, folder)
    return root


@pytest.mark.parametrize("service", [*SERVICES, *BACKUPS])
def test_a_service_may_do_no_more_than_it_needs(machine, service):
    if service in BACKUPS and not (DEBIAN / service).exists():
        pytest.skip("needs Debian's postgresql-common")
    unit = service.replace("@.", "@mail.")
    threshold = f"--threshold={int(MOST_EXPOSED * 10)}"
    command = ["systemd-analyze", "security", "--offline=true", f"--root={machine}", threshold]
    done = subprocess.run([*command, "--no-pager", unit], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_every_timer_has_its_service():
    timers = {path.stem for path in UNITS.glob("*.timer")}
    oneshots = {
        path.stem for path in UNITS.glob("front-row-*.service") if "oneshot" in path.read_text()
    }
    assert timers == oneshots


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_fails_is_told(service):
    is_told = "\nOnFailure=front-row-alarm.service\n" in (UNITS / service).read_text()
    # The holder does nothing, and what tells cannot tell of itself.
    assert is_told == (service not in ("front-row.service", "front-row-alarm.service"))


@pytest.mark.parametrize("service", SERVICES)
def test_what_it_runs_is_there(service):
    commands = re.findall(r"manage\.py (\w+)", (UNITS / service).read_text())
    assert set(commands) <= get_commands().keys()


def test_no_unit_takes_back_where_its_release_lies():
    """What is in app.conf wins over the units, for all of them."""
    config = configparser.RawConfigParser(strict=False)
    config.optionxform = str
    config.read(UNITS / "app.conf")
    assert not {"WorkingDirectory", "ExecStart", "Type"} & set(config["Service"])


def test_the_playbook_runs_a_worker_for_each_queue():
    tasks = (PROJECT / "deploy/roles/app/tasks/services.yml").read_text()
    assert f"loop: [{', '.join(QUEUES)}]" in tasks


def test_the_playbook_puts_what_all_have_where_systemd_looks():
    variables = (PROJECT / "deploy/roles/app/vars/main.yml").read_text()
    assert f"app_families: [{', '.join(FAMILIES)}]" in variables


def test_the_inventory_has_ten_lines():
    assert len((PROJECT / "deploy/example-inventory.yml").read_text().splitlines()) == 10


def test_the_playbook_keeps_backups_in_their_sandbox():
    variables = (PROJECT / "deploy/roles/backups/vars/main.yml").read_text()
    assert re.findall(r"  - (.+)", variables) == [*OURS, *BACKUPS]
