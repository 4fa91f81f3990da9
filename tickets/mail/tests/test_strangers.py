"""Nobody makes our relay mail people who have nothing to do with us, except a few."""

import logging

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import make_ticket, make_user
from schedule.models import Speaker
from tickets.accounts.tests.signing_in import ask_for_code
from tickets.mail.mailing import send
from tickets.mail.strangers import is_known, mailbox_of, network_of
from tickets.models import Grant, Role, User


@pytest.fixture(autouse=True)
def _worker(settings):
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
    }
    settings.STRANGER_MAILS_PER_HOUR = 50
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"sign_in": None}


def work() -> list[str]:
    """What a worker mails, and to whom."""
    for result in DBTaskResult.objects.order_by("enqueued_at", "pk"):
        send.call(*result.args_kwargs["args"], **result.args_kwargs["kwargs"])
        result.delete()
    recipients = [message.to[0] for message in mail.outbox]
    mail.outbox.clear()
    return recipients


def ask(email: str, address: str = "192.0.2.1") -> None:
    Client(REMOTE_ADDR=address).post("/accounts/login/", {"email": email})


@pytest.mark.slow
def test_a_network_gets_a_fifth_of_them(conference):
    for number in range(15):
        ask(f"a{number}@example.com", f"192.0.2.{number}")
    assert len(work()) == 10
    ask("b@example.com", "192.0.3.1")
    assert work() == ["b@example.com"]


@pytest.mark.slow
def test_all_together_get_so_many(conference):
    for number in range(60):
        ask(f"a{number}@example.com", f"192.0.{number}.1")
    assert len(work()) == 50


@pytest.mark.slow
def test_spellings_of_one_mailbox_count_as_one(conference):
    for number in range(8):
        ask(f"vic.tim+{number}@gmail.com", f"192.0.{number}.1")
        ask(f"v.ictim+{number}@googlemail.com", f"192.0.{number}.1")
    assert len(work()) == 10  # five for each host


@pytest.mark.slow
def test_they_keep_no_known_address_waiting(conference, attendee):
    make_ticket(conference, holder_email="new@example.com")
    for number in range(60):
        ask(f"new+{number}@example.com")
    work()
    ask("new@example.com")
    ask("new+1@example.com")
    assert work() == ["new@example.com"]


def test_the_page_says_the_same(conference, settings):
    settings.STRANGER_MAILS_PER_HOUR = 5
    pages = []
    for number in range(3):
        client = Client()
        asked = ask_for_code(client, f"a{number}@example.com")
        page = client.get(asked.url)
        pages.append((asked.status_code, page.status_code, "We have mailed a code" in page.text))
        work()
    assert pages == [(302, 200, True)] * 3


@pytest.mark.slow
def test_the_log_says_so_once_and_names_nobody(conference, caplog):
    caplog.set_level(logging.ERROR)
    for number in range(15):
        ask(f"a{number}@example.com")
    work()
    [record] = caplog.records
    assert "STRANGER_MAILS_PER_HOUR" in record.getMessage()
    assert "@" not in record.getMessage()
    assert "192.0" not in record.getMessage()


def test_no_task_keeps_an_address(conference):
    ask("a@example.com", "192.0.2.77")
    assert "192.0.2" not in str(DBTaskResult.objects.get().args_kwargs)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1::1", "2001:db8:1:ffff::1", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
    ],
)
def test_networks(one, other, is_same):
    assert (network_of(one) == network_of(other)) is is_same


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("ana@example.com", "ana@example.com"),
        ("ana+x+y@example.com", "ana@example.com"),
        ("a.na@example.com", "a.na@example.com"),
        ("a.n.a+x@gmail.com", "ana@gmail.com"),
    ],
)
def test_mailboxes(email, mailbox):
    assert mailbox_of(email) == mailbox


def _user(conference):
    return make_user("ana@example.com")


KNOWN = {
    "holder": lambda conference: make_ticket(conference, holder_email="ana@example.com"),
    "buyer": lambda conference: make_ticket(conference, buyer_email="ana@example.com"),
    "speaker": lambda conference: Speaker.objects.create(
        conference=conference, code="ana", name="Ana", email="Ana@example.com"
    ),
    "grant": lambda conference: Grant.objects.create(
        conference=conference, user=_user(conference), reason="crew"
    ),
    "role": lambda conference: Role.objects.create(
        conference=conference,
        user=_user(conference),
        kind=Role.Kind.HELPDESK,
    ),
    "has signed in": lambda conference: make_user("ana@example.com", last_login=timezone.now()),
    "superuser": lambda conference: make_user("ana@example.com", is_superuser=True),
}


@pytest.mark.parametrize("way", KNOWN)
def test_who_is_known(conference, way):
    ask("ana@example.com")
    assert not is_known("ana@example.com")
    DBTaskResult.objects.all().delete()
    User.objects.all().delete()
    KNOWN[way](conference)
    assert is_known("ana@example.com")
