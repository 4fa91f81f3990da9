"""A frozen PostgreSQL: a real one of these tests alone, stopped by a signal."""

import contextlib
import os
import resource
import signal
import threading
import time
from functools import partial
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from lib.steady import patience
from lib.steady.breaker import Breaker
from lib.steady.patience import impatient
from lib.steady.postgresql import base
from tools.cpu import children, name_of
from tools.faults.machines import send
from tools.process import on_free_port, temporary_directory
from tools.services import postgres

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.django_db]

# What is promised, with room for a machine that does other work.
MOST_SECONDS = 2.0


@pytest.fixture(scope="module")
def server():
    """Its address, and the pid of its main process."""
    before = set(children(os.getpid()))
    with temporary_directory() as directory, contextlib.ExitStack() as stack:
        url = on_free_port(stack, partial(postgres, directory))
        ours = [pid for pid in children(os.getpid()) if pid not in before]
        yield urlsplit(url), next(pid for pid in ours if name_of(pid) == "postgres")


@pytest.fixture
def make_link(server, monkeypatch):
    """Connections to it, each as one thread has it."""
    monkeypatch.setattr(base, "breaker", Breaker("The database", 0.5))
    monkeypatch.setattr(patience, "_told_at", float("-inf"))
    url, _pid = server
    place = {"HOST": url.hostname, "PORT": url.port, "PASSWORD": url.password, "NAME": "front_row"}
    with contextlib.ExitStack() as links:

        def make() -> base.DatabaseWrapper:
            link = base.DatabaseWrapper({**connection.settings_dict, **place})
            link.inc_thread_sharing()
            links.callback(link.close)
            return link

        yield make


@pytest.fixture
def frozen(server):
    @contextlib.contextmanager
    def freeze():
        pids = [server[1], *children(server[1])]
        for pid in pids:
            send(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                send(pid, signal.SIGCONT)

    return freeze


def ask(link, statement="SELECT 1"):
    with link.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def ask_once_it_is_back(link):
    """However busy the machine is."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return ask(link)
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def seconds_of(act, promises, what, most=MOST_SECONDS):
    began_at = time.monotonic()
    with pytest.raises(OperationalError):
        act()
    promises.check(what, time.monotonic() - began_at, most)


def test_one_waits_briefly_and_the_others_not_at_all(make_link, frozen, promises):
    first, second = make_link(), make_link()
    assert ask(first) == ask(second) == 1
    with frozen():
        seconds_of(lambda: ask(first), promises, "the first who asks a frozen database")
        assert base.breaker.is_open
        seconds_of(lambda: ask(second), promises, "those who come after", 0.1)
        time.sleep(0.6)
        # Let through, to see whether it is back; on a connection that was at rest.
        seconds_of(lambda: ask(second), promises, "who looks again")
    assert ask_once_it_is_back(make_link()) == 1
    assert not base.breaker.is_open


def test_who_waits_for_long_is_released_as_well(make_link, frozen, promises):
    patient, other = make_link(), make_link()
    ask(other)
    ended: list[float] = []

    def wait() -> None:
        began_at = time.monotonic()
        try:
            ask(patient, "SELECT 1 FROM pg_sleep(20)")
        except OperationalError:
            ended.append(time.monotonic() - began_at)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.2)
    with frozen():
        thread.join(10)
    assert ended, "it waits for as long as the database is frozen"
    promises.check("a long statement of a frozen database", ended[0], MOST_SECONDS + 0.2)


def test_a_long_statement_of_a_server_that_answers_is_waited_for(make_link):
    assert ask(make_link(), "SELECT 7 FROM pg_sleep(1.8)") == 7
    assert not base.breaker.is_open


def test_a_server_that_has_no_connection_left_is_not_away(make_link):
    """Whatever it says: a wrong password is quicker to have than a hundred connections."""
    link = make_link()
    link.settings_dict["PASSWORD"] = "wrong"  # noqa: S105
    base._check_that_it_answers(link.get_connection_params())
    with pytest.raises(OperationalError):
        ask(link)
    assert not base.breaker.is_open, "others have connections, and go on"
    link.settings_dict["PORT"] = 1
    with pytest.raises(psycopg2.OperationalError):
        base._check_that_it_answers(link.get_connection_params())
    assert base.breaker.is_open


def test_a_cursor_of_the_server_and_a_long_list_work(make_link):
    """As `dumpdata` uses them."""
    link = make_link()
    with link.chunked_cursor() as cursor:
        link.set_autocommit(False)
        cursor.execute("SELECT generate_series(1, 5000)")
        assert sum(1 for _row in cursor) == 5000


def test_who_is_impatient_does_not_wait_for_a_lock(make_link, promises):
    link = make_link()

    def read() -> None:
        with impatient(0.6):
            ask(link, "SELECT 7 FROM pg_sleep(5)")

    seconds_of(read, promises, "who is impatient", 1.5)
    assert not base.breaker.is_open, "the server itself answers"
    assert ask(make_link()) == 1


def test_what_is_asked_after_an_impatient_read_gets_a_connection(make_link, caplog):
    ours, link = connections["default"], make_link()
    connections["default"] = link
    try:
        for _time in range(2):
            with pytest.raises(OperationalError), impatient(0.3):
                ask(link, "SELECT 7 FROM pg_sleep(5)")
            assert ask(link) == 1
    finally:
        connections["default"] = ours
    assert caplog.text.count("what was last known is used") == 1


def test_who_answers_people_gives_up_a_lock_and_commands_wait(make_link, monkeypatch):
    command = make_link()
    assert ask(command, "SHOW lock_timeout") == "0"
    monkeypatch.setattr(patience, "_is_of_people", False)
    patience.answer_people()
    monkeypatch.setattr(patience, "LOCK_SECONDS", 1)
    page = make_link()
    page.settings_dict["OPTIONS"] = {**page.settings_dict["OPTIONS"], "options": "-c work_mem=5MB"}
    assert ask(page, "SHOW work_mem") == "5MB"
    ask(command, "SELECT pg_advisory_lock(1)")
    with pytest.raises(OperationalError, match="lock timeout"):
        ask(page, "SELECT pg_advisory_lock(1)")
    assert not base.breaker.is_open, "the server itself answers"


def test_a_transaction_that_is_cut_leaves_a_usable_connection(make_link, frozen):
    link = make_link()
    with pytest.raises(OperationalError), frozen():
        link.set_autocommit(False)
        ask(link)
    link.close()
    assert ask_once_it_is_back(link) == 1


def test_a_transaction_does_not_go_on_without_a_statement_that_was_not_asked(make_link):
    """Even if somebody has swallowed its error and the database is back before the end."""
    ours, link = connections["default"], make_link()
    ask(link, "CREATE TABLE half (done int); SELECT 1")
    connections["default"] = link
    try:
        with pytest.raises(InterfaceError), transaction.atomic():
            ask(link, "INSERT INTO half VALUES (1) RETURNING done")
            base.breaker.failed(OperationalError())
            with contextlib.suppress(OperationalError):
                ask(link, "INSERT INTO half VALUES (2) RETURNING done")
            base.breaker.worked()
    finally:
        connections["default"] = ours
    assert ask(make_link(), "SELECT count(*) FROM half") == 0


def test_a_process_may_hold_many_connections_of_visitors(make_link):
    """Not only 1,024, of which select() knows no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2048), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert ask(make_link()) == 1
    finally:
        for each in held:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nobody_listens(make_link, promises):
    link = make_link()
    link.settings_dict["PORT"] = 1
    seconds_of(lambda: ask(link), promises, "nobody listens", 0.5)
    seconds_of(lambda: ask(make_link()), promises, "and nobody asks again", 0.1)
