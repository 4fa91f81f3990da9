"""A sign that a worker lives, which ends with it however it ends: a lock that PostgreSQL frees when
the connection of its holder is gone, and with SQLite one that the system frees with the process.
"""

import contextlib
import fcntl
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from django.db import DatabaseError, InterfaceError, connection, connections, transaction


class Life(Protocol):
    worker_id: str

    def check(self) -> None:
        """Raises OperationalError when the lock is lost."""


class _InDatabase:
    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        # Of its own, because Django closes and reopens those that tasks use.
        self._connection = connections.create_connection("default")
        with self._connection.cursor() as cursor:
            # A machine that lost its power says no goodbye.
            cursor.execute("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10")
            cursor.execute("SELECT pg_advisory_lock(%s)", [int(worker_id)])

    def check(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def end(self) -> None:
        # Said, because the server notices only in a while that a connection was closed.
        with (
            contextlib.suppress(DatabaseError, InterfaceError),
            self._connection.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()


class _InFile:
    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        self._path = _file_of(worker_id)
        self._path.parent.mkdir(exist_ok=True)
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def check(self) -> None:
        """Nothing takes it away while the process lives."""

    def end(self) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


def new_worker_id() -> str:
    """Never used twice, so that what is dead stays dead. A number, as PostgreSQL's locks are."""
    return str(secrets.randbits(62))


@contextlib.contextmanager
def living(worker_id: str) -> Iterator[Life]:
    life = _InDatabase(worker_id) if connection.vendor == "postgresql" else _InFile(worker_id)
    try:
        yield life
    finally:
        life.end()


def is_dead(worker_id: str) -> bool:
    """Not for a worker that is not ours (django-tasks-db's own command): nobody can tell."""
    if not worker_id.isdecimal():
        return False
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int(worker_id)])
            return bool(cursor.fetchone()[0])
    try:
        with _file_of(worker_id).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _file_of(worker_id: str) -> Path:
    return Path(connection.settings_dict["NAME"]).parent / "workers" / f"{worker_id}.lock"
