"""What the help desk does for people. Each act is in the history of the row that it is about.

Raises FixRefused, with a sentence for the volunteer, when it makes no sense any more.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.accounts.accounts import account_for, is_guarded, known_account
from tickets.accounts.devices.sessions import end, sessions_of
from tickets.grants.granting import give_grant
from tickets.helpdesk.why import plain
from tickets.holders.entering import refusal_of
from tickets.holders.links import link_to, url_of
from tickets.holders.sending import send_link
from tickets.mail.relays import NotSent
from tickets.models import Ban, Claim, Grant, Ticket, User
from tickets.models.grants import extended
from tickets.sources.syncing.order_hints import fetch_hints


class FixRefused(Exception):
    pass


def log(row: models.Model, by: User, what: str) -> None:
    entries: Any = LogEntry.objects
    entries.log_actions(by.pk, [row], CHANGE, what)


@transaction.atomic
def claim(*, ticket: Ticket, email: str, by: User) -> User:
    """Give them the ticket, which is nobody's. Makes the account when there is none."""
    now = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
    if holder := now.live_claim:
        raise FixRefused(
            _("%(who)s has this ticket. Release it first.") % {"who": holder.user.reference}
        )
    user = account_for(email)
    now.give_to(user, Claim.Way.HELPDESK)
    log(now, by, _("Given to %(who)s.") % {"who": user.reference})
    return user


@transaction.atomic
def release(*, ticket: Ticket, by: User) -> User:
    """Returns who had it."""
    held = ticket.claims.live().select_for_update(of=("self",)).select_related("user").first()
    if held is None:
        raise FixRefused(_("Nobody has this ticket."))
    held.release(timezone.now())
    log(ticket, by, _("Released: %(who)s had it.") % {"who": held.user.reference})
    return held.user


@transaction.atomic
def extend_ticket(*, ticket: Ticket, hours: int, by: User) -> Grant:
    """By a grant of the same scopes, because the ticket's own times are the shop's, and the next
    sync would put them back.
    """
    held = ticket.live_claim
    if held is None:
        raise FixRefused(_("Nobody has this ticket."))
    if not ticket.product.scopes:
        raise FixRefused(_("This ticket opens nothing."))
    at = timezone.now()
    grant = give_grant(
        conference=ticket.conference,
        email=held.user.email,
        scopes=ticket.product.scopes,
        reason=_("Ticket %(ticket)s, longer") % {"ticket": ticket.code[:100]},
        ends_at=extended(ticket.valid_until or at, timedelta(hours=hours), at),
        given_by=by,
    )
    said = {"hours": hours, "who": held.user.reference}
    log(ticket, by, _("%(hours)s h longer for %(who)s, by a grant.") % said)
    return grant


@transaction.atomic
def extend_grant(*, grant: Grant, hours: int, by: User) -> None:
    if grant.ends_at is None:
        raise FixRefused(_("It has no end."))
    grant.extend(timedelta(hours=hours), timezone.now())
    until = plain(grant.ends_at, grant.conference)
    log(grant, by, _("%(hours)s h longer, until %(until)s.") % {"hours": hours, "until": until})


@transaction.atomic
def end_grant(*, grant: Grant, by: User) -> None:
    _end_now(grant)
    log(grant, by, _("Taken back."))


@transaction.atomic
def ban(*, conference: Any, person: User, reason: str, ends_at: datetime | None, by: User) -> Ban:
    if person == by:
        raise FixRefused(_("That is you."))
    given = Ban(conference=conference, user=person, reason=reason, ends_at=ends_at, given_by=by)
    given.give()
    log(given, by, _("Shut out: %(reason)s") % {"reason": reason})
    return given


@transaction.atomic
def lift_ban(*, ban: Ban, by: User) -> None:
    _end_now(ban)
    log(ban, by, _("Lifted."))


def end_sessions(*, person: User, by: User) -> int:
    """How many. They can sign in again."""
    sessions = list(sessions_of(person, timezone.now()))
    end(sessions)
    log(person, by, _("Signed out everywhere (%(count)s devices).") % {"count": len(sessions)})
    return len(sessions)


@transaction.atomic
def fetch_order(*, ticket: Ticket, by: User) -> None:
    """Ask the shop again, in the background."""
    if ticket.shop is None or not ticket.order_code:
        raise FixRefused(_("This ticket came from no shop that can be asked."))
    ticket.shop.add_hint(ticket.order_code, timezone.now())
    fetch_hints.enqueue(ticket.shop.pk)
    log(ticket, by, _("The shop was asked for the order again."))


def send_entry_link(*, ticket: Ticket, site: str, by: User) -> None:
    """Again, however lately it was sent: somebody stands there and waits."""
    try:
        is_sent = send_link(ticket.pk, site, sends_again=True)
    except NotSent:
        raise FixRefused(
            _("The mail could not be sent. Try again, or show the link here.")
        ) from None
    if not is_sent:
        raise FixRefused(
            _(
                "It cannot be sent: the ticket is not valid, or no mailbox takes mail at its address."
            )
        )
    log(ticket, by, _("The entry link was sent."))


@transaction.atomic
def show_entry_link(*, ticket: Ticket, site: str, by: User) -> str:
    """The address for the screen at the desk. Whoever opens it is let in as the ticket's holder, so
    it stands in the history who has seen it.
    """
    link = link_to(ticket)
    holder, known = ticket.live_claim, known_account(ticket.holder_email)
    if refusal_of(link, ticket.conference) is not None:
        raise FixRefused(_("It lets nobody in: the ticket is not valid, or has no e-mail address."))
    if holder is not None and holder.user.email != ticket.holder_email:
        raise FixRefused(_("%(who)s has this ticket.") % {"who": holder.user.reference})
    if known is not None and is_guarded(known):
        raise FixRefused(_("This account opens by its own login alone: it has more rights."))
    log(ticket, by, _("The entry link was shown at the help desk."))
    return url_of(link, site)


def _end_now(row: Grant | Ban) -> None:
    at = timezone.now()
    if row.is_over_at(at):
        raise FixRefused(_("It is over already."))
    row.end(at)
