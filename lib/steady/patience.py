"""How long the database is waited for by who has another answer at hand."""

import contextlib
import math
import time
from collections.abc import Iterator
from contextvars import ContextVar

# Enough for every read of a page; a table that somebody has locked takes longer.
SECONDS = 1.0
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
