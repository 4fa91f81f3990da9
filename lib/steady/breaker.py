"""A server that does not answer is left alone for a while, so that it delays one request, not all."""

import logging
import threading
import time

logger = logging.getLogger(__name__)


class Breaker:
    """Shared by the threads of a process. Open, it lets one through every `seconds`, to see whether
    the server is back. `failed_at` is of the monotonic clock.
    """

    def __init__(self, server: str, seconds: float) -> None:
        self.server, self.seconds = server, seconds
        self._lock = threading.Lock()
        self._open_until: float | None = None
        self.failed_at = float("-inf")

    @property
    def is_open(self) -> bool:
        return self._open_until is not None

    def lets_through(self) -> bool:
        """Who is let through says how it went."""
        until = self._open_until
        if until is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._open_until is None:
                return True
            if now < self._open_until:
                return False
            self._open_until = now + self.seconds
            return True

    def failed(self, why: BaseException) -> None:
        with self._lock:
            was_open, self.failed_at = self.is_open, time.monotonic()
            self._open_until = self.failed_at + self.seconds
        if not was_open:
            logger.warning("%s is away (%s); going on without.", self.server, type(why).__name__)

    def worked(self) -> None:
        if self._open_until is not None:
            with self._lock:
                self._open_until = None
            logger.warning("%s is back.", self.server)
