"""Runs what waits in the database (Django's Tasks), and what a killed worker has left of it.

A task that was interrupted is run again from its beginning, so every task must be harmless when it
runs twice.
"""

import logging
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.db.models import Q, QuerySet
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from lib.locks import Lock, held, is_held

logger = logging.getLogger(__name__)

QUEUES = ("mail", "default")
LOOK_EVERY_SECONDS = 0.2
CHECK_EVERY_SECONDS = 5.0
TIDY_EVERY_SECONDS = 60.0
# A task that takes its worker with it (out of memory) would do so for ever.
MOST_ATTEMPTS = 5
KEPT_FOR = timedelta(hours=1)
# Tells our workers from those of django-tasks-db's own command.
OURS = "worker-"


def run(queues: Sequence[str], threads: int, stop: threading.Event) -> None:
    """Work until `stop` is set, and then finish the tasks that are running.

    A database that goes away is waited for, and found by a worker with a new name: what the old one
    was doing may have been lost, and is rescued like anybody else's.
    """
    while not stop.is_set():
        try:
            close_old_connections()
            worker_id = new_worker_id()
            with held(worker_id) as lock:
                _work(worker_id, lock, queues, threads, stop)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database is away (%s); waiting for it.", type(error).__name__)
            stop.wait(1)


def _work(
    worker_id: str, lock: Lock, queues: Sequence[str], threads: int, stop: threading.Event
) -> None:
    """Returns when `stop` is set or a thread has ended, raises when the database is away."""
    # Together they look as often as one would alone.
    crew = [_Thread(worker_id, queues, LOOK_EVERY_SECONDS * threads) for _number in range(threads)]
    tidied_at = -TIDY_EVERY_SECONDS
    try:
        for thread in crew:
            thread.start()
        logger.info("Worker %s is ready for %s.", worker_id, ", ".join(queues))
        while not stop.is_set() and all(thread.is_alive() for thread in crew):
            lock.check()
            if time.monotonic() - tidied_at >= TIDY_EVERY_SECONDS:
                tidied_at = time.monotonic()
                rescue()
                forget(timezone.now())
            stop.wait(CHECK_EVERY_SECONDS)
    finally:
        for thread in crew:
            thread.worker.running = False
        for thread in crew:
            thread.join()


def new_worker_id() -> str:
    """Never used twice, so that what is dead stays dead. It names the lock that the worker holds."""
    return f"{OURS}{secrets.token_hex(8)}"


class _Thread(threading.Thread):
    def __init__(self, worker_id: str, queues: Sequence[str], interval: float) -> None:
        super().__init__(daemon=True)
        self.worker = Worker(
            queue_names=list(queues),
            interval=interval,
            batch=False,
            backend_name="default",
            startup_delay=True,
            max_tasks=None,
            worker_id=worker_id,
            excluded_queue_names=[],
        )

    def run(self) -> None:
        try:
            self.worker.run()
        except (OperationalError, InterfaceError):
            pass  # The main thread says so, and begins anew.
        except Exception:
            logger.exception("A thread of worker %s failed.", self.worker.worker_id)
        finally:
            connections.close_all()


def rescue() -> int:
    """Put back what was running when its worker died; returns how many tasks that were."""
    running = list(DBTaskResult.objects.running().only("pk", "worker_ids", "status"))
    # Nobody can know whether a worker that is not ours is dead.
    ours = {task.worker_ids[-1] for task in running if task.worker_ids[-1].startswith(OURS)}
    dead = {worker_id for worker_id in ours if not is_held(worker_id)}
    rescued = sum(_put_back(task) for task in running if task.worker_ids[-1] in dead)
    if rescued:
        logger.warning("Rescued %s tasks of workers that died.", rescued)
    return rescued


def _put_back(task: DBTaskResult[..., object]) -> int:
    values: dict[str, object] = {"status": TaskResultStatus.READY}
    if len(task.worker_ids) >= MOST_ATTEMPTS:
        logger.error("Task %s is given up: its worker died %s times.", task.pk, MOST_ATTEMPTS)
        values = {
            "status": TaskResultStatus.FAILED,
            "finished_at": timezone.now(),
            "exception_class_path": "builtins.SystemExit",
            "traceback": "Its worker died every time.",
        }
    return DBTaskResult.objects.running().filter(pk=task.pk).update(**values)


def forget(at: datetime) -> None:
    """Mails hold addresses and codes, so those that were sent go first."""
    is_sent_mail = Q(queue_name="mail", status=TaskResultStatus.SUCCESSFUL)
    (_done().filter(is_sent_mail) | finished(at - KEPT_FOR)).delete()


def finished(before: datetime) -> QuerySet[DBTaskResult[..., object]]:
    return _done().filter(finished_at__lt=before)


def _done() -> QuerySet[DBTaskResult[..., object]]:
    return DBTaskResult.objects.filter(
        status__in=[TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED]
    )
