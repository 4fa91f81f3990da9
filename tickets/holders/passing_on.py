"""A ticket changes hands in the portal: it is passed on, or assigned by who bought it."""

import contextlib
from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.models import Conference
from tickets.accounts.accounts import is_verified, known_account
from tickets.admission.claiming import claim_tickets
from tickets.holders.links import link_to
from tickets.holders.sending import mail_entry_link
from tickets.mail.mailing import post_template
from tickets.mail.relays import NotSent
from tickets.models import Claim, Ticket, User, fold_email
from tickets.models.people import mask_email

# A forwarded link may be opened by a whole office.
ONCE_IN_SECONDS = 24 * 3600
ADD_ON_IS_NOT_PASSED_ON = gettext_lazy(
    "An add-on is not passed on by itself: it goes with the ticket %(main)s."
)


class NotPassedOn(Exception):
    """Says why, for people."""


def free_tickets_of(conference: Conference, user: User) -> QuerySet[Ticket]:
    """Tickets that nobody has and the person may assign: bought by their address, or in its name.
    Add-ons go with them.
    """
    if not is_verified(user):
        return Ticket.objects.none()
    theirs = Q(holder_email=user.email) | Q(buyer_email=user.email)
    tickets = Ticket.objects.filter(theirs, conference=conference, main_code="")
    return tickets.valid().unclaimed().select_related("product").order_by("product__name", "pk")


def may_pass_on(ticket: Ticket, user: User) -> bool:
    claim = ticket.live_claim
    if claim is not None:
        return claim.user == user
    return free_tickets_of(ticket.conference, user).filter(pk=ticket.pk).exists()


@transaction.atomic
def pass_on(*, ticket: Ticket, email: str, site: str, by: User | None) -> None:
    """`by` is its holder, or who bought it; None: an organizer, who may at any time. Raises
    NotPassedOn.
    """
    email, at = fold_email(email), timezone.now()
    tickets = Ticket.objects.select_related("conference").select_for_update(of=("self",))
    ticket = tickets.get(pk=ticket.pk)
    if ticket.is_add_on:
        raise NotPassedOn(str(ADD_ON_IS_NOT_PASSED_ON) % {"main": ticket.main_code})
    if by is not None:
        _check_right(ticket, by, at)
    if not ticket.is_valid:
        raise NotPassedOn(_("Only a valid ticket can be passed on."))
    if email == ticket.holder_email:
        raise NotPassedOn(_("The ticket is in the name of this address already."))
    old_email = ticket.holder_email
    ticket.pass_to(email, at)
    link_to(ticket).renew()
    if newcomer := known_account(email):
        claim_tickets(ticket.conference, newcomer)
    mail_entry_link.enqueue(ticket.pk, site, True)
    if old_email and (by is None or by.email != old_email):
        # In case it was not theirs to pass on, whoever did it.
        with contextlib.suppress(NotSent):
            post_template(
                "passed_on",
                {"ticket": ticket, "address": mask_email(email)},
                to=old_email,
                conference=ticket.conference,
            )


def _check_right(ticket: Ticket, user: User, at: datetime) -> None:
    if not may_pass_on(ticket, user):
        raise NotPassedOn(_("This ticket is not yours any more."))
    if not ticket.times_left:
        raise NotPassedOn(
            _("It was passed on %(count)d times already. The help desk can do it once more.")
            % {"count": ticket.MOST_TIMES_PASSED_ON}
        )
    if ticket.cools_down_at(at):
        raise NotPassedOn(
            _("It was passed on within a day. Wait until tomorrow, or ask the help desk.")
        )


def ask_first_holder(claim: Claim) -> None:
    """Somebody else has come with the link or the order code of a ticket that a person has. That
    person is asked, and nothing is taken away. Not when the help desk gave it to them: they have not
    proved the ticket's mailbox.
    """
    is_proved = claim.way != Claim.Way.HELPDESK
    if is_proved and cache.add(f"second-claim:{claim.pk}", True, ONCE_IN_SECONDS):
        mail_first_holder.enqueue(claim.pk)


@task(queue_name="mail")
def mail_first_holder(claim_id: int) -> None:
    claims = Claim.objects.live().select_related("user", "ticket__conference", "ticket__product")
    if claim := claims.filter(pk=claim_id).first():
        post_template(
            "second_claim",
            {"claim": claim, "ticket": claim.ticket},
            to=claim.user.email,
            conference=claim.ticket.conference,
        )
