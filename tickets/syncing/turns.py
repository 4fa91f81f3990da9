"""One sync of a shop at a time. The turn ends with the process that has it, however that ends."""

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from tickets.models import Shop

# Sets our locks apart from others' in the same database; any number will do.
_CLASS = 0x54696B


class Busy(Exception):
    """Somebody else is at it."""

    def __init__(self) -> None:
        super().__init__(_("This shop is being asked already."))


@contextlib.contextmanager
def turn(shop: Shop) -> Iterator[None]:
    """Raises Busy at once."""
    take = _in_database if connection.vendor == "postgresql" else _in_file
    with take(shop.pk):
        yield


@contextlib.contextmanager
def _in_database(number: int) -> Iterator[None]:
    """Held by the connection, over many transactions."""
    key = [_CLASS, number % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            raise Busy
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
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield
