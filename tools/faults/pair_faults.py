"""What can happen to one of two app servers, or on its way to the others."""

import contextlib
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager

from tools.cpu import children
from tools.faults.fault import Fault
from tools.faults.link import Link
from tools.faults.machines import Machines, send
from tools.faults.pair import pair

# One way of a packet, so that an answer takes twice as long. A page asks Redis twice.
SLOW_SECONDS = 0.05


@contextlib.contextmanager
def one_killed(machines: Machines) -> Iterator[None]:
    one = machines.pair[0]
    for pid in [one.process.pid, *children(one.process.pid)]:
        send(pid, signal.SIGKILL)
    try:
        yield
    finally:
        one.stop()
        one.start()


def one_frozen(machines: Machines) -> AbstractContextManager[None]:
    return machines.frozen(machines.pair[0].process.pid)


@contextlib.contextmanager
def parted(machines: Machines) -> Iterator[None]:
    one, other = machines.pair
    one.database.cut()
    other.redis.cut()
    try:
        yield
    finally:
        one.database.mend()
        other.redis.mend()


def redis_slow(machines: Machines) -> AbstractContextManager[None]:
    return slow([each.redis for each in machines.pair])


def postgres_slow(machines: Machines) -> AbstractContextManager[None]:
    return slow([each.database for each in machines.pair])


@contextlib.contextmanager
def slow(links: Collection[Link]) -> Iterator[None]:
    for link in links:
        link.delay = SLOW_SECONDS
    try:
        yield
    finally:
        for link in links:
            link.delay = 0.0


@contextlib.contextmanager
def deployed(machines: Machines) -> Iterator[None]:
    """One after the other is stopped, after what it has in hand, and starts anew."""
    for each in machines.pair:
        each.stop()
        each.start()
        time.sleep(1)
    yield


FAULTS = {
    "app-one-killed": Fault("one of two app servers killed", one_killed, before=pair),
    "app-one-frozen": Fault("one of two app servers frozen", one_frozen, before=pair),
    "app-parted": Fault(
        "one app server without the database, the other without Redis", parted, before=pair
    ),
    "redis-slow": Fault("Redis 0.1 s away", redis_slow, before=pair),
    "postgres-slow": Fault("PostgreSQL 0.1 s away", postgres_slow, before=pair),
    "deploy": Fault("a deploy, one app server after the other", deployed, before=pair),
}
