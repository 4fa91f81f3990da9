"""`migrate`, beside a site that is being used.

A statement that has to wait for a table makes everybody wait who comes after it, also those who only
read. So on PostgreSQL it waits for half a second, lets them all through and tries again later. What
was applied stays; the migration that waited is taken back whole.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

LOCK_TIMEOUT = "500ms"
LOCK_NOT_AVAILABLE = "55P03"
# Seconds between the tries, a quarter of an hour in all.
PAUSES = (1, 2, 4, 8, *repeat(15, 59))


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.execute_wrapper(_in_nobodys_way), _lock_timeout(connection):
            for pause in chain(PAUSES, [None]):
                try:
                    super().handle(*args, **options)
                    return
                except OperationalError as error:
                    if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
                        raise
                self._wait(connection, pause)

    def _wait(self, connection: BaseDatabaseWrapper, pause: float | None) -> None:
        users = ", ".join(_who_uses_tables(connection)) or "nobody any more"
        problem = f"A table that has to change is in use. Transactions that are open: {users}."
        if pause is None:
            raise CommandError(
                f"{problem} Nothing is half done. End the oldest, for example with SELECT"
                " pg_terminate_backend(PROCESS), and run this again."
            )
        self.stderr.write(f"\n{problem} All others may go on; the next try is in {pause} seconds.")
        time.sleep(pause)


@contextmanager
def _lock_timeout(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def _in_nobodys_way(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """CONCURRENTLY may wait as long as it likes, and leaves a broken index where it may not. And a
    table is not altered while triggers wait for the commit with what the migration did to its rows.
    """

    def say(statement: str) -> None:
        execute(statement, None, False, context)

    if "CONCURRENTLY" in sql:
        say("SET lock_timeout = 0")
        try:
            return execute(sql, params, many, context)
        finally:
            say(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    if context["connection"].in_atomic_block and sql.startswith(("ALTER ", "CREATE ", "DROP ")):
        say("SET CONSTRAINTS ALL IMMEDIATE")
        say("SET CONSTRAINTS ALL DEFERRED")
    return execute(sql, params, many, context)


def _who_uses_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The three sessions that have held tables of this database for longest; no word of what they do,
    which may name a person.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, usename, application_name, extract(epoch FROM now() - xact_start)::int"
            " FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid IN ("
            "  SELECT pid FROM pg_locks WHERE locktype = 'relation' AND granted"
            "  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
            " ORDER BY xact_start LIMIT 3"
        )
        return [
            f"process {pid} of {user}{f' ({program})' if program else ''}"
            f" {f'for {seconds} s' if seconds is not None else ''}".rstrip()
            for pid, user, program, seconds in cursor.fetchall()
        ]
