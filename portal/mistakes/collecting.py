"""Takes our own mistakes out of the log, and writes them into the database from a thread of its own, on a
connection of its own: whoever made the mistake neither waits for that nor has it undone with what they did.
"""

import atexit
import logging
import sys
import threading
from types import TracebackType

from django.db import connection

from portal.models import Mistake
from portal.observing.logs import MistakeSeen, digest_of, is_of_visitor

logger = logging.getLogger(__name__)

# A storm of the same mistake is one write in this time, in each process.
WRITES_APART_SECONDS = 10.0
# Different ones that wait to be written. More than that are in the log alone.
MOST_WAITING = 50
# A program that ends waits so long for the database, and no longer.
LAST_WRITE_SECONDS = 3.0


class MistakesHandler(logging.Handler):
    """Remembers each mistake that is logged with its traceback, until the thread has written it. While
    the database is away they wait in memory.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.waiting: dict[str, tuple[MistakeSeen, int]] = {}
        # A signal handler that logs may come in between.
        self._guard = threading.RLock()
        self._something = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises: a mistake that cannot be kept is still in the log."""
        try:
            self._remember(record)
        except Exception:
            self.handleError(record)

    def _remember(self, record: logging.LogRecord) -> None:
        if not record.exc_info or not record.exc_info[0] or is_of_visitor(record.exc_info[1]):
            return
        digest = digest_of(record.exc_info)
        with self._guard:
            if digest in self.waiting:
                seen, times = self.waiting[digest]
                self.waiting[digest] = seen, times + 1
                return
            if len(self.waiting) >= MOST_WAITING:
                return
            self.waiting[digest] = MistakeSeen.of(record), 1
            # A process that was forked has none of the threads of its parent.
            if not self._ending.is_set() and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="mistakes", daemon=True)
                self._thread.start()
        self._something.set()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._something.wait()
            self._something.clear()
            try:
                self.write()
            finally:
                connection.close()
            self._ending.wait(WRITES_APART_SECONDS)
        self._end()

    def _end(self) -> None:
        """What came in since the last write."""
        self.write()
        connection.close()

    def write(self) -> None:
        """All that waits. What cannot be written goes on waiting."""
        with self._guard:
            waiting, self.waiting = self.waiting, {}
        try:
            for digest in list(waiting):
                Mistake.objects.note(digest, *waiting[digest])
                del waiting[digest]
            Mistake.objects.forget_the_oldest()
        except Exception as error:
            # Without the traceback, or it would come back here.
            logger.warning("Mistakes wait to be written: %s.", type(error).__name__)
            with self._guard:
                for digest, (seen, times) in waiting.items():
                    newer, more = self.waiting.get(digest, (seen, 0))
                    self.waiting[digest] = newer, times + more
            self._something.set()

    def finish(self) -> None:
        """At the end of a program."""
        self._ending.set()
        self._something.set()
        if self._thread and self._thread.is_alive():
            self._thread.join(LAST_WRITE_SECONDS)


def connect() -> None:
    """What pages, workers and commands log, and what ends a program."""
    handler = MistakesHandler()
    logging.getLogger().addHandler(handler)
    atexit.register(handler.finish)
    before = sys.excepthook

    def also_kept(
        kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:
        if issubclass(kind, Exception):
            info = (kind, error, where)
            handler.handle(logging.LogRecord("", logging.ERROR, "", 0, "", (), info))
        before(kind, error, where)

    sys.excepthook = also_kept
