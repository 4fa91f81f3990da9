"""The processes of a site, and what can be done to them."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its spelling
from redis import Redis, RedisError

from tools.cpu import children
from tools.process import NotStarted, answers, unprivileged_user
from tools.services import redis_command
from tools.stack import PROJECT, Stack

if TYPE_CHECKING:
    from tools.faults.pair import AppServer

START_SECONDS = 30


class Machines:
    """`postgres` and `redis` are the pids of their main processes, also after a new start. `pair` are two
    app servers for as long as there are two (tools/faults/pair.py).
    """

    def __init__(self, site: Stack) -> None:
        self.site = site
        self.database_url, self.redis_url = site.env["DATABASE_URL"], site.env["REDIS_URL"]
        with contextlib.closing(self.connect()) as link, link.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            pid_file = Path(cursor.fetchone()[0]) / "postmaster.pid"
        self.postgres = int(pid_file.read_text().split()[0])
        with contextlib.closing(Redis.from_url(self.redis_url)) as redis:
            self.redis = int(redis.info("server")["process_id"])
        self.pair: list[AppServer] = []
        self._started: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        for process in self._started:
            process.send_signal(signal.SIGINT)
            process.wait()

    def connect(self) -> Connection:
        made = psycopg2.connect(self.database_url)
        made.autocommit = True
        return made

    def run_sql(self, *statements: str) -> None:
        with contextlib.closing(self.connect()) as link, link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def workers(self) -> list[int]:
        """The processes of gunicorn that answer."""
        return list(children(self.site.gunicorn.pid))

    @contextlib.contextmanager
    def frozen(self, *roots: int) -> Iterator[None]:
        """With their children, those that begin meanwhile as well: none can."""
        pids = [pid for root in roots for pid in (root, *children(root))]
        for pid in pids:
            send(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                send(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def stopped(self, name: str, how: signal.Signals) -> Iterator[None]:
        """Ends it by a signal, and starts it again as it was started."""
        pid = getattr(self, name)
        binary, folder = (Path(f"/proc/{pid}/{link}").readlink() for link in ("exe", "cwd"))
        command: list[Any] = [binary, "-D", folder]
        if name == "redis":
            # Debian's is one program with several names.
            command = redis_command("redis-server", folder / "redis.sock")
        pids = [pid, *children(pid)] if how == signal.SIGKILL else [pid]
        for each in pids:
            send(each, how)
        _wait_for_end(pid)
        try:
            yield
        finally:
            started = subprocess.Popen(
                command,
                executable=binary,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                **unprivileged_user(),
            )
            self._started.append(started)
            setattr(self, name, started.pid)
            self._wait_until_it_answers(name)

    @contextlib.contextmanager
    def app_killed(self) -> Iterator[None]:
        """All of gunicorn, as if its machine had lost its power."""
        old = self.site.gunicorn
        for pid in [old.pid, *children(old.pid)]:
            send(pid, signal.SIGKILL)
        old.wait()
        try:
            yield
        finally:
            address = self.site.log.parent / "app.sock"
            self.site.gunicorn = subprocess.Popen(
                old.args,
                cwd=PROJECT,
                env={**self.site.env, "GUNICORN_BIND": f"unix:{address}"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._started.append(self.site.gunicorn)
            _wait_until(lambda: answers(str(address)), "gunicorn did not start again")

    def _wait_until_it_answers(self, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if name == "postgres":
                    self.run_sql("SELECT 1")
                else:
                    with contextlib.closing(Redis.from_url(self.redis_url)) as link:
                        link.ping()
                return
            except (psycopg2.Error, RedisError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def send(pid: int, how: signal.Signals) -> None:
    """A process that has ended meanwhile needs no signal."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)


def _wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise NotStarted(otherwise)
        time.sleep(0.02)


def _wait_for_end(pid: int) -> None:
    """A child of ours that has ended stays, as a zombie, until we have looked: a new PostgreSQL would
    take it for one that runs.
    """

    def has_ended() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        return state == "Z"

    _wait_until(has_ended, f"process {pid} did not end")
