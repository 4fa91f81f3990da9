"""How long the database is waited for: by who has another answer at hand, and by people for a lock."""

import contextlib
import math
import time
from collections.abc import Iterator
from contextvars import ContextVar

# Enough for every read of a page; a table that somebody has locked takes longer.
SECONDS = 1.0
# Who waits longer for a row or table that somebody has locked takes a thread from all the others.
LOCK_SECONDS = 4
_is_of_people = False
# Of the monotonic clock.
ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextlib.contextmanager
def impatient(seconds: float = SECONDS) -> Iterator[None]:
    """Waits so long for what is asked within, all together. Then OperationalError is raised."""
    token = ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        ends_at.reset(token)


def answer_people() -> None:
    """From now on this process gives up locks. Commands wait for them, however long."""
    global _is_of_people
    _is_of_people = True


def lock_seconds() -> int:
    """0: for ever, as PostgreSQL has it."""
    return LOCK_SECONDS if _is_of_people else 0
