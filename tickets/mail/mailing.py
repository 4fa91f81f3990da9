"""The one way by which mail leaves: as a task on the queue "mail"."""

import logging
from datetime import datetime, timedelta
from email.utils import formataddr, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.utils import timezone

from lib.counting.acts import MAILS
from schedule.models import Conference
from tickets.mail.relays import NotSent, RelayRefused, deliver
from tickets.mail.strangers import may_be_mailed
from tickets.models import EntryLink

logger = logging.getLogger(__name__)

# What mail servers do (RFC 5321 §4.5.4.1 says four to five days; a conference is over by then).
GIVE_UP_AFTER = timedelta(days=2)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)


def post(
    *,
    to: str,
    subject: str,
    body: str,
    conference: Conference,
    expires_at: datetime | None = None,
    entry_link: EntryLink | None = None,
    asked_from: str | None = None,
) -> None:
    """Send a plain mail in the conference's name, soon; in a transaction, if that is committed.

    After `expires_at` it is not sent any more. When it cannot be delivered, `entry_link` learns it.
    `asked_from` is the network of who asked for a mail to any address that they liked, and None where
    the address is ours to mail; strangers get only so many (tickets/mail/strangers.py).
    Where there is no worker it is sent at once, and raises NotSent when no relay takes it, and
    RelayRefused, which is one, when there is no such recipient.
    """
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    # Answers go to people, and out-of-office notes nowhere. The id is the mail's before it is sent,
    # so that a mailbox knows one that a killed worker has sent twice.
    headers = {
        "Auto-Submitted": "auto-generated",
        "Message-ID": make_msgid(domain=address.rpartition("@")[2] or None),
    }
    if conference.help_email:
        headers["Reply-To"] = conference.help_email
    message = {
        "subject": " ".join(subject.split()),
        "body": body,
        # In the conference's name, which people know.
        "from_email": formataddr((conference.name, address)),
        "to": [to],
        "headers": headers,
    }
    give_up_at = (expires_at or timezone.now() + GIVE_UP_AFTER).isoformat()
    link_id = entry_link.pk if entry_link else None
    result = send.enqueue(message, give_up_at, link_id, asked_from=asked_from)
    for error in result.errors:
        raise RelayRefused if issubclass(error.exception_class, RelayRefused) else NotSent


def post_template(
    name: str, values: dict[str, object], *, conference: Conference, **mail: Any
) -> None:
    """Does the same as `post`, with subject and body from templates/tickets/email/."""
    values = {"conference": conference, **values}
    subject = render_to_string(f"tickets/email/{name}_subject.txt", values)
    body = render_to_string(f"tickets/email/{name}.txt", values)
    post(subject=subject, body=body, conference=conference, **mail)


@task(queue_name="mail")
def send(
    message: dict[str, Any],
    expires_at: str,
    entry_link_id: int | None,
    tries: int = 0,
    asked_from: str | None = None,
) -> None:
    """`message` is what an EmailMessage is made of, and `expires_at` is ISO 8601, as a task is stored
    as JSON. Harmless when it runs twice: the second mail has the first one's id.
    """
    can_wait = send.get_backend().supports_defer
    if timezone.now() >= datetime.fromisoformat(expires_at):
        MAILS.add("given_up")
        logger.error("A mail was given up after %s tries.", tries)
        _note_bounced(entry_link_id)
        return
    # Without a worker this is the request that asked, and would take longer for some than for others.
    if can_wait and asked_from is not None and not may_be_mailed(message["to"][0], asked_from):
        return
    try:
        deliver(EmailMessage(**message))
    except RelayRefused:
        MAILS.add("refused")
        logger.warning("A mail was refused: no such recipient.")
        _note_bounced(entry_link_id)
        if not can_wait:
            raise
    except NotSent:
        MAILS.add("later")
        if not can_wait:
            raise
        pause = min(FIRST_PAUSE * 2 ** min(tries, 10), LONGEST_PAUSE)
        later = send.using(run_after=timezone.now() + pause)
        later.enqueue(message, expires_at, entry_link_id, tries + 1)
    else:
        MAILS.add("sent")


def _note_bounced(entry_link_id: int | None) -> None:
    if entry_link_id is not None:
        EntryLink.objects.filter(pk=entry_link_id).update(bounced_at=timezone.now())
