"""Personal entry links, mailed days ahead: who gets one, and who has it already."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.tasks import task
from django.template.loader import render_to_string
from django.utils import timezone

from schedule.models import Conference
from tickets.holders.links import link_to, url_of
from tickets.mail.mailing import post
from tickets.mail.relays import RelayRefused
from tickets.models import Claim, EntryLink, Product, Ticket, fold_email

# Twice in a day is a mistake of ours, and looks like one.
AGAIN_AFTER = timedelta(days=1)
# Slow enough that no login code waits behind the links, and that mail hosts do not balk.
PER_MINUTE = 120


class Whom(StrEnum):
    ALL = "all"
    NEW = "new"
    NOT_IN_YET = "not in yet"


class Skip(StrEnum):
    """Why a valid ticket gets no mail."""

    WITHOUT_ADDRESS = "without_address"
    SAME_ADDRESS = "same_address"
    HELD_BY_ANOTHER = "held_by_another"
    CAME_BACK = "came_back"
    SENT_ALREADY = "sent_already"
    IN_ALREADY = "in_already"


@dataclass
class Round:
    ticket_ids: list[int] = field(default_factory=list)
    skipped: Counter[Skip] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Row:
    """A ticket, who has it and when they last signed in, and what became of its link."""

    pk: int
    email: str
    held_by: str | None
    seen_at: datetime | None
    sent_at: datetime | None
    sent_to: str | None
    bounced_at: datetime | None


def round_of(
    conference: Conference,
    *,
    whom: Whom = Whom.ALL,
    product: Product | None = None,
    sends_again: bool = False,
) -> Round:
    """One mail an address, with the link of its first ticket: the account gets them all by it."""
    at, planned, addresses = timezone.now(), Round(), set()
    for row in _rows(conference, product):
        if row.email in addresses:
            skip: Skip | None = Skip.SAME_ADDRESS
        else:
            skip = _skip(row, whom, at, sends_again=sends_again)
            # A ticket that is somebody else's by now does not stand for the others of its address.
            if row.email and skip is not Skip.HELD_BY_ANOTHER:
                addresses.add(row.email)
        if skip is None:
            planned.ticket_ids.append(row.pk)
        else:
            planned.skipped[skip] += 1
    return planned


def _rows(conference: Conference, product: Product | None) -> list[_Row]:
    live = Claim.objects.live().filter(ticket=OuterRef("pk"))
    tickets = Ticket.objects.filter(conference=conference).valid().order_by("pk")
    if product is not None:
        tickets = tickets.filter(product=product)
    fields = ("sent_at", "sent_to", "bounced_at")
    rows = tickets.values_list(
        "pk",
        "holder_email",
        Subquery(live.values("user__email")[:1]),
        Subquery(live.values("user__last_login")[:1]),
        *(f"entry_link__{name}" for name in fields),
    )
    return [_Row(*row) for row in rows]


def _skip(row: _Row, whom: Whom, at: datetime, *, sends_again: bool) -> Skip | None:
    if not row.email:
        return Skip.WITHOUT_ADDRESS
    if row.held_by not in (None, row.email):
        return Skip.HELD_BY_ANOTHER
    if row.sent_to == row.email:
        if row.bounced_at is not None:
            return Skip.CAME_BACK
        if not sends_again and _was_sent_lately(row.sent_at, at):
            return Skip.SENT_ALREADY
    if whom is Whom.NEW and row.sent_at is not None:
        return Skip.SENT_ALREADY
    # Who signed in longer ago than a session lasts has to come in again.
    session = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    if whom is Whom.NOT_IN_YET and row.seen_at is not None and at - row.seen_at < session:
        return Skip.IN_ALREADY
    return None


def _was_sent_lately(sent_at: datetime | None, at: datetime) -> bool:
    return sent_at is not None and at - sent_at < AGAIN_AFTER


@transaction.atomic
def send_link(ticket_id: int, site: str, *, sends_again: bool = False) -> bool:
    """Whether it goes out: not when it did within a day, nor when the ticket is no longer valid.

    With the mail in the queue it counts as sent, in one transaction, so that whoever is killed here
    can begin again. Raises NotSent where there is no worker and no relay takes it.
    """
    tickets = Ticket.objects.valid().exclude(holder_email="").select_for_update(of=("self",))
    ticket = tickets.select_related("conference", "product").filter(pk=ticket_id).first()
    if ticket is None:
        return False
    link, at = link_to(ticket), timezone.now()
    is_same = link.sent_to == ticket.holder_email
    if is_same and not sends_again and _was_sent_lately(link.sent_at, at):
        return False
    link.note_sent(ticket.holder_email, at)
    conference = ticket.conference
    values = {
        "conference": conference,
        "ticket": ticket,
        "first_name": ticket.first_name,
        "url": url_of(link, site),
    }
    try:
        post(
            to=ticket.holder_email,
            subject=render_to_string("tickets/email/entry_link_subject.txt", values),
            body=render_to_string("tickets/email/entry_link.txt", values),
            conference=conference,
            entry_link=link,
        )
    except RelayRefused:
        return False  # the link knows
    return True


@task(queue_name="mail")
def mail_entry_link(ticket_id: int, site: str, sends_again: bool = False) -> None:
    send_link(ticket_id, site, sends_again=sends_again)


def enqueue_links(ticket_ids: Collection[int], site: str) -> None:
    """At the usual pace where there is a worker, else at once."""
    can_wait, at = mail_entry_link.get_backend().supports_defer, timezone.now()
    for position, ticket_id in enumerate(ticket_ids):
        turn = mail_entry_link
        if can_wait:
            turn = turn.using(run_after=at + timedelta(minutes=position / PER_MINUTE))
        turn.enqueue(ticket_id, site)


def mark_came_back(conference: Conference, addresses: Collection[str]) -> int:
    links = EntryLink.objects.filter(ticket__conference=conference, bounced_at=None)
    theirs = links.filter(sent_to__in={fold_email(address) for address in addresses})
    return theirs.update(bounced_at=timezone.now())
