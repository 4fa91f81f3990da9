"""Locks with names, which end with the process that has them, however that ends.

With PostgreSQL they are its advisory locks, and hold between machines. SQLite's file is used on one
machine: there a lock for long work is a file that the system locks, and a transaction is alone with
the database anyway.
"""

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, TextIO
from urllib.parse import quote

from django.db import DatabaseError, InterfaceError, connection, connections, transaction

ASK_EVERY_SECONDS = 0.1


class LockTaken(Exception):
    """Somebody else has the lock."""


class Lock(Protocol):
    def check(self) -> None:
        """Raises OperationalError or InterfaceError when the lock is lost."""


def number_of(name: str) -> int:
    """PostgreSQL knows its advisory locks by numbers of 64 bits."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


@contextlib.contextmanager
def held(name: str, *, wait_seconds: float = 0) -> Iterator[Lock]:
    """Holds a lock for long work, over many transactions. Raises LockTaken when somebody else has
    it, and after so many seconds still has.
    """
    lock = _InDatabase(name) if connection.vendor == "postgresql" else _InFile(name)
    try:
        deadline = time.monotonic() + wait_seconds
        while not lock.take():
            if time.monotonic() >= deadline:
                raise LockTaken(name)
            time.sleep(ASK_EVERY_SECONDS)
        yield lock
    finally:
        lock.give_back()


def is_held(name: str) -> bool:
    return _is_held_in_database(name) if connection.vendor == "postgresql" else _is_locked(name)


def hold_until_commit(name: str) -> None:
    """A writer waits for whoever has it, and has it until the transaction ends. With SQLite the
    transaction itself has waited for all others that write (`transaction_mode` IMMEDIATE).
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("This lock ends with a transaction.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number_of(name)])


class _InDatabase:
    """On a connection of its own: Django closes and reopens the others, and PostgreSQL notices the
    death of a process sooner where it is not in the middle of a statement.
    """

    def __init__(self, name: str) -> None:
        self._number = number_of(name)
        self._connection = connections.create_connection("default")

    def take(self) -> bool:
        with self._connection.cursor() as cursor:
            # A machine that lost its power says no goodbye.
            cursor.execute("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10")
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._number])
            return bool(cursor.fetchone()[0])

    def check(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def give_back(self) -> None:
        # Said, because the server notices only in a while that a connection was closed.
        with (
            contextlib.suppress(DatabaseError, InterfaceError),
            self._connection.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()


def _is_held_in_database(name: str) -> bool:
    """Looks without trying, so that nobody who tries is in the way of somebody who looks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (classid::bigint << 32 | objid::bigint) = %s)",
            [number_of(name)],
        )
        return bool(cursor.fetchone()[0])


class _InFile:
    def __init__(self, name: str) -> None:
        self._path = _file_of(name)
        self._file: TextIO | None = None

    def take(self) -> bool:
        self._path.parent.mkdir(exist_ok=True)
        file = self._path.open("w")
        if _locks(file, fcntl.LOCK_EX) and _is_at(self._path, file):
            self._file = file
            return True
        file.close()
        return False

    def check(self) -> None:
        """Nothing takes it away while the process lives."""

    def give_back(self) -> None:
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()


def _is_locked(name: str) -> bool:
    try:
        with _file_of(name).open() as file:
            return not _locks(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _locks(file: TextIO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: Path, file: TextIO) -> bool:
    """Whether it is the file that others find there: who had the lock took away theirs."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _file_of(name: str) -> Path:
    database, file = Path(connection.settings_dict["NAME"]), f"{quote(name, safe='')}.lock"
    if database.is_file():
        return database.parent / "locks" / file
    # A database in memory is of this process alone.
    return Path(tempfile.gettempdir(), f"{os.getpid()}-{file}")
