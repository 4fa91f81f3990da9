"""One sync of a shop at a time. The turn ends with the process that has it, however that ends."""

import contextlib
import fcntl
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from tickets.models import Shop

# Sets our locks apart from others' in the same database; any number will do.
_CLASS = 0x54696B
# Most turns are shorter; and PostgreSQL needs a moment to see that a process was killed.
WAIT_SECONDS = 5.0


class Busy(Exception):
    """Somebody else is at it."""

    def __init__(self) -> None:
        super().__init__(_("This shop is being asked already."))


@contextlib.contextmanager
def turn(shop: Shop) -> Iterator[None]:
    """Raises Busy when it does not come soon."""
    take = _in_database if connection.vendor == "postgresql" else _in_file
    with take(shop.pk):
        yield


@contextlib.contextmanager
def _in_database(number: int) -> Iterator[None]:
    """Held by the connection, over many transactions."""
    key = [_CLASS, number % 2**31]
    with connection.cursor() as cursor:
        # A machine that lost its power says no goodbye.
        cursor.execute("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10")

        def take() -> bool:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
            return bool(cursor.fetchone()[0])

        _wait_until(take)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


@contextlib.contextmanager
def _in_file(number: int) -> Iterator[None]:
    database = Path(connection.settings_dict["NAME"])
    folder = database.parent if database.is_file() else Path(tempfile.gettempdir())
    with (folder / f"front-row-shop-{number}.lock").open("w") as file:

        def take() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        _wait_until(take)
        yield


def _wait_until(take: Callable[[], bool]) -> None:
    """Raises Busy."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not take():
        if time.monotonic() >= deadline:
            raise Busy
        time.sleep(0.1)
