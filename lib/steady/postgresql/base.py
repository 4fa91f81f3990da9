"""PostgreSQL that may be away or frozen.

A frozen server keeps its connections and says nothing, so neither its own timeouts nor those of TCP
end a wait. Whoever has waited SILENT_SECONDS therefore asks on a connection of its own whether it
still answers; if it does not, everybody stops waiting and the breaker opens. A long statement of a
server that answers is waited for, except by who is `impatient` (lib/steady/patience.py).
"""

import contextlib
import select
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import psycopg2
from django.db.backends.postgresql import base
from psycopg2 import extensions

from lib.steady.breaker import Breaker
from lib.steady.patience import at_most, ends_at, lock_seconds

# So long a page waits at most before it asks whether the server answers at all, and for that answer.
SILENT_SECONDS, ANSWER_SECONDS = 0.5, 0.8
CONNECT_SECONDS = 1.0
OPEN_SECONDS = 2.0
# How PostgreSQL itself begins to say why it gives no connection.
REFUSED = "FATAL:"
# Threads that wait look so often whether one of them has found out.
LOOK_EVERY_SECONDS = 0.2

breaker = Breaker("The database", OPEN_SECONDS)
_is_asking: ContextVar[bool] = ContextVar("is_asking", default=False)
_asking = threading.Lock()
_answered_at = float("-inf")


class DatabaseAway(psycopg2.OperationalError):
    """It was not asked, or did not answer in time."""


@contextlib.contextmanager
def _asking_whether_it_answers(seconds: float) -> Iterator[None]:
    token = _is_asking.set(True)
    try:
        with at_most(seconds):
            yield
    except psycopg2.Error as error:
        # Whoever has too many connections to give another has answered all the same.
        if REFUSED not in str(error):
            breaker.failed(error)
        raise
    finally:
        _is_asking.reset(token)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if seconds := lock_seconds():
            params["options"] = f"-c lock_timeout={seconds}s {params.get('options', '')}".strip()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        with _asking_whether_it_answers(CONNECT_SECONDS):
            return super().get_new_connection(conn_params)

    def _cursor(self, name: str | None = None) -> Any:
        with self.wrap_database_errors:
            try:
                self._be_let_through()
            except psycopg2.Error:
                self._end_transaction()
                raise
        return super()._cursor(name)  # type: ignore[misc]  # the stubs leave it out

    def _be_let_through(self) -> None:
        if not breaker.lets_through():
            raise DatabaseAway("The database is left alone for a moment.")
        if breaker.is_open:
            # A connection that was at rest may be one to a server that is frozen.
            _check_that_it_answers(self.get_connection_params())

    def _end_transaction(self) -> None:
        """The server does not know of a statement that it was not asked, and would commit all others."""
        if self.in_atomic_block and self.connection is not None:
            self.connection.close()

    def is_usable(self) -> bool:
        return not breaker.is_open and bool(super().is_usable())


def _check_that_it_answers(parameters: dict[str, Any]) -> None:
    """Raises DatabaseAway, and then the breaker is open. One thread asks for all."""
    global _answered_at
    asked_at = time.monotonic()
    with _asking:
        if breaker.failed_at > asked_at:
            raise DatabaseAway("The database does not answer.")
        if _answered_at > asked_at:
            return
        with _asking_whether_it_answers(ANSWER_SECONDS):
            try:
                with contextlib.closing(psycopg2.connect(**parameters)) as link:
                    link.cursor().execute("SELECT 1")
            except psycopg2.OperationalError as error:
                if REFUSED not in str(error):
                    raise
        _answered_at = time.monotonic()
        breaker.worked()


def _moves(link: Any, state: int) -> bool:
    """Within a while. Not by select(), which knows no more than 1,024 open files of a process."""
    waiting = select.poll()
    waiting.register(link, select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
    return bool(waiting.poll(1000 * LOOK_EVERY_SECONDS))


def _wait(link: Any) -> None:
    """psycopg2 calls this when it waits for the server, and closes the connection when it raises."""
    began_at = heard_at = time.monotonic()
    while (state := link.poll()) != extensions.POLL_OK:
        if _moves(link, state):
            continue
        now = time.monotonic()
        if breaker.failed_at > began_at:
            raise DatabaseAway("The database does not answer.")
        if not _is_asking.get() and now - heard_at > SILENT_SECONDS:
            _check_that_it_answers({"dsn": link.dsn, "password": link.info.password})
            heard_at = time.monotonic()
        if now > ends_at.get():
            raise DatabaseAway("It took too long.")


extensions.set_wait_callback(_wait)
