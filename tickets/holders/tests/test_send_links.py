"""Entry links are mailed once to each person, by a command that may be begun again."""

import json
import re
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_conference, make_ticket, make_user
from tickets.accounts.tests.signing_in import signed_in_as
from tickets.holders import sending
from tickets.holders.links import link_to
from tickets.holders.sending import mail_entry_link
from tickets.mail.relays import NotSent
from tickets.models import Claim, EntryLink, Ticket, User


@pytest.fixture
def conference(db):
    return make_conference(domain="testserver", name="Testconf")


def send_links(capsys, *options: str) -> dict[str, int]:
    call_command("send_links", "--json", "--per-minute", "60000", *options)
    found: dict[str, int] = json.loads(capsys.readouterr().out)
    return found


def recipients() -> list[str]:
    return [message.to[0] for message in mail.outbox]


def test_the_link_in_the_mail_lets_in(capsys, client, conference):
    ticket = make_ticket(conference, holder_email="ada@example.com", holder_name="Ada Lovelace")
    counts = send_links(capsys)
    assert counts["to_send"] == counts["sent"] == 1
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert message.subject == "Your personal link to Testconf"
    assert "Hello Ada," in message.body
    assert ticket.product.name in message.body
    assert "help@testconf.example" in message.body
    url = re.search(r"^ +(http://testserver/t/\S+/)$", message.body, re.MULTILINE)[1]
    assert client.post(url).url == "/lobby/"
    assert signed_in_as(client) == str(User.objects.get(email="ada@example.com").pk)
    link = EntryLink.objects.get()
    assert (link.ticket, link.sent_to, link.times_sent) == (ticket, "ada@example.com", 1)
    assert link.sent_at


def test_one_mail_an_address_and_none_without_need(capsys, conference, attendee):
    make_ticket(conference, holder_email="ada@example.com")
    make_ticket(conference, holder_email="ada@example.com", scopes=["talk:A"])
    make_ticket(conference)
    make_ticket(conference, holder_email="refunded@example.com", state="canceled")
    elsewhere = make_ticket(conference, holder_email="old@example.com")
    Claim.objects.create(ticket=elsewhere, user=make_user())
    make_ticket(make_conference(domain="b.example"), holder_email="b@example.com")
    assert send_links(capsys, "--conference", conference.slug) == {
        "to_send": 2,
        "sent": 2,
        "opens_nothing": 0,
        "without_address": 1,
        "same_address": 1,
        "held_by_another": 1,
        "came_back": 0,
        "sent_already": 0,
        "in_already": 0,
    }
    assert recipients() == ["attendee@example.com", "ada@example.com"]


def test_begun_again_it_goes_on_where_it_was(capsys, conference):
    tickets = [make_ticket(conference, holder_email=f"{name}@example.com") for name in "abcd"]
    assert send_links(capsys, "--limit", "2")["sent"] == 2
    failing = mock.patch.object(sending, "post_template", side_effect=[None, NotSent])
    with failing, pytest.raises(CommandError, match="1 are out"):
        send_links(capsys)
    assert EntryLink.objects.filter(sent_at__isnull=False).count() == 3
    counts = send_links(capsys)
    assert (counts["sent"], counts["sent_already"]) == (1, 3)
    assert EntryLink.objects.get(ticket=tickets[3]).sent_at


def test_nobody_gets_two_within_a_day_unless_asked_for(capsys, conference):
    make_ticket(conference, holder_email="ada@example.com")
    send_links(capsys)
    assert send_links(capsys)["sent_already"] == 1
    assert send_links(capsys, "--again")["sent"] == 1
    EntryLink.objects.update(sent_at=timezone.now() - timedelta(days=1))
    assert send_links(capsys, "--only-new")["sent_already"] == 1
    assert send_links(capsys)["sent"] == 1
    assert EntryLink.objects.get().times_sent == 3


def test_a_new_holder_gets_theirs_at_once(capsys, conference):
    make_ticket(conference, holder_email="ada@example.com")
    send_links(capsys)
    Ticket.objects.update(holder_email="eve@example.com")
    assert send_links(capsys)["sent"] == 1
    assert recipients() == ["ada@example.com", "eve@example.com"]


def test_only_who_is_not_in_yet_is_reminded(capsys, conference):
    for name, days in (("here", 1), ("long-ago", 400), ("never", None)):
        user = make_user(f"{name}@example.com")
        if days:
            user.last_login = timezone.now() - timedelta(days=days)
            user.save()
        make_ticket(conference, user=user)
    assert send_links(capsys, "--remind")["in_already"] == 1
    assert recipients() == ["long-ago@example.com", "never@example.com"]


def test_addresses_from_which_mail_came_back_are_left_out(capsys, conference, tmp_path):
    for name in "ab":
        make_ticket(conference, holder_email=f"{name}@example.com")
    send_links(capsys)
    bounces = tmp_path / "bounces.txt"
    bounces.write_text("A@Example.com\nwho-is-that@example.com\n")
    assert send_links(capsys, "--bounced", str(bounces)) == {"came_back": 1}
    assert EntryLink.objects.get(bounced_at__isnull=False).sent_to == "a@example.com"
    counts = send_links(capsys, "--again")
    assert (counts["sent"], counts["came_back"]) == (1, 1)
    Ticket.objects.filter(holder_email="a@example.com").update(holder_email="c@example.com")
    assert send_links(capsys)["sent"] == 1
    assert not EntryLink.objects.filter(bounced_at__isnull=False).exists()


def test_a_dry_run_sends_nothing(capsys, conference):
    make_ticket(conference, holder_email="ada@example.com")
    counts = send_links(capsys, "--dry-run")
    assert (counts["to_send"], counts["sent"]) == (1, 0)
    assert mail.outbox == []
    assert not EntryLink.objects.exists()


def test_one_product_alone(capsys, conference):
    make_ticket(conference, holder_email="ada@example.com")
    workshop = make_ticket(conference, holder_email="bea@example.com", scopes=["talk:A"])
    assert send_links(capsys, "--product", workshop.product.name)["sent"] == 1
    assert recipients() == ["bea@example.com"]
    with pytest.raises(CommandError, match=re.escape(workshop.product.name)):
        send_links(capsys, "--product", "Workshop B")


def test_somebody_has_to_say_where_the_conference_lives(capsys, conference):
    make_ticket(conference, holder_email="ada@example.com")
    conference.domain = None
    conference.save()
    with pytest.raises(CommandError, match="--site"):
        send_links(capsys)
    send_links(capsys, "--site", "https://live.example.org/")
    assert " https://live.example.org/t/" in mail.outbox[0].body


def test_where_there_is_a_worker_they_wait_in_its_queue_at_a_pace(
    conference, settings, django_capture_on_commit_callbacks
):
    ids = [make_ticket(conference, holder_email=f"{name}@example.com").pk for name in "abc"]
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
    }
    sending.enqueue_links(ids, "https://live.example.org")
    first, *rest = DBTaskResult.objects.order_by("run_after").values_list("run_after", flat=True)
    gaps = {round((at - first).total_seconds(), 1) for at in rest}
    assert gaps == {0.5, 1.0}
    assert mail.outbox == []
    assert not EntryLink.objects.exists()


def test_a_task_that_runs_twice_mails_once(conference):
    ticket = make_ticket(conference, holder_email="ada@example.com")
    for _time in range(2):
        mail_entry_link.enqueue(ticket.pk, "https://live.example.org")
    assert len(mail.outbox) == 1
    Ticket.objects.update(state="canceled")
    mail_entry_link.enqueue(ticket.pk, "https://live.example.org", True)
    assert len(mail.outbox) == 1


TICKETS = reverse("admin:tickets_ticket_changelist")


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_from_the_admin(conference, organizer):
    ticket = make_ticket(conference, holder_email="ada@example.com")
    refunded = make_ticket(conference, holder_email="bea@example.com", state="canceled")
    client = client_of(organizer)
    chosen = {"action": "send_entry_link", "_selected_action": [ticket.pk, refunded.pk]}
    page = client.post(TICKETS, chosen, follow=True)
    assert "1 link goes out" in page.text
    assert recipients() == ["ada@example.com"]
    assert "http://testserver/t/" in mail.outbox[0].body
    assert '<td class="field-link_state">sent</td>' in page.text
    client.post(TICKETS, {"action": "mark_came_back", "_selected_action": [ticket.pk]})
    assert EntryLink.objects.get().bounced_at


@pytest.mark.slow
@pytest.mark.ignore_template_errors
@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("unsent", {}),
        ("unopened", {"sent_at": timezone.now()}),
        ("unused", {"sent_at": timezone.now(), "opened_at": timezone.now()}),
        ("used", {"sent_at": timezone.now(), "used_at": timezone.now()}),
        ("came_back", {"sent_at": timezone.now(), "bounced_at": timezone.now()}),
    ],
)
def test_the_list_narrowed_by_what_became_of_the_link(conference, organizer, state, fields):
    ticket = make_ticket(conference, holder_email="ada@example.com")
    EntryLink.objects.filter(pk=link_to(ticket).pk).update(**fields)
    client = client_of(organizer)
    for wanted in ("unsent", "unopened", "unused", "used", "came_back"):
        is_listed = ticket.code in client.get(TICKETS, {"link": wanted}).text
        assert is_listed == (wanted == state)
    page = client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])).text
    assert ("came back: " in page) == (state == "came_back")
