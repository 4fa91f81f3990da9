"""deploy/front-row-staging.sh: production's dump becomes the database of another machine, without its people."""

import contextlib
import os
import subprocess
import sys
from functools import partial
from urllib.parse import urlsplit

import psycopg2
import pytest

from lib.backups.tables import execute
from lib.backups.tests.clusters import BINARIES
from tools.process import on_free_port, temporary_directory
from tools.services import postgres
from tools.stack import PROJECT

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.walk]

# What the script finds on a machine, here without becoming another user and without systemd.
PROGRAMS = {
    "id": "echo 0",
    "runuser": 'shift 2; exec "$@"',
    "systemctl": 'echo "$1" >>{home}/systemctl.log',
    "front-row": """case "${{DATABASE_URL:-}}" in
    *frontrow_copy*) name=frontrow_copy ;;
    *) name=frontrow ;;
    esac
    export DATABASE_URL={server}/$name
    exec {python} {project}/manage.py "$@" """,
}

CONFERENCE = (
    "--timezone=UTC",
    "--starts=2026-11-21",
    "--ends=2026-11-22",
    "--domain=live.example.org",
)
# The dumps, and whether each was finished.
NEWEST = "2026-11-02T030000Z.dump"
NAMES = {"2026-11-01T030000Z.dump": True, NEWEST: True, "2026-11-03T030000Z.dump": False}


class Machine:
    """With a database that serves, and a dump of production in `dumps`."""

    def __init__(self, url, home):
        self.home, self.server = home, url.rpartition("/")[0]
        self.newest = home / "dumps" / NEWEST / "frontrow.dump"
        for folder in ("bin", "front-row", "systemd", "dumps"):
            (home / folder).mkdir()
        (home / "current").symlink_to("releases/abc")
        (home / "systemd" / "front-row-probe.timer").touch()
        for name, does in PROGRAMS.items():
            text = does.format(
                home=home, server=self.server, python=sys.executable, project=PROJECT
            )
            (home / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
            (home / "bin" / name).chmod(0o755)
        script = (PROJECT / "deploy" / "front-row-staging.sh").read_text()
        for theirs, ours in (
            ("/etc/front-row", "front-row"),
            ("/etc/systemd/system", "systemd"),
            ("/srv/front-row/current", "current"),
        ):
            script = script.replace(theirs, f"{home}/{ours}")
        (home / "staging.sh").write_text(script)
        parts = urlsplit(url)
        self.env = {
            "PGHOST": parts.hostname,
            "PGPORT": str(parts.port),
            "PGUSER": parts.username,
            "PGPASSWORD": parts.password,
            "PATH": f"{home}/bin:{BINARIES}:{os.environ['PATH']}",
            "REDIS_URL": "",
            "DEBUG": "on",
            "SECRET_KEY": "a-key-for-tests-alone-" * 3,
        }

    def run(self, *command, **env):
        return subprocess.run(command, env=self.env | env, capture_output=True, text=True)

    def manage(self, database, *words):
        done = self.run(
            *(sys.executable, PROJECT / "manage.py", *words),
            DATABASE_URL=f"{self.server}/{database}",
            DJANGO_SUPERUSER_PASSWORD="only-for-this-test",
        )
        assert done.returncode == 0, done.stderr

    def is_staging(self):
        settings = "HOST='staging.example.org'\nSUPERUSER='me@example.org'\n"
        (self.home / "front-row" / "staging").write_text(settings)

    def stage(self, path=None):
        return self.run("sh", self.home / "staging.sh", path or self.home / "dumps")

    def rows(self, database, statement):
        with contextlib.closing(psycopg2.connect(f"{self.server}/{database}")) as live:
            live.autocommit = True
            return execute(live, statement)

    def people(self):
        return {email for (email,) in self.rows("frontrow", "SELECT email FROM tickets_user")}

    def databases(self):
        return {name for (name,) in self.rows("postgres", "SELECT datname FROM pg_database")}

    def acts(self):
        return (self.home / "systemctl.log").read_text().split()


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with temporary_directory() as folder, contextlib.ExitStack() as stack:
        url = on_free_port(stack, partial(postgres, folder))
        made = Machine(url, tmp_path_factory.mktemp("machine"))
        for wanted in ("ROLE frontrow", "DATABASE frontrow", "DATABASE production"):
            made.run("psql", "--command", f"CREATE {wanted}", "postgres")
        for database in ("frontrow", "production"):
            made.manage(database, "migrate", "--verbosity=0")
        made.manage("production", "create_conference", "mycon", "--name=Mine", *CONFERENCE)
        made.manage("production", "createsuperuser", "--no-input", "--email=real@example.org")
        for name, is_whole in NAMES.items():
            dump = made.home / "dumps" / name / "frontrow.dump"
            dump.parent.mkdir()
            if is_whole:
                (dump.parent / "status").touch()
        made.run("pg_dump", "--format=custom", f"--file={made.newest}", "production")
        yield made


def test_a_machine_that_may_be_production_is_left_alone(machine):
    (machine.home / "front-row" / "staging").unlink(missing_ok=True)
    done = machine.stage()
    assert done.returncode == 1
    assert "does not say staging: true" in done.stderr
    assert machine.people() == set()


def test_what_serves_goes_on_when_the_dump_is_broken(machine):
    machine.is_staging()
    broken = machine.home / "broken.dump"
    broken.write_bytes(machine.newest.read_bytes()[:-50000])
    assert machine.stage(broken).returncode != 0
    assert machine.stage(machine.home / "nothing").returncode == 1
    assert "frontrow_copy" not in machine.databases()
    assert machine.people() == set()
    assert machine.acts()[-1] == "start"


def test_the_newest_whole_dump_comes_without_its_people(machine):
    machine.is_staging()
    for _time in range(2):
        done = machine.stage()
        assert done.returncode == 0, done.stderr
        [person, superuser] = sorted(machine.people(), key=lambda email: "me@" in email)
        assert person.endswith("@anonymous.invalid")
        assert superuser == "me@example.org"
        domains = machine.rows("frontrow", "SELECT domain FROM schedule_conference")
        assert domains == [("staging.example.org",)]
        assert "frontrow_copy" not in machine.databases()
        assert machine.acts()[-2:] == ["stop", "start"]
