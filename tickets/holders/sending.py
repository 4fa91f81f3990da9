"""Personal entry links, mailed days ahead: who gets one, and who has it already."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.tasks import task
from django.utils import timezone

from schedule.models import Conference
from tickets.holders.links import link_to, url_of
from tickets.mail.mailing import post_template
from tickets.mail.relays import RelayRefused
from tickets.models import Claim, EntryLink, Product, Ticket, fold_email

# Slow enough that no login code waits behind the links, and that mail hosts do not balk.
PER_MINUTE = 120


class Recipients(StrEnum):
    ALL = "all"
    NEW = "new"
    NOT_IN_YET = "not in yet"


class SkipReason(StrEnum):
    """Why a valid ticket gets no mail."""

    OPENS_NOTHING = "opens_nothing"
    WITHOUT_ADDRESS = "without_address"
    SAME_ADDRESS = "same_address"
    HELD_BY_ANOTHER = "held_by_another"
    CAME_BACK = "came_back"
    SENT_ALREADY = "sent_already"
    IN_ALREADY = "in_already"


@dataclass
class LinkMailing:
    """For which tickets a link is mailed, and why for others it is not."""

    ticket_ids: list[int] = field(default_factory=list)
    skipped: Counter[SkipReason] = field(default_factory=Counter)


def plan_mailing(
    conference: Conference,
    *,
    recipients: Recipients = Recipients.ALL,
    product: Product | None = None,
    sends_again: bool = False,
) -> LinkMailing:
    """One mail an address, with the link of its first ticket: the account gets them all by it. An
    add-on that goes with its main ticket is reached by that one's.
    """
    at, mailing, addresses = timezone.now(), LinkMailing(), set()
    live = Claim.objects.live().filter(ticket=OuterRef("pk"))
    tickets = Ticket.objects.filter(conference=conference).valid().order_by("pk")
    if product is not None:
        tickets = tickets.with_product(product)
    opening = set(tickets.opening().values_list("pk", flat=True))
    rows: Any = tickets.with_main().select_related("entry_link")
    for ticket in rows.annotate(
        held_by=Subquery(live.values("user__email")[:1]),
        seen_at=Subquery(live.values("user__last_login")[:1]),
    ):
        if ticket.pk not in opening:
            skip: SkipReason | None = SkipReason.OPENS_NOTHING
        elif ticket.main_id or ticket.holder_email in addresses:
            skip = SkipReason.SAME_ADDRESS
        else:
            skip = _why_skipped(ticket, recipients, at, sends_again=sends_again)
            # A ticket that is somebody else's by now does not stand for the others of its address.
            if ticket.holder_email and skip is not SkipReason.HELD_BY_ANOTHER:
                addresses.add(ticket.holder_email)
        if skip is None:
            mailing.ticket_ids.append(ticket.pk)
        else:
            mailing.skipped[skip] += 1
    return mailing


def _why_skipped(
    ticket: Any, recipients: Recipients, at: datetime, *, sends_again: bool
) -> SkipReason | None:
    """The ticket says who has it (`held_by`), and when they last signed in (`seen_at`)."""
    link = ticket.entry_link_or_none or EntryLink(ticket=ticket)
    if not ticket.holder_email:
        return SkipReason.WITHOUT_ADDRESS
    if ticket.held_by not in (None, ticket.holder_email):
        return SkipReason.HELD_BY_ANOTHER
    if link.sent_to == ticket.holder_email:
        if link.bounced_at is not None:
            return SkipReason.CAME_BACK
        if not sends_again and link.was_sent_lately(at):
            return SkipReason.SENT_ALREADY
    if recipients is Recipients.NEW and link.sent_at is not None:
        return SkipReason.SENT_ALREADY
    # Who signed in longer ago than a session lasts has to come in again.
    session = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    is_in = ticket.seen_at is not None and at - ticket.seen_at < session
    return SkipReason.IN_ALREADY if is_in and recipients is Recipients.NOT_IN_YET else None


@transaction.atomic
def send_link(ticket_id: int, site: str, *, sends_again: bool = False) -> bool:
    """Whether it goes out: not when it did within a day, nor when the ticket is no longer valid.

    With the mail in the queue it counts as sent, in one transaction, so that whoever is killed here
    can begin again. Raises NotSent where there is no worker and no relay takes it.
    """
    tickets = Ticket.objects.valid().exclude(holder_email="").select_for_update(of=("self",))
    tickets = tickets.select_related("conference", "product")
    ticket = tickets.filter(pk=ticket_id).first()
    if ticket is not None and (main := ticket.goes_with):
        ticket = tickets.filter(pk=main.pk).first()
    if ticket is None:
        return False
    link, at = link_to(ticket), timezone.now()
    is_same = link.sent_to == ticket.holder_email
    if is_same and not sends_again and link.was_sent_lately(at):
        return False
    link.note_sent(ticket.holder_email, at)
    try:
        post_template(
            "entry_link",
            {"ticket": ticket, "first_name": ticket.first_name, "url": url_of(link, site)},
            to=ticket.holder_email,
            conference=ticket.conference,
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
        mailing = mail_entry_link
        if can_wait:
            mailing = mailing.using(run_after=at + timedelta(minutes=position / PER_MINUTE))
        mailing.enqueue(ticket_id, site)


def mark_came_back(conference: Conference, addresses: Collection[str]) -> int:
    links = EntryLink.objects.filter(ticket__conference=conference, bounced_at=None)
    theirs = links.filter(sent_to__in={fold_email(address) for address in addresses})
    return theirs.update(bounced_at=timezone.now())
