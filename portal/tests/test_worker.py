"""Nothing that waits in the queue is lost, whatever happens to the worker."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.tasks import TaskResultStatus
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import make_conference
from lib.locks import held
from portal.worker import MOST_ATTEMPTS, forget, new_worker_id, rescue
from tickets.accounts.tests.signing_in import CODE, ask_for_code, code_in, signed_in_as
from tickets.mail.mailing import post
from tickets.mail.tests.fake_relay import FakeRelay, fake_relay


@pytest.fixture(autouse=True)
def _tasks_wait(settings):
    settings.TASKS = {
        "default": {
            "BACKEND": "django_tasks_db.DatabaseBackend",
            "QUEUES": ["mail", "default"],
        }
    }


def post_one(conference, to: str = "a@example.com"):
    post(to=to, subject="Hello", body="Come in.", conference=conference)
    return DBTaskResult.objects.latest("enqueued_at")


def test_a_mail_waits_until_its_transaction_is_committed(conference):
    task = post_one(conference)
    assert (task.status, task.queue_name) == (TaskResultStatus.READY, "mail")
    assert task.task_path == "tickets.mail.mailing.send"


def test_what_a_dead_worker_was_doing_is_put_back(conference):
    task = post_one(conference)
    task.claim(new_worker_id())
    assert rescue() == 1
    task.refresh_from_db()
    assert task.status == TaskResultStatus.READY


def test_what_a_living_worker_is_doing_is_left_alone(conference):
    task = post_one(conference)
    worker_id = new_worker_id()
    with held(worker_id) as lock:
        task.claim(worker_id)
        assert rescue() == 0
        lock.check()
    assert rescue() == 1


def test_what_somebody_elses_worker_is_doing_is_left_alone(conference):
    post_one(conference).claim("wQbkXwaTfV0aPm1hwfrmZ8jzDQRhnMCF")
    assert rescue() == 0


def test_a_task_that_kills_its_workers_is_given_up(conference):
    task = post_one(conference)
    for _time in range(MOST_ATTEMPTS):
        task.claim(new_worker_id())
    rescue()
    task.refresh_from_db()
    assert task.status == TaskResultStatus.FAILED
    assert "died" in task.traceback


def test_sent_mails_are_forgotten_at_once_and_other_work_after_an_hour(conference):
    now = timezone.now()
    kept = {
        ("mail", TaskResultStatus.READY, None),
        ("mail", TaskResultStatus.FAILED, now),
        ("default", TaskResultStatus.SUCCESSFUL, now),
    }
    gone = {
        ("mail", TaskResultStatus.SUCCESSFUL, now),
        ("mail", TaskResultStatus.FAILED, now - timedelta(minutes=61)),
        ("default", TaskResultStatus.SUCCESSFUL, now - timedelta(minutes=61)),
    }
    for queue, status, finished_at in kept | gone:
        task = post_one(conference)
        DBTaskResult.objects.filter(pk=task.pk).update(
            queue_name=queue, status=status, finished_at=finished_at
        )
    forget(now)
    left = DBTaskResult.objects.values_list("queue_name", "status", "finished_at")
    assert set(left) == kept


def test_without_has_worker_there_is_nothing_to_do(settings):
    settings.HAS_WORKER = False
    with pytest.raises(CommandError, match="HAS_WORKER is off"):
        call_command("worker")


@contextlib.contextmanager
def running_worker(relay: FakeRelay):
    name = settings.DATABASES["default"]["NAME"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    variables = {"DATABASE_URL": url, "HAS_WORKER": "on", "EMAIL_URL": relay.url}
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker", "--queue", "mail", "--threads", "2"],
        cwd=settings.BASE_DIR,
        env=os.environ | variables,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.services
def test_a_killed_worker_loses_nothing(transactional_db):
    conference = make_conference()
    with fake_relay() as relay:
        relay.may_go_on.clear()
        with running_worker(relay) as worker:
            post_one(conference, "first@example.com")
            assert relay.has_mail.wait(60)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING
        relay.may_go_on.set()
        relay.received.clear()
        with running_worker(relay):
            unfinished = DBTaskResult.objects.exclude(status=TaskResultStatus.SUCCESSFUL)
            wait_until(lambda: not unfinished.exists())
        assert relay.received[-1]["To"] == "first@example.com"


@pytest.mark.services
def test_a_login_code_leaves_soon_and_not_in_the_request(transactional_db, client):
    make_conference()
    with fake_relay() as relay, running_worker(relay):
        ask_for_code(Client(), "first@example.com")
        wait_until(lambda: relay.received)
        relay.received.clear()
        clicked_at = time.monotonic()
        assert ask_for_code(client, "ana@example.com").url == CODE
        wait_until(lambda: relay.received)
        # Bound: 2 s. A loaded machine may take longer, so nothing fails here.
        print(f"The code left {time.monotonic() - clicked_at:.2f} s after the click.")
    [message] = relay.received
    assert message["To"] == "ana@example.com"
    client.post(CODE, {"code": code_in(message.get_content())})
    assert signed_in_as(client)


@pytest.mark.services
def test_a_database_that_comes_back_and_a_stop_in_the_middle(transactional_db):
    conference = make_conference()
    with fake_relay() as relay, running_worker(relay) as worker:
        post_one(conference, "first@example.com")
        unfinished = DBTaskResult.objects.exclude(status=TaskResultStatus.SUCCESSFUL)
        wait_until(lambda: not unfinished.exists())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        relay.has_mail.clear()
        relay.may_go_on.clear()
        second = post_one(conference, "second@example.com")
        assert relay.has_mail.wait(60)
        worker.send_signal(signal.SIGTERM)
        relay.may_go_on.set()
        assert worker.wait(60) == 0
        second.refresh_from_db()
        assert second.status == TaskResultStatus.SUCCESSFUL
        assert relay.received[-1]["To"] == "second@example.com"
