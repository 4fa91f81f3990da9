"""Every mail goes by a task, to the first relay that works, and is not lost when none does."""

import logging
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import make_ticket
from tickets.mail import relays
from tickets.mail.mailing import FIRST_PAUSE, post, send
from tickets.mail.relays import NotSent, RelayRefused
from tickets.mail.tests.fake_relay import fake_relay
from tickets.models import EntryLink

DATABASE_TASKS = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
}


@pytest.fixture(autouse=True)
def _no_relay_rests():
    relays._resting_until.clear()
    yield
    for relay, _used_at in relays._kept.relays.values():
        relay.close()
    relays._kept.relays.clear()


def mailer(relay):
    host, port = relay.server_address
    options = {"host": host, "port": port, "timeout": 5}
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


@pytest.fixture
def first(settings):
    with fake_relay() as relay:
        settings.MAILERS = {**settings.MAILERS, "default": mailer(relay)}
        yield relay


@pytest.fixture
def second(settings, first):
    with fake_relay() as relay:
        settings.MAILERS = {**settings.MAILERS, "fallback": mailer(relay)}
        yield relay


@pytest.fixture
def waiting(settings):
    """Tasks wait for a worker, which `work` is."""
    settings.TASKS = DATABASE_TASKS
    settings.HAS_WORKER = True


def work() -> None:
    for task in DBTaskResult.objects.ready():
        task.delete()
        send.call(*task.args_kwargs["args"])


def post_one(conference, **kw) -> None:
    post(to="ana@example.com", subject="Hello", body="Come in.", conference=conference, **kw)


def test_a_mail_in_the_conferences_name(conference, first):
    conference.name = "Grüße"
    post_one(conference)
    [message] = first.received
    assert message["From"].addresses[0].display_name == "Grüße"
    assert message["To"] == "ana@example.com"
    assert message["Subject"] == "Hello"
    assert message["Reply-To"] == "help@testconf.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.com>")
    assert message.get_content().strip() == "Come in."


def test_a_mail_waits_for_the_worker(conference, waiting):
    post_one(conference)
    assert mail.outbox == []
    work()
    assert [message.to for message in mail.outbox] == [["ana@example.com"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        {"CONNECT": "421 too busy"},
        {"CONNECT": ""},
        {"MAIL": "530 who are you"},
        {"RCPT": "450 4.2.0 greylisted"},
        {"RCPT": "554 5.7.1 relay access denied"},
        {"END": "451 disk full"},
        {"END": ""},
    ],
)
def test_the_second_relay_takes_over(conference, first, second, answers, caplog):
    first.answers = answers
    post_one(conference)
    assert [message["To"] for message in second.received] == ["ana@example.com"]
    assert "ana@" not in caplog.text


def test_a_relay_that_failed_rests(conference, first, second):
    first.answers = {"CONNECT": "421 too busy"}
    post_one(conference)
    first.answers = {}
    post_one(conference)
    assert (first.connections, len(second.received)) == (1, 2)
    relays._resting_until["default"] = 0
    post_one(conference)
    assert len(first.received) == 1


def test_a_resting_relay_is_better_than_none(conference, first, second):
    first.answers = second.answers = {"CONNECT": "421 too busy"}
    with pytest.raises(NotSent):
        post_one(conference)
    first.answers = {}
    post_one(conference)
    assert len(first.received) == 1


def test_without_a_worker_a_failure_is_known_at_once(conference, first):
    first.answers = {"CONNECT": "421 too busy"}
    with pytest.raises(NotSent):
        post_one(conference)
    first.answers = {"RCPT": "550 5.1.1 nobody here"}
    with pytest.raises(RelayRefused):
        post_one(conference)


def test_it_is_tried_again_later_and_later(conference, first, waiting):
    first.answers = {"CONNECT": "421 too busy"}
    post_one(conference)
    before = timezone.now()
    work()
    again = DBTaskResult.objects.get()
    assert again.run_after >= before + FIRST_PAUSE
    DBTaskResult.objects.update(run_after=before)
    work()
    assert DBTaskResult.objects.get().run_after >= before + 2 * FIRST_PAUSE
    first.answers = {}
    DBTaskResult.objects.update(run_after=before)
    work()
    assert len(first.received) == 1
    assert not DBTaskResult.objects.exists()


def test_a_mail_that_is_too_old_is_not_sent_any_more(conference, first, waiting, caplog):
    post_one(conference, expires_at=timezone.now())
    work()
    assert first.received == []
    assert not DBTaskResult.objects.exists()
    assert "given up" in caplog.text


def test_a_mail_is_tried_for_two_days(conference, waiting):
    post_one(conference)
    [_message, expires_at, _entry_link] = DBTaskResult.objects.get().args_kwargs["args"]
    left = datetime.fromisoformat(expires_at) - timezone.now()
    assert timedelta(hours=47) < left <= timedelta(hours=48)


def test_a_refused_recipient_is_not_tried_again_and_its_link_knows(
    conference, first, second, waiting, caplog
):
    link = EntryLink.objects.create(ticket=make_ticket(conference))
    first.answers = {"RCPT": "550 5.1.1 nobody here"}
    post_one(conference, entry_link=link)
    work()
    assert not DBTaskResult.objects.exists()
    assert second.connections == 0
    link.refresh_from_db()
    assert link.bounced_at
    assert "ana@" not in caplog.text


@pytest.mark.slow
def test_an_address_that_cannot_be_written_is_refused(conference, first, waiting, caplog):
    link = EntryLink.objects.create(ticket=make_ticket(conference))
    post(to="ana@@example", subject="", body="", conference=conference, entry_link=link)
    work()
    link.refresh_from_db()
    assert link.bounced_at
    assert "ana@" not in caplog.text


def test_a_worker_keeps_its_connection(conference, first, waiting):
    for _time in range(3):
        post_one(conference)
    work()
    assert (first.connections, len(first.received)) == (1, 3)


def test_a_kept_connection_that_was_hung_up_is_opened_again(conference, first, waiting):
    post_one(conference)
    work()
    first.hang_up_once = True
    post_one(conference)
    work()
    assert (first.connections, len(first.received)) == (2, 2)
    assert relays._resting_until == {}


def test_nothing_that_is_secret_is_logged(conference, first, caplog):
    caplog.set_level(logging.DEBUG)
    first.answers = {"END": "554 5.6.0 <ana@example.com> 1234-5678 looks like spam"}
    with pytest.raises(NotSent):
        post(to="ana@example.com", subject="1234-5678", body="1234-5678", conference=conference)
    assert "'default' failed: SMTPDataError" in caplog.text
    assert "1234" not in caplog.text
    assert "ana@" not in caplog.text
