"""How long the database is waited for: by who has another answer at hand, and by people for a lock."""

import contextlib
import logging
import math
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

logger = logging.getLogger(__name__)

# Enough for every read of a page; a table that somebody has locked takes longer.
SECONDS = 1.0
# Who waits longer for a row or table that somebody has locked takes a thread from all the others.
LOCK_SECONDS = 4
_is_of_people = False
# Everybody who watches may meet the same in the same second.
TELL_EVERY_SECONDS = 60
_told_at = float("-inf")
# Of the monotonic clock.
ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


def is_in_transaction() -> bool:
    """Other than the one that is around a test."""
    blocks: list[Any] = connection.atomic_blocks
    return any(not block._from_testcase for block in blocks)


def bearable() -> tuple[type[Exception], ...]:
    """The errors of the database after which one may go on with what was last known. In a transaction
    there are none: with the statement everything before it is lost, so that the whole act has to fail.
    """
    return () if is_in_transaction() else (DatabaseError, InterfaceError)


@contextlib.contextmanager
def impatient(seconds: float = SECONDS) -> Iterator[None]:
    """Waits so long for what is asked within, all together. Then OperationalError is raised, and what is
    asked after it gets a connection that works. The log tells of it, once a minute. In a transaction it
    waits like every other statement: to cut it would cost the whole act. Catch `bearable()`.
    """
    if is_in_transaction():
        yield
        return
    try:
        with at_most(seconds):
            yield
    except (DatabaseError, InterfaceError) as error:
        # The one that waited was cut.
        close_old_connections()
        _tell(error)
        raise


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Whatever waits longer for the database is cut, with its connection."""
    token = ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        ends_at.reset(token)


def _tell(error: Exception) -> None:
    global _told_at
    now = time.monotonic()
    if now - _told_at > TELL_EVERY_SECONDS:
        _told_at = now
        logger.warning(
            "The database did not say it (%s): what was last known is used.", type(error).__name__
        )


def answer_people() -> None:
    """From now on this process gives up locks. Commands wait for them, however long."""
    global _is_of_people
    _is_of_people = True


def lock_seconds() -> int:
    """0: for ever, as PostgreSQL has it."""
    return LOCK_SECONDS if _is_of_people else 0
