"""What can happen on the day: each fault lasts as long as its `with` block."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its spelling
from redis import Redis

from tools.cpu import children
from tools.faults import disk_faults, pair_faults
from tools.faults.fault import Fault, as_it_is
from tools.faults.machines import Machines, send


def redis_killed(machines: Machines) -> AbstractContextManager[None]:
    return machines.stopped("redis", signal.SIGKILL)


@contextlib.contextmanager
def redis_restarted(machines: Machines) -> Iterator[None]:
    with machines.stopped("redis", signal.SIGTERM):
        pass
    yield


@contextlib.contextmanager
def redis_flushed(machines: Machines) -> Iterator[None]:
    with contextlib.closing(Redis.from_url(machines.redis_url)) as link:
        link.flushall()
    yield


def redis_frozen(machines: Machines) -> AbstractContextManager[None]:
    return machines.frozen(machines.redis)


def postgres_stopped(machines: Machines) -> AbstractContextManager[None]:
    return machines.stopped("postgres", signal.SIGINT)


def postgres_killed(machines: Machines) -> AbstractContextManager[None]:
    return machines.stopped("postgres", signal.SIGKILL)


@contextlib.contextmanager
def postgres_restarted(machines: Machines) -> Iterator[None]:
    with machines.stopped("postgres", signal.SIGINT):
        pass
    yield


def postgres_frozen(machines: Machines) -> AbstractContextManager[None]:
    return machines.frozen(machines.postgres)


@contextlib.contextmanager
def out_of_connections(machines: Machines) -> Iterator[None]:
    """Somebody else has them all, those of the app as well, which loses whatever it gets again."""
    held: list[Connection] = []
    is_over, has_all = threading.Event(), threading.Event()

    def take_all() -> None:
        while not is_over.wait(0.1):
            with contextlib.suppress(psycopg2.OperationalError):
                while not is_over.is_set():
                    held.append(machines.connect())
            has_all.set()
            with held[0].cursor() as cursor:
                ours = [link.info.backend_pid for link in held]
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND pid <> ALL(%s)",
                    [ours],
                )

    thread = threading.Thread(target=take_all)
    thread.start()
    has_all.wait()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        for each in held:
            each.close()


@contextlib.contextmanager
def read_only(machines: Machines) -> Iterator[None]:
    """As after a failover to a replica, or when the disk of the database is full."""
    _set_read_only(machines, "on")
    try:
        yield
    finally:
        _set_read_only(machines, "off")


def _set_read_only(machines: Machines, value: str) -> None:
    machines.run_sql(
        f"ALTER SYSTEM SET default_transaction_read_only = {value}", "SELECT pg_reload_conf()"
    )


@contextlib.contextmanager
def locked(machines: Machines) -> Iterator[None]:
    """A migration or somebody in psql holds what every page and every admission reads."""
    tables = ("schedule_conference", "schedule_programmerevision", "tickets_ticket", "tickets_user")
    with contextlib.closing(machines.connect()) as link, link.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextlib.contextmanager
def both_away(machines: Machines) -> Iterator[None]:
    with postgres_stopped(machines), redis_killed(machines):
        yield


@contextlib.contextmanager
def app_worker_killed(machines: Machines) -> Iterator[None]:
    """One after the other, each two seconds."""
    is_over = threading.Event()

    def kill() -> None:
        while not is_over.wait(2):
            for pid in machines.workers()[:1]:
                send(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def app_worker_frozen(machines: Machines) -> AbstractContextManager[None]:
    return machines.frozen(machines.workers()[0])


def app_killed(machines: Machines) -> AbstractContextManager[None]:
    return machines.app_killed()


def app_frozen(machines: Machines) -> AbstractContextManager[None]:
    """To nginx it looks as if the machine of the app were gone."""
    return machines.frozen(machines.site.gunicorn.pid)


@contextlib.contextmanager
def app_reloaded(machines: Machines) -> Iterator[None]:
    machines.site.gunicorn.send_signal(signal.SIGHUP)
    yield


@contextlib.contextmanager
def background_killed(machines: Machines) -> Iterator[None]:
    for process in machines.site.background:
        for pid in (process.pid, *children(process.pid)):
            send(pid, signal.SIGKILL)
    yield


def background_frozen(machines: Machines) -> AbstractContextManager[None]:
    return machines.frozen(*(process.pid for process in machines.site.background))


FAULTS: dict[str, Fault] = (
    {
        "nothing": Fault("nothing", as_it_is),
        "redis-killed": Fault("Redis killed", redis_killed),
        "redis-restarted": Fault("Redis restarted", redis_restarted),
        "redis-flushed": Fault("Redis emptied", redis_flushed),
        "redis-frozen": Fault("Redis frozen", redis_frozen),
        "postgres-stopped": Fault("PostgreSQL stopped", postgres_stopped),
        "postgres-killed": Fault("PostgreSQL killed", postgres_killed),
        "postgres-restarted": Fault("PostgreSQL restarted", postgres_restarted),
        "postgres-frozen": Fault("PostgreSQL frozen", postgres_frozen, 45),
        "postgres-full": Fault("PostgreSQL out of connections", out_of_connections),
        "postgres-read-only": Fault("PostgreSQL read-only", read_only),
        "postgres-locked": Fault("tables locked by somebody else", locked),
        "both-away": Fault("PostgreSQL and Redis away", both_away),
        "app-worker-killed": Fault("a process of the app killed, each 2 s", app_worker_killed),
        "app-worker-frozen": Fault("a process of the app frozen", app_worker_frozen, 45),
        "app-killed": Fault("all of the app killed", app_killed),
        "app-frozen": Fault("the whole app frozen", app_frozen),
        "app-reloaded": Fault("the app reloaded", app_reloaded),
        "background-frozen": Fault("the workers frozen", background_frozen),
        "background-killed": Fault("the workers killed", background_killed),
    }
    | pair_faults.FAULTS
    | disk_faults.FAULTS
)
