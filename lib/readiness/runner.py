"""Asks all checks, within a bounded time."""

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from lib.http_client import Deadline
from lib.readiness.results import (
    Answers,
    Check,
    CheckLevel,
    CheckResult,
    error,
    not_applicable,
    registered,
)

logger = logging.getLogger(__name__)

# For everything that is asked of other servers. A probe of a stream takes 8 s at most.
SECONDS = 12.0
# A database that takes longer to say "1" is not asked for anything else.
DATABASE_SECONDS = 3.0


class CheckedItem(NamedTuple):
    check: str
    label: str
    result: CheckResult


def examine(at: datetime, only: Iterable[str] = ()) -> list[CheckedItem]:
    """Asks all checks, or those that are named. Raises nothing."""
    chosen = {name: each for name, each in registered.items() if not only or name in only}
    is_there = database_answers()
    found: dict[str, list[CheckResult]] = {name: [] for name in chosen}
    asked: list[tuple[str, Future[list[CheckResult]]]] = []
    for name, each in chosen.items():
        if each.needs_database and not is_there:
            text = _("Not looked at, because the database does not answer.")
            found[name].append(not_applicable(text))
            continue
        for answer in _answers(name, each.check, at):
            if callable(answer):
                asked.append((name, _in_thread(name, answer)))
            else:
                found[name].append(answer)
    deadline = Deadline(SECONDS)
    for name, future in asked:
        found[name] += _waited_for(future, deadline)
    return [
        CheckedItem(name, str(chosen[name].label), result)
        for name, results in found.items()
        for result in results
    ]


def exit_status(items: Iterable[CheckedItem]) -> int:
    """0: ready; 1: something is worth a look; 2: something is broken."""
    levels = {item.result.level for item in items}
    return 2 if CheckLevel.ERROR in levels else 1 if CheckLevel.WARNING in levels else 0


def database_answers() -> bool:
    """On a connection of its own and in a thread, because a frozen server never says no."""
    if connection.vendor == "sqlite":
        return _selects_one(connection)
    future: Future[bool] = Future()

    def ask() -> None:
        own = connection.copy()
        try:
            future.set_result(_selects_one(own))
        finally:
            own.close()

    threading.Thread(target=ask, daemon=True).start()
    try:
        return future.result(DATABASE_SECONDS)
    except TimeoutError:
        return False


def _selects_one(asked: BaseDatabaseWrapper) -> bool:
    try:
        with asked.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as broken:
        logger.warning("The database does not answer (%s).", type(broken).__name__)
        return False
    return True


def _answers(name: str, check: Check, at: datetime) -> Answers:
    try:
        yield from check(at)
    except Exception as broken:
        yield _failed(name, broken)


def _in_thread(name: str, ask: Callable[[], Iterable[CheckResult]]) -> Future[list[CheckResult]]:
    future: Future[list[CheckResult]] = Future()

    def run() -> None:
        try:
            future.set_result(list(ask()))
        except Exception as broken:
            future.set_result([_failed(name, broken)])

    threading.Thread(target=run, daemon=True).start()
    return future


def _waited_for(future: Future[list[CheckResult]], deadline: Deadline) -> list[CheckResult]:
    try:
        return future.result(max(deadline.left_seconds, 0))
    except TimeoutError:
        text = _("It took longer than %(count)d seconds.") % {"count": SECONDS}
        return [error(text, _("See whether that server answers, and run this again."))]


def _failed(name: str, broken: Exception) -> CheckResult:
    """Only the kind of the error: its text may quote an address or a secret."""
    logger.warning("The check %s failed: %s.", name, type(broken).__name__)
    text = _("The check itself failed (%(kind)s).") % {"kind": type(broken).__name__}
    return error(text, _("The log says more. Report it to who wrote this software."))
