"""Locks with names: one at a time, waited for or not, and gone with who had them."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from lib import locks
from lib.locks import LockTaken, held, hold_until_commit, is_held, number_of

HOLD_AND_SAY_SO = """
import time
from lib.locks import held
with held("a lock"):
    print("held", flush=True)
    time.sleep(600)
"""


@contextlib.contextmanager
def held_elsewhere(name: str) -> Iterator[threading.Event]:
    """By another thread, until the event is set."""
    is_taken, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with held(name):
            is_taken.set()
            may_go.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert is_taken.wait(60)
        yield may_go
    finally:
        may_go.set()
        other.join()


def test_the_number_of_a_name_never_changes():
    assert number_of("a lock") == 5393124160961462881
    numbers = {number_of(f"lock {number}") for number in range(1000)}
    assert len(numbers) == 1000
    assert min(numbers) < 0 < max(numbers) < 2**63


@pytest.mark.django_db
def test_one_at_a_time():
    with held("a lock"):
        with pytest.raises(LockTaken), held("a lock"):
            pytest.fail("two have it")
        with held("another lock"):
            assert is_held("another lock")
        assert is_held("a lock")
    assert not is_held("a lock")
    with held("a lock"):
        pass


@pytest.mark.django_db
def test_what_fails_gives_it_back():
    with pytest.raises(ZeroDivisionError), held("a lock"):
        raise ZeroDivisionError
    assert not is_held("a lock")


@pytest.mark.django_db
def test_it_is_waited_for(monkeypatch):
    with held_elsewhere("a lock") as may_go:
        asked = []

        def sleep(_seconds: float) -> None:
            asked.append(is_held("a lock"))
            may_go.set()

        monkeypatch.setattr(locks.time, "sleep", sleep)
        with held("a lock", wait_seconds=60) as lock:
            lock.check()
    assert asked[0]


def test_a_file_that_its_holder_took_away_is_no_lock(monkeypatch, tmp_path):
    path = tmp_path / "a.lock"
    monkeypatch.setattr(locks, "_file_of", lambda name: path)
    lock, late = locks._InFile("a lock"), locks._InFile("a lock")
    assert lock.take()
    locked = locks._locks

    def the_holder_is_quicker(file, how):
        lock.give_back()
        return locked(file, how)

    with monkeypatch.context() as patched:
        patched.setattr(locks, "_locks", the_holder_is_quicker)
        assert not late.take()
    assert late.take()
    late.give_back()
    assert not path.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_ends_with_a_process_that_is_killed(monkeypatch, tmp_path):
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        # One that another process can see.
        file = tmp_path / "database.sqlite3"
        file.touch()
        monkeypatch.setitem(values, "NAME", str(file))
        url = f"sqlite:///{file}"
    else:
        user, password = values["USER"], quote(values["PASSWORD"], safe="")
        url = f"postgres://{user}:{password}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", HOLD_AND_SAY_SO],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        try:
            assert other.stdout.readline() == "held\n"
            assert is_held("a lock")
            with pytest.raises(LockTaken), held("a lock"):
                pytest.fail("two have it")
        finally:
            other.kill()
    # PostgreSQL needs a moment to see it.
    with held("a lock", wait_seconds=60):
        pass


@pytest.mark.services
@pytest.mark.django_db
def test_the_connection_of_others_stays_as_it_is():
    def value_of(name):
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            return cursor.fetchone()[0]

    names = ("tcp_keepalives_idle", "tcp_keepalives_interval")
    before = [value_of(name) for name in names]
    with held("a lock"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid = pg_backend_pid() FROM pg_locks"
            " WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [number_of("a lock")],
        )
        assert cursor.fetchall() == [(False,)]
        assert [value_of(name) for name in names] == before
    assert [value_of(name) for name in names] == before


@pytest.mark.services
@pytest.mark.django_db
def test_who_lost_it_is_told():
    with held("a lock") as lock:
        lock.check()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_locks"
                " WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = %s"
                # Other tests have databases of their own on the same server.
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                [number_of("a lock")],
            )
        for _time in range(2):
            with pytest.raises((OperationalError, InterfaceError)):
                lock.check()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_until_the_commit_of_what():
    with pytest.raises(transaction.TransactionManagementError):
        hold_until_commit("a lock")
    with transaction.atomic():
        hold_until_commit("a lock")
        hold_until_commit("a lock")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_until_the_commit_others_wait():
    refused = []

    def write() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = 100")
                hold_until_commit("another lock")
                hold_until_commit("a lock")
        except OperationalError as error:
            refused.append(error)
        finally:
            connections.close_all()

    def is_refused() -> bool:
        refused.clear()
        other = threading.Thread(target=write)
        other.start()
        other.join()
        return bool(refused)

    with transaction.atomic():
        hold_until_commit("a lock")
        assert is_refused()
    assert not is_refused()
    with transaction.atomic():
        hold_until_commit("a lock")
        transaction.set_rollback(True)
    assert not is_refused()
