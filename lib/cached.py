"""What a process keeps in its memory: read once a second, or once for each number of a revision.

Nothing here is dropped because a row changed: what is kept for a second is read again, and what is
kept for a number is not asked for any more when the number has grown.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from django.db import DatabaseError

logger = logging.getLogger(__name__)

# A handful of conferences, each with the number before and after a change.
MOST_REVISIONS = 16

_for_a_second: "list[OnceASecond[Any]]" = []
_for_their_arguments: list[Callable[[], None]] = []


class OnceASecond[T]:
    """What a process reads from the database at most once a second, shared by its threads.

    While the database is away the last answer stays; without one the error goes to the caller.
    """

    SECONDS = 1.0

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._value: T | None = None
        self._read_at = float("-inf")
        _for_a_second.append(self)

    def __call__(self) -> T:
        value = self._value
        if value is not None and time.monotonic() - self._read_at < self.SECONDS:
            return value
        with self._lock:
            if self._value is None or time.monotonic() - self._read_at >= self.SECONDS:
                # The clock is read before the rows: what is younger is read again.
                began_at = time.monotonic()
                try:
                    self._value = self._read()
                except DatabaseError:
                    if self._value is None:
                        raise
                    logger.warning("The database is away; keeping what was last read.")
                self._read_at = began_at
            return self._value

    def age(self) -> None:
        self._read_at = float("-inf")

    def forget(self) -> None:
        self.age()
        self._value = None


def once_per_revision[T](read: Callable[[int, int], T]) -> Callable[[int, int], T]:
    """A function of an id and the number of its revision: the rows that it reads are kept until
    that number has grown. Who calls it reads the number first, so that what is kept is never older
    than its number.
    """
    return once_per_arguments(most=MOST_REVISIONS)(read)


def once_per_arguments[**P, T](*, most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function whose last answers are kept, `most` of them, one for each set of arguments.
    Threads share what is kept. Two that ask for the same at the same moment may both work.
    """

    def keep(function: Callable[P, T]) -> Callable[P, T]:
        kept = lru_cache(maxsize=most)(function)
        _for_their_arguments.append(kept.cache_clear)
        return cast("Callable[P, T]", kept)

    return keep


def let_a_second_pass() -> None:
    """For tests: what is kept for a second is read again when it is asked for."""
    for kept in _for_a_second:
        kept.age()


def clear() -> None:
    """For tests, whose rows are rolled back: nothing is kept any more."""
    for kept in _for_a_second:
        kept.forget()
    for forget in _for_their_arguments:
        forget()
