import pytest
from django.utils import timezone

from conftest import client_of
from tickets.holders.order_code import mail_code
from tickets.mail import mailing


@pytest.fixture
def client(conference, attendee):
    return client_of(attendee, conference.domain)


@pytest.fixture
def tasks_wait(settings):
    settings.HAS_WORKER = True
    queues = {"QUEUES": ["mail", "default"]}
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", **queues}}


@pytest.fixture
def mail_waits(tasks_wait):
    """As the product itself leaves a mail for later."""

    def wait(to, subject="s", body="b"):
        message = {"subject": subject, "body": body, "to": [to]}
        mailing.send.enqueue(message, timezone.now().isoformat(), None)

    return wait


@pytest.fixture
def code_waits(tasks_wait):
    """One that somebody has asked for with the code of an order."""
    return lambda to, code: mail_code.enqueue(1, "ORDER", to, code)
