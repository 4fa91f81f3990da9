"""What a process keeps in its memory: read once a second, or once for each number of a revision.

Nothing here is dropped because a row changed: what is kept for a second is read again, and what is
kept for a number is not asked for any more when the number has grown.
"""

import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from lib.steady.patience import bearable, impatient

# A handful of conferences, each with the number before and after a change.
MOST_REVISIONS = 16

_for_a_second: "list[OnceASecond[Any]]" = []
_for_their_arguments: list[Callable[[], None]] = []


class OnceASecond[T]:
    """What a process reads from the database at most once a second, shared by its threads.

    While the database is away, or slow, the last answer stays; without one, and in a transaction, the
    error goes to the caller.
    """

    SECONDS = 1.0
    # How long those who ask meanwhile wait for the one who reads.
    WAIT_SECONDS = 0.5
    # After a failure, so that a table that somebody has locked makes one wait, not all.
    AGAIN_SECONDS = 2.0

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
        if not self._lock.acquire(timeout=-1 if value is None else self.WAIT_SECONDS):
            return cast("T", value)
        try:
            if self._value is None or time.monotonic() - self._read_at >= self.SECONDS:
                # The clock is read before the rows: what is younger is read again.
                began_at = time.monotonic()
                try:
                    self._value = self._read_impatiently()
                except bearable():
                    if self._value is None:
                        raise
                    began_at = time.monotonic() + self.AGAIN_SECONDS - self.SECONDS
                self._read_at = began_at
            return self._value
        finally:
            self._lock.release()

    def _read_impatiently(self) -> T:
        if self._value is None:
            return self._read()
        with impatient():
            return self._read()

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
