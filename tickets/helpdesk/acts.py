"""What the help desk does for people. Each act is in the history of the row that it is about.

Raises FixRefused, with a sentence for who helps, when it makes no sense any more.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.models import Conference
from tickets.accounts.accounts import account_for, is_guarded, known_account, people_known_to
from tickets.accounts.devices.sessions import sessions_of, sign_out
from tickets.admission.claiming import claim_add_ons
from tickets.grants.granting import give_grant
from tickets.helpdesk.why.for_helpdesk import plain
from tickets.holders.entering import refusal_of
from tickets.holders.links import link_to, url_of
from tickets.holders.sending import send_link
from tickets.mail.relays import NotSent
from tickets.models import Ban, Claim, Grant, Ticket, User
from tickets.models.grants import extended
from tickets.sources.syncing.asking import OrdersByShop, ask_now, may_ask, orders_of

# What volunteers give ends within a day; organizers give for as long as they like.
LONGEST = timedelta(days=1)
TOO_LONG = gettext_lazy("At the help desk access ends within a day. Organizers may give more.")


class FixRefused(Exception):
    pass


class Done(NamedTuple):
    """`leads_to`: the person or ticket whose page comes next."""

    text: str
    leads_to: models.Model


class Volunteer(NamedTuple):
    """Whoever helps, and where. `site`: https://live.example.org, for links in mails and on the screen."""

    user: User
    conference: Conference
    site: str

    def may_give_until(self, ends_at: datetime | None, at: datetime) -> bool:
        """Whether access that ends then is theirs to give and to take back. None: it never ends."""
        if self.user.has_perm("tickets.change_grant", self.conference):
            return True
        return ends_at is not None and ends_at <= at + LONGEST

    def log(self, row: models.Model, what: str) -> None:
        entries: Any = LogEntry.objects
        entries.log_actions(self.user.pk, [row], CHANGE, what)


@transaction.atomic
def claim(by: Volunteer, *, ticket: Ticket, email: str) -> Done:
    """Give them the ticket, which is nobody's. Makes the account when there is none."""
    now = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
    if holder := now.live_claim:
        raise FixRefused(
            _("%(who)s has this ticket. Release it first.") % {"who": holder.user.reference}
        )
    _refuse_add_on(now)
    user = account_for(email)
    now.give_to(user, Claim.Way.HELPDESK)
    claim_add_ons(by.conference, user)
    said = {"who": user.reference, "ticket": ticket.code}
    by.log(now, _("Given to %(who)s.") % said)
    return Done(_("%(who)s has ticket %(ticket)s.") % said, user)


@transaction.atomic
def release(by: Volunteer, *, ticket: Ticket) -> Done:
    held = ticket.claims.live().select_for_update(of=("self",)).select_related("user").first()
    if held is None:
        raise FixRefused(_("Nobody has this ticket."))
    _refuse_add_on(ticket)
    held.release(timezone.now())
    said = {"who": held.user.reference, "ticket": ticket.code}
    by.log(ticket, _("Released: %(who)s had it.") % said)
    return Done(_("%(who)s no longer has ticket %(ticket)s.") % said, ticket)


@transaction.atomic
def extend_ticket(by: Volunteer, *, ticket: Ticket, hours: int) -> Done:
    """By a grant of the same scopes, because the ticket's own times are the shop's, and the next
    sync would put them back.
    """
    held = ticket.live_claim
    if held is None:
        raise FixRefused(_("Nobody has this ticket."))
    if ticket.product.is_waiting:
        raise FixRefused(
            _("Nobody has said yet what this ticket opens. Organizers do, in Products.")
        )
    if not ticket.product.scopes:
        raise FixRefused(_("This ticket opens nothing."))
    at = timezone.now()
    ends_at = extended(ticket.valid_until or at, timedelta(hours=hours), at)
    if not by.may_give_until(ends_at, at):
        raise FixRefused(TOO_LONG)
    give_grant(
        conference=ticket.conference,
        email=held.user.email,
        scopes=ticket.product.scopes,
        reason=_("Ticket %(ticket)s, longer") % {"ticket": ticket.code[:100]},
        ends_at=ends_at,
        given_by=by.user,
    )
    said = {"hours": hours, "who": held.user.reference}
    by.log(ticket, _("%(hours)s h longer for %(who)s, by a grant.") % said)
    return Done(_("It lasts %(hours)s h longer.") % said, held.user)


@transaction.atomic
def extend_grant(by: Volunteer, *, grant: Grant, hours: int) -> Done:
    if grant.ends_at is None:
        raise FixRefused(_("It has no end."))
    at = timezone.now()
    if not by.may_give_until(extended(grant.ends_at, timedelta(hours=hours), at), at):
        raise FixRefused(TOO_LONG)
    grant.extend(timedelta(hours=hours), at)
    said = {"hours": hours, "until": plain(grant.ends_at, grant.conference)}
    by.log(grant, _("%(hours)s h longer, until %(until)s.") % said)
    return Done(_("It lasts %(hours)s h longer.") % said, grant.user)


@transaction.atomic
def let_in(by: Volunteer, *, ends_at: datetime, **given: Any) -> Done:
    """Without a ticket, by a grant: what is given is what `give_grant` takes."""
    if not by.may_give_until(ends_at, timezone.now()):
        raise FixRefused(TOO_LONG)
    grant = give_grant(conference=by.conference, given_by=by.user, ends_at=ends_at, **given)
    by.log(grant, _("Given at the help desk: %(why)s") % {"why": grant.reason})
    return Done(_("%(who)s may come in.") % {"who": grant.user.reference}, grant.user)


@transaction.atomic
def end_grant(by: Volunteer, *, grant: Grant) -> Done:
    if not by.may_give_until(grant.ends_at, timezone.now()):
        raise FixRefused(_("This lasts longer than a day. Organizers may take it back."))
    _end_now(grant)
    by.log(grant, _("Taken back."))
    return Done(_("Taken back."), grant.user)


@transaction.atomic
def ban(by: Volunteer, *, person: User, reason: str, ends_at: datetime | None) -> Done:
    if person == by.user:
        raise FixRefused(_("That is you."))
    given = Ban(
        conference=by.conference, user=person, reason=reason, ends_at=ends_at, given_by=by.user
    )
    given.give()
    by.log(given, _("Shut out: %(reason)s") % {"reason": reason})
    return Done(_("%(who)s is shut out.") % {"who": person.reference}, person)


@transaction.atomic
def lift_ban(by: Volunteer, *, ban: Ban) -> Done:
    _end_now(ban)
    by.log(ban, _("Lifted."))
    return Done(_("%(who)s may come in again.") % {"who": ban.user.reference}, ban.user)


def end_sessions(by: Volunteer, *, person: User) -> Done:
    """At this conference. They can sign in again."""
    sessions = list(sessions_of(person, by.conference, timezone.now()))
    sign_out(sessions)
    said = {"who": person.reference, "count": len(sessions)}
    by.log(person, _("Signed out on %(count)s devices.") % said)
    return Done(_("%(who)s is signed out on %(count)s devices.") % said, person)


def fetch_order(by: Volunteer, *, ticket: Ticket) -> Done:
    """Ask the shop again, now."""
    orders = orders_of(Ticket.objects.filter(pk=ticket.pk))
    if not orders:
        raise FixRefused(_("This ticket came from no shop that can be asked."))
    return Done(_ask_shops(by, orders, ticket), _holder_or(ticket))


def ask_shops(by: Volunteer, *, email: str) -> Done:
    """For all their orders, now."""
    person = people_known_to(by.user, by.conference).filter(email=email).first()
    tickets = Ticket.objects.concerning(by.conference, email, person)
    orders = orders_of(tickets)
    if not orders:
        raise FixRefused(_("No order of theirs that a shop can be asked for is known here."))
    row = person or tickets.latest("pk")
    return Done(_ask_shops(by, orders, row), row)


def _ask_shops(by: Volunteer, orders: OrdersByShop, row: models.Model) -> str:
    """Logged with the row."""
    if not may_ask(by.conference):
        raise FixRefused(_("The shop has been asked very often just now. Wait a minute."))
    answer = ask_now(orders)
    by.log(row, _("The shop was asked again."))
    if answer.problems and not answer.changes:
        raise FixRefused(str(answer))
    return str(answer)


def send_entry_link(by: Volunteer, *, ticket: Ticket) -> Done:
    """Again, however lately it was sent: somebody stands there and waits."""
    try:
        is_sent = send_link(ticket.pk, by.site, sends_again=True)
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
    by.log(ticket, _("The entry link was sent."))
    text = _("The link is on its way to %(to)s.") % {"to": ticket.holder_email}
    return Done(text, _holder_or(ticket))


@transaction.atomic
def show_entry_link(by: Volunteer, *, ticket: Ticket) -> Done:
    """The text is its address, for the screen at the desk. Whoever opens it is let in as the ticket's
    holder, so it stands in the history who has seen it, and who came in by it.
    """
    link = link_to(ticket)
    ticket = link.ticket
    holder, known = ticket.live_claim, known_account(ticket.holder_email)
    if refusal_of(link, ticket.conference) is not None:
        raise FixRefused(_("It lets nobody in: the ticket is not valid, or has no e-mail address."))
    if holder is not None and holder.user.email != ticket.holder_email:
        raise FixRefused(_("%(who)s has this ticket.") % {"who": holder.user.reference})
    if known is not None and is_guarded(known, ticket.conference_id):
        raise FixRefused(_("This account opens by its own login alone: it has more rights."))
    by.log(ticket, _("The entry link was shown at the help desk."))
    return Done(url_of(link, by.site, is_shown=True), ticket)


def _refuse_add_on(ticket: Ticket) -> None:
    if ticket.goes_with_main:
        text = _("An add-on goes with its ticket %(main)s. Give or release that one.")
        raise FixRefused(text % {"main": ticket.main_code})


def _holder_or(ticket: Ticket) -> models.Model:
    held = ticket.live_claim
    return held.user if held else ticket


def _end_now(row: Grant | Ban) -> None:
    at = timezone.now()
    if row.is_over_at(at):
        raise FixRefused(_("It is over already."))
    row.end(at)
