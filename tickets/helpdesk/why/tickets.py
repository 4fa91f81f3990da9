"""Tickets, their entry links, and how old what we know of them is."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.models import Conference
from tickets.admission.windows import talk_windows
from tickets.helpdesk.why.findings import (
    Finding,
    Inquiry,
    is_open,
    live_claim,
    opens,
    plain,
    window,
)
from tickets.models import EntryLink, Shop, SyncRun, Ticket


def about_claims(case: Inquiry) -> Iterator[Finding]:
    for ticket in case.tickets:
        claim = case.claim_of(ticket)
        if claim is None:
            continue
        if claim.released_at:
            text = _("They had ticket %(ticket)s, until %(at)s.") % {
                "ticket": named(ticket),
                "at": plain(claim.released_at, case.conference),
            }
            yield Finding("released", None, text, ticket)
            continue
        yield Finding(
            "claim",
            ticket.is_valid and case.is_open(ticket),
            _("They have ticket %(ticket)s, which opens: %(opens)s.")
            % {"ticket": named(ticket), "opens": opens(ticket.product.scopes)}
            + window(ticket.valid_from, ticket.valid_until, case.conference),
            ticket,
        )


def about_named(case: Inquiry) -> Iterator[Finding]:
    """Those in the person's name, whoever has them."""
    in_their_name = [ticket for ticket in case.tickets if ticket.holder_email == case.email]
    for ticket in in_their_name:
        claim, values = live_claim(ticket), {"ticket": named(ticket)}
        if claim is None:
            text = _("Ticket %(ticket)s is in their name and nobody has it yet.")
            if case.user is None:
                text = _("Ticket %(ticket)s is in their name: it is theirs once they sign in.")
            yield Finding("ticket", ticket.is_valid, text % values, ticket)
        elif claim.user_id != case.user_id:
            text = _("Ticket %(ticket)s is in their name, but %(other)s has claimed it.")
            values["other"] = claim.user.reference
            yield Finding("ticket_of_other", False, text % values, ticket)
    if not in_their_name:
        text = _("No ticket is in the name of %(email)s.") % {"email": case.email}
        yield Finding("ticket", None, text)
    if bought := len(case.bought):
        text = ngettext(
            "They have bought %(count)s ticket that is in another name or in none.",
            "They have bought %(count)s tickets that are in other names or in none.",
            bought,
        )
        yield Finding("bought", None, text % {"count": bought})


def about_links(case: Inquiry) -> Iterator[Finding]:
    """Of tickets that are theirs, or free and in their name."""
    for ticket in case.tickets:
        claim = live_claim(ticket)
        if ticket.is_valid and (claim is None or claim.user_id == case.user_id):
            yield about_link(ticket, case.conference)


def about_link(ticket: Ticket, conference: Conference) -> Finding:
    link: EntryLink | None = getattr(ticket, "entry_link", None)
    values = {"ticket": ticket.code}
    if link is None or link.sent_at is None:
        text = _("The entry link of %(ticket)s was never sent.") % values
        return Finding("link", None, text, ticket)
    values |= {"at": plain(link.sent_at, conference), "to": link.sent_to}
    text = _("The entry link of %(ticket)s was sent to %(to)s at %(at)s.") % values
    happened = (
        (link.bounced_at, _("It came back at %(at)s: the mailbox does not take it.")),
        (link.opened_at, _("It was opened at %(at)s.")),
        (link.used_at, _("It was used to sign in at %(at)s.")),
    )
    for at, words in happened:
        if at is not None:
            text += " " + words % {"at": plain(at, conference)}
    if link.used_at:
        return Finding("link", True, text, ticket)
    return Finding("link", False if link.bounced_at else None, text, ticket)


def about_ticket(ticket: Ticket, conference: Conference, at: datetime) -> Iterator[Finding]:
    """One that was read `with_all`, on its own."""
    text = _("Ticket %(ticket)s opens: %(opens)s.") % {
        "ticket": named(ticket),
        "opens": opens(ticket.product.scopes),
    }
    times = window(ticket.valid_from, ticket.valid_until, conference)
    talks = talk_windows(conference, ticket.held_scopes)
    is_good = ticket.is_valid and is_open(ticket, conference, talks, at)
    yield Finding("state", is_good, text + times)
    holder = " ".join(filter(None, (ticket.holder_name, ticket.holder_email)))
    text = _("It is in the name of %(holder)s.") % {"holder": holder}
    if not ticket.holder_email:
        text = _("No e-mail address stands on it, so nobody gets it by themselves.")
    elif ticket.shop_email not in ("", ticket.holder_email):
        text += " " + _("It was passed on here; the shop says %(email)s.") % {
            "email": ticket.shop_email
        }
    yield Finding("holder", True if ticket.holder_email else None, text)
    for claim in ticket.claims.all():
        values = {
            "who": claim.user.reference,
            "email": claim.user.email,
            "at": plain(claim.claimed_at, conference),
            "way": claim.get_way_display(),
        }
        text = _("%(who)s (%(email)s) has it since %(at)s, by %(way)s.")
        if claim.released_at:
            text = _("%(who)s (%(email)s) had it from %(at)s to %(end)s.")
            values["end"] = plain(claim.released_at, conference)
        yield Finding("claim", None if claim.released_at else True, text % values, claim.user)
    if live_claim(ticket) is None:
        yield Finding("claim", None, _("Nobody has it."))
    yield about_link(ticket, conference)


def about_shops(case: Inquiry) -> Iterator[Finding]:
    """How old what we know is. During an outage of the shop all that is known stays."""
    last = SyncRun.objects.filter(shop=OuterRef("pk")).order_by("-started_at", "-pk")
    waiting = Count("hints", filter=Q(hints__done_at__isnull=True))
    shops: Any = Shop.objects.active().filter(conference=case.conference).order_by("slug")
    for shop in shops.annotate(
        last_state=Subquery(last.values("state")[:1]),
        last_problem=Subquery(last.values("problem")[:1]),
        waiting=waiting,
    ):
        has_failed = shop.last_state in (SyncRun.State.FAILED, SyncRun.State.REFUSED)
        text = _("The ticket shop “%(shop)s” has never been heard.") % {"shop": shop}
        if shop.synced_at:
            text = _("The ticket shop “%(shop)s” was last heard %(age)s ago, at %(at)s.") % {
                "shop": shop,
                "age": timesince(shop.synced_at, case.at),
                "at": plain(shop.synced_at, case.conference),
            }
        if has_failed:
            values = {"problem": shop.last_problem or SyncRun.State(shop.last_state).label}
            text += " " + _("The last try failed: %(problem)s") % values
        if shop.waiting:
            words = ngettext("%(count)s order waits.", "%(count)s orders wait.", shop.waiting)
            text += " " + words % {"count": shop.waiting}
        is_bad = has_failed or shop.synced_at is None
        yield Finding("shop", False if is_bad else None, text, shop)


def named(ticket: Ticket) -> str:
    state = str(ticket.get_state_display())
    if ticket.shop_says and not ticket.is_valid:
        state = _("%(state)s; the shop says “%(word)s”") % {
            "state": state,
            "word": ticket.shop_says,
        }
    return f"{ticket.code} ({ticket.product}, {state})"
