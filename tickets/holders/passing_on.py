"""A ticket changes hands in the portal: given back, passed on, or assigned by who bought it."""

import contextlib
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from schedule.models import Conference
from tickets.accounts.accounts import is_verified, known_account
from tickets.accounts.names import masked
from tickets.admission.claiming import claim_tickets
from tickets.admission.rule import forget
from tickets.holders.links import link_to
from tickets.holders.sending import mail_entry_link
from tickets.mail.mailing import post
from tickets.mail.relays import NotSent
from tickets.models import Claim, EntryLink, Ticket, User, fold_email

# A ticket that goes round during the day admits everybody in turn.
COOL_DOWN = timedelta(hours=24)
MOST_TIMES = 3


class NotPassedOn(Exception):
    """Says why, for people."""


def free_tickets_of(conference: Conference, user: User) -> QuerySet[Ticket]:
    """Which nobody has, and the person may assign: bought by their address, or in its name."""
    if not is_verified(user):
        return Ticket.objects.none()
    theirs = Q(holder_email=user.email) | Q(buyer_email=user.email)
    tickets = Ticket.objects.filter(theirs, conference=conference).valid().unclaimed()
    return tickets.select_related("product").order_by("product__name", "pk")


def may_pass_on(ticket: Ticket, user: User) -> bool:
    claim = ticket.live_claim
    if claim is not None:
        return claim.user == user
    return free_tickets_of(ticket.conference, user).filter(pk=ticket.pk).exists()


@transaction.atomic
def release(ticket: Ticket, user: User) -> bool:
    """Nobody has it then; whose address it carries can claim it again. False: it was not theirs."""
    claims = Claim.objects.live().filter(ticket=ticket, user=user)
    forget(ticket.conference_id, [user.pk])
    return bool(claims.update(released_at=timezone.now()))


@transaction.atomic
def pass_on(*, ticket: Ticket, email: str, site: str, by: User | None) -> None:
    """The ticket is that address's from now on, and who had it is out. `by` None: an organizer, who
    may at any time. Raises NotPassedOn.
    """
    email = fold_email(email)
    tickets = Ticket.objects.select_related("conference").select_for_update(of=("self",))
    ticket = tickets.get(pk=ticket.pk)
    if by is not None:
        _check_right(ticket, by)
    _check_ticket(ticket, email)
    old_email = ticket.holder_email
    claims = Claim.objects.live().filter(ticket=ticket)
    forget(ticket.conference_id, claims.values_list("user", flat=True))
    claims.update(released_at=timezone.now())
    ticket.holder_email, ticket.holder_name = email, ""
    ticket.passed_on_at = timezone.now()
    ticket.times_passed_on += 1
    ticket.save()
    EntryLink.objects.filter(pk=link_to(ticket).pk).update(
        number=F("number") + 1, sent_at=None, sent_to="", opened_at=None, used_at=None
    )
    if newcomer := known_account(email):
        claim_tickets(ticket.conference, newcomer)
    mail_entry_link.enqueue(ticket.pk, site, True)
    if old_email and (by is None or by.email != old_email):
        _tell_old_holder(ticket, old_email)


def _check_right(ticket: Ticket, user: User) -> None:
    if not may_pass_on(ticket, user):
        raise NotPassedOn(_("This ticket is not yours any more."))
    if ticket.times_passed_on >= MOST_TIMES:
        raise NotPassedOn(
            _("It was passed on %(count)d times already. The help desk can do it once more.")
            % {"count": MOST_TIMES}
        )
    if ticket.passed_on_at and timezone.now() < ticket.passed_on_at + COOL_DOWN:
        raise NotPassedOn(
            _("It was passed on within a day. Wait until tomorrow, or ask the help desk.")
        )


def _check_ticket(ticket: Ticket, email: str) -> None:
    if ticket.state != Ticket.State.VALID:
        raise NotPassedOn(_("Only a valid ticket can be passed on."))
    if email == ticket.holder_email:
        raise NotPassedOn(_("The ticket is in the name of this address already."))


def _tell_old_holder(ticket: Ticket, old_email: str) -> None:
    """In case it was not theirs to pass on, whoever did it."""
    values = {
        "conference": ticket.conference,
        "ticket": ticket,
        "address": masked(ticket.holder_email),
    }
    with contextlib.suppress(NotSent):
        post(
            to=old_email,
            subject=render_to_string("tickets/email/passed_on_subject.txt", values),
            body=render_to_string("tickets/email/passed_on.txt", values),
            conference=ticket.conference,
        )
