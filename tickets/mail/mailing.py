"""The one way by which mail leaves: as a task on the queue "mail"."""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from email.utils import formataddr, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.utils import timezone

from schedule.models import Conference
from tickets.mail.relays import NotSent, RelayRefused, deliver
from tickets.models import EntryLink

logger = logging.getLogger(__name__)

# What mail servers do (RFC 5321 §4.5.4.1 says four to five days; a conference is over by then).
GIVE_UP_AFTER = timedelta(days=2)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What waits in the queue. `expires_at` is ISO 8601, as a task is stored as JSON."""

    to: str
    subject: str
    body: str
    from_email: str
    headers: dict[str, str]
    expires_at: str
    entry_link_id: int | None
    tries: int = 0


def post(
    *,
    to: str,
    subject: str,
    body: str,
    conference: Conference,
    expires_at: datetime | None = None,
    entry_link: EntryLink | None = None,
) -> None:
    """Send a plain mail in the conference's name, soon; in a transaction, if that is committed.

    After `expires_at` it is not sent any more. When it cannot be delivered, `entry_link` learns it.
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
    mail = Mail(
        to=to,
        subject=" ".join(subject.split()),
        body=body,
        # In the conference's name, which people know.
        from_email=formataddr((conference.name, address)),
        headers=headers,
        expires_at=(expires_at or timezone.now() + GIVE_UP_AFTER).isoformat(),
        entry_link_id=entry_link.pk if entry_link else None,
    )
    result = send.enqueue(asdict(mail))
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
def send(fields: dict[str, Any]) -> None:
    """Harmless when it runs twice: the second mail has the first one's id."""
    mail = Mail(**fields)
    can_wait = send.get_backend().supports_defer
    if timezone.now() >= datetime.fromisoformat(mail.expires_at):
        logger.error("A mail was given up after %s tries.", mail.tries)
        _note_bounced(mail)
        return
    try:
        deliver(
            EmailMessage(mail.subject, mail.body, mail.from_email, [mail.to], headers=mail.headers)
        )
    except RelayRefused:
        logger.warning("A mail was refused: no such recipient.")
        _note_bounced(mail)
        if not can_wait:
            raise
    except NotSent:
        if not can_wait:
            raise
        pause = min(FIRST_PAUSE * 2 ** min(mail.tries, 10), LONGEST_PAUSE)
        again = asdict(replace(mail, tries=mail.tries + 1))
        send.using(run_after=timezone.now() + pause).enqueue(again)


def _note_bounced(mail: Mail) -> None:
    if mail.entry_link_id is not None:
        EntryLink.objects.filter(pk=mail.entry_link_id).update(bounced_at=timezone.now())
