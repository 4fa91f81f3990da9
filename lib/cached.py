import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError

logger = logging.getLogger(__name__)


class OnceASecond[T]:
    """What a process reads from the database at most once a second, shared by its threads.

    While the database is away the last answer stays; without one the error goes to the caller.
    """

    SECONDS = 1.0
    instances: "list[OnceASecond[object]]" = []

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._value: T | None = None
        self._read_at = float("-inf")
        OnceASecond.instances.append(self)

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

    def forget(self) -> None:
        self._read_at = float("-inf")
        self._value = None
