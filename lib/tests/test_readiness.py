import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection

from lib.readiness import results, runner
from lib.readiness.results import CheckLevel, error, not_applicable, ok, warning
from lib.readiness.runner import examine, exit_status

AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(results, "registered", {})
    monkeypatch.setattr(runner, "registered", results.registered)
    return results.register


def levels_found(**options):
    return [(item.check, item.result.level) for item in examine(AT, **options)]


def test_results_come_in_the_order_of_the_checks(db, registered):
    registered("asks", "Asks", lambda at: iter([lambda: [ok("a")]]))
    registered("reads", "Reads", lambda at: iter([warning("b", "do"), not_applicable("c")]))
    assert levels_found() == [
        ("asks", CheckLevel.OK),
        ("reads", CheckLevel.WARNING),
        ("reads", CheckLevel.NOT_APPLICABLE),
    ]
    assert levels_found(only=["asks"]) == [("asks", CheckLevel.OK)]


def test_a_check_that_breaks_says_so_and_quotes_nothing(db, registered):
    def broken(at):
        yield ok("first")
        raise ValueError("ada@example.org has the password hunter2")

    def asks():
        raise OSError("hunter2")

    registered("broken", "Broken", broken)
    registered("asks", "Asks", lambda at: iter([asks]))
    registered("good", "Good", lambda at: iter([ok("fine")]))
    items = examine(AT)
    assert [item.result.level for item in items] == ["ok", "error", "error", "ok"]
    assert "hunter2" not in str(items)
    assert "ValueError" in items[1].result.text


def test_one_that_hangs_holds_up_nobody(db, registered, monkeypatch):
    monkeypatch.setattr(runner, "SECONDS", 0.05)
    never, both = threading.Event(), threading.Barrier(2, timeout=5)

    def together():
        both.wait()
        return [ok("side by side")]

    registered("hangs", "Hangs", lambda at: iter([lambda: never.wait(20) and []]))
    registered("one", "One", lambda at: iter([together]))
    registered("other", "Other", lambda at: iter([together]))
    began = time.monotonic()
    levels = dict(levels_found())
    never.set()
    assert levels["hangs"] == CheckLevel.ERROR
    assert time.monotonic() - began < 15  # not the 20 s


def test_without_a_database_nobody_waits_for_it(db, registered, monkeypatch):
    monkeypatch.setattr(runner, "database_answers", lambda: False)
    registered("rows", "Rows", lambda at: 1 / 0)
    registered("disk", "Disk", lambda at: iter([ok("fine")]), needs_database=False)
    assert levels_found() == [("rows", CheckLevel.NOT_APPLICABLE), ("disk", CheckLevel.OK)]


@pytest.mark.services
def test_a_frozen_database_is_given_up(db, monkeypatch):
    def hangs(_connection):
        threading.Event().wait(2)
        return True

    monkeypatch.setattr(runner, "_selects_one", hangs)
    monkeypatch.setattr(runner, "DATABASE_SECONDS", 0.05)
    assert connection.vendor == "postgresql"
    assert not runner.database_answers()


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([ok("a"), not_applicable("b")], 0),
        ([ok("a"), warning("b", "c")], 1),
        ([error("a", "b"), warning("b", "c")], 2),
    ],
)
def test_the_status_is_that_of_the_worst(found, status):
    assert exit_status([runner.CheckedItem("x", "X", each) for each in found]) == status
