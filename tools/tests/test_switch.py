"""deploy/switch.py with real releases: copies of the project, each served by its own gunicorn on one held
socket, while somebody asks for pages. In systemd's place stands what starts and stops these gunicorns.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from fnmatch import fnmatch

import pytest

from tools.process import run, temporary_directory
from tools.stack import PROJECT

sys.path.append(str(PROJECT / "deploy"))  # programs of the machine, no package of the project
import switch

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.walk]

PARTS = ("deploy", "lib", "portal", "schedule", "static", "streaming", "templates", "tickets")
WORKER = "front-row-worker@mail.service"


class Systemd:
    """What switch.py asks of systemctl, as systemd 257 does it for deploy/systemd/front-row@.service."""

    def __init__(self, home, env):
        self.home, self.env = home, env
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(switch.SOCKET)
        self.socket.listen(4096)
        self.running, self.enabled, self.restarted = {}, set(), []

    def systemctl(self, *arguments):
        verb, unit = arguments[0], arguments[-1]
        if verb == "start":
            return unit in self.running or self._start(unit)
        if verb == "is-active":
            return unit in self.running
        if verb == "restart":
            self.restarted.append((unit, os.readlink(self.home / "current")))
        elif verb == "enable":
            self.enabled.add(unit)
        elif verb == "disable":
            self.enabled.discard(unit)
        if verb == "stop" or "--now" in arguments:
            self._stop(unit)
        return True

    def units(self, pattern):
        return [unit for unit in (*self.running, WORKER) if fnmatch(unit, pattern)]

    def _start(self, unit):
        """Type=notify: until a worker says that it is ready, or the process has ended."""
        release = unit.removeprefix("front-row@").removesuffix(".service")
        notify = self.home / f"notify-{release}"
        notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as said:
            said.bind(str(notify))
            said.settimeout(0.1)
            gunicorn = (
                f"exec 3<&{self.socket.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec {sys.executable}"
                " -m gunicorn --config deploy/gunicorn.conf.py portal.wsgi:application"
            )
            with (self.home / f"{release}.log").open("ab") as log:
                process = subprocess.Popen(
                    ["bash", "-c", gunicorn],
                    cwd=self.home / "releases" / release,
                    env=self.env | {"NOTIFY_SOCKET": str(notify)},
                    pass_fds=[self.socket.fileno()],
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.running[unit] = process
            while process.poll() is None:
                with contextlib.suppress(TimeoutError):
                    return said.recv(64) == b"READY=1"
        del self.running[unit]
        return False

    def _stop(self, unit):
        process = self.running.pop(unit, None)
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait(40)

    def close(self):
        for unit in list(self.running):
            self._stop(unit)
        self.socket.close()


@pytest.fixture(scope="module")
def machine():
    with temporary_directory() as home, pytest.MonkeyPatch.context() as patch:
        environment = home / "env"
        environment.write_text(
            f"SECRET_KEY='{'for-tests-alone-' * 4}'\nALLOWED_HOSTS='live.example.org'\n"
            f"DATABASE_URL='sqlite:///{home}/site.sqlite3'\nTRUSTED_PROXIES='1'\n"
            f"EMAIL_URL='memorymail://'\nDEFAULT_FROM_EMAIL='live@example.org'\n"
        )
        plain = ("PATH", "HOME", "LANG")
        env = {name: os.environ[name] for name in plain if name in os.environ}
        env["ENV_FILE"] = str(environment)
        patch.setattr(switch, "HOME", home)
        patch.setattr(switch, "ENVIRONMENT", environment)
        patch.setattr(switch, "SOCKET", str(home / "app.sock"))
        patch.setattr(switch, "ACCESS_LOG", home / "access.log")
        for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "STATIC_ROOT", "MEDIA_ROOT"):
            patch.delenv(name, raising=False)
        systemd = Systemd(home, env)
        patch.setattr(switch, "systemctl", systemd.systemctl)
        patch.setattr(switch, "units", systemd.units)
        for release in ("one", "two"):
            install(systemd, release)
        conference = ["create_conference", "days", "--name=Days", "--timezone=Europe/Berlin"]
        conference += ["--starts=2026-11-21", "--ends=2026-11-22", "--domain=live.example.org"]
        for command in (["migrate"], conference):
            run([sys.executable, "manage.py", *command], cwd=home / "releases" / "one", env=env)
        with contextlib.closing(systemd):
            yield systemd


@pytest.fixture
def serving(machine, patched_argv):
    """Release one serves, and nothing else runs."""
    assert patched_argv("one") == 0
    machine.restarted.clear()
    return machine


@pytest.fixture
def patched_argv(monkeypatch):
    def switch_to(*words):
        monkeypatch.setattr(sys, "argv", ["front-row-switch", *words])
        return switch.main()

    return switch_to


def install(systemd, release):
    """As deploy/roles/app/tasks/release.yml."""
    home = systemd.home / "releases" / release
    for part in PARTS:
        shutil.copytree(
            PROJECT / part, home / part, ignore=shutil.ignore_patterns("__pycache__", "tests")
        )
    shutil.copy(PROJECT / "manage.py", home)
    (home / ".venv" / "bin").mkdir(parents=True)
    python = home / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    run([python, "manage.py", "collectstatic", "--no-input"], cwd=home, env=systemd.env)
    (home / ".installed").write_text(release)


@contextlib.contextmanager
def visitor():
    """The statuses and the seconds of all pages that somebody asks for meanwhile."""
    seen, enough = [], threading.Event()

    def visit():
        while not enough.is_set():
            began = time.monotonic()
            connection = switch.Connection("localhost", timeout=30)
            try:
                connection.connect()
                status, _text = connection.ask("/")
            except OSError as error:
                status = repr(error)
            finally:
                connection.close()
            seen.append((status, time.monotonic() - began))

    threads = [threading.Thread(target=visit) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def who_serves():
    connection = switch.Connection("localhost", timeout=10)
    connection.connect()
    try:
        return connection.ask("/healthz")[1]
    finally:
        connection.close()


def state(machine):
    """Which run, which are started at a boot, and what `current` names."""
    current = os.path.basename(os.readlink(machine.home / "current"))
    return sorted(machine.running), sorted(machine.enabled), current


ONE = (["front-row@one.service"], ["front-row@one.service"], "one")
TWO = (["front-row@two.service"], ["front-row@two.service"], "two")


def test_there_and_back_and_nobody_notices(serving, patched_argv, capfd):
    with visitor() as seen:
        assert patched_argv("two") == 0
        assert (state(serving), who_serves()) == (TWO, "ok two")
        assert patched_argv("--back") == 0
        assert (state(serving), who_serves()) == (ONE, "ok one")
    assert {status for status, _seconds in seen} == {200}
    assert len(seen) > 100
    homes = [str(serving.home / "releases" / name) for name in ("two", "one")]
    assert serving.restarted == [(WORKER, home) for home in homes]


def test_the_same_again_does_nothing(serving, patched_argv, capsys):
    before = dict(serving.running)
    assert patched_argv("one") == 0
    assert "nothing to do" in capsys.readouterr().out
    assert (serving.running, serving.restarted) == (before, [])


def test_what_was_stopped_in_the_middle_is_finished(serving, patched_argv):
    serving.systemctl("start", "front-row@two.service")
    assert patched_argv("one") == 0
    assert state(serving) == ONE


BROKEN = {
    "portal/wsgi.py": ("raise RuntimeError\n", "it did not start"),
    "templates/portal/home.html": ("{% broken %}", "/ was answered by 500"),
    ".installed": ("other", "it answered 0 times in"),
}


@pytest.mark.parametrize("file", BROKEN)
def test_what_does_not_serve_changes_nothing(serving, patched_argv, capfd, monkeypatch, file):
    monkeypatch.setattr(switch, "SECONDS", 3)
    text, reason = BROKEN[file]
    path = serving.home / "releases" / "two" / file
    before = path.read_text()
    path.write_text(text)
    try:
        assert patched_argv("two") == 1
    finally:
        path.write_text(before)
    said = capfd.readouterr().err
    assert f"two does not serve: {reason}" in said
    assert "Current stays one, and what served goes on" in said
    assert (state(serving), who_serves(), serving.restarted) == (ONE, "ok one", [])


def test_what_is_not_there_or_not_whole_is_not_tried(serving, patched_argv, capsys):
    (serving.home / "releases" / "half").mkdir(exist_ok=True)
    for release in ("half", "away", "../one"):
        assert patched_argv(release) == 1
        assert "There is no whole release in" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        patched_argv()
    assert state(serving) == ONE


def test_without_a_release_before_there_is_no_way_back(serving, patched_argv, capsys):
    (serving.home / "previous").unlink(missing_ok=True)
    assert patched_argv("--back") == 1
    assert "there is no way back" in capsys.readouterr().err
    assert state(serving) == ONE


def test_the_only_one_is_never_stopped(serving, patched_argv, monkeypatch):
    """When it is the database that does not answer, say."""
    serving.systemctl("start", "front-row@two.service")

    def fail(release):
        raise switch.DoesNotServe("/readyz was answered by 503")

    monkeypatch.setattr(switch, "start", fail)
    assert patched_argv("one") == 1
    assert "front-row@one.service" in serving.running
