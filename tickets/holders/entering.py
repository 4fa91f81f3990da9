"""Coming in by the personal entry link. That it was mailed proves that somebody reads the ticket's
mailbox. One that the help desk showed proves nothing: it brings that one ticket to the account of the
address, verifies none, and its use is in the history of the ticket.
"""

from enum import StrEnum
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.compiled_sql import prepared
from schedule.models import Conference
from tickets.accounts.accounts import (
    account_for,
    is_guarded,
    is_verified,
    known_account,
    prove_address,
    proved_account_for,
)
from tickets.admission.claiming import claim_those
from tickets.holders.passing_on import ask_first_holder
from tickets.models import Claim, EntryLink, User


class EntryRefusal(StrEnum):
    """Why a link does not let in. The page says what to do next."""

    DEAD = "dead"
    NOT_VALID = "not_valid"
    GUARDED = "guarded"
    TAKEN = "taken"


def refusal_of(link: EntryLink | None, conference: Conference) -> EntryRefusal | None:
    """What can be said before anybody pushes the button."""
    if link is None or link.ticket.conference_id != conference.pk or not link.ticket.holder_email:
        return EntryRefusal.DEAD
    return None if link.ticket.is_valid else EntryRefusal.NOT_VALID


def enter(
    link: EntryLink, conference: Conference, signed_in: User | None
) -> tuple[User | None, EntryRefusal | None]:
    """Who comes in. Who is signed in has the ticket then if nobody had it; else the login that
    follows gives the person what is in their name.

    Without anybody signed in that is the account of the address that the link was sent to, and no
    other one: who sends a link to somebody must not get into the account of who then used it.
    """
    user = signed_in or _account_of(link)
    if user is None:
        return None, EntryRefusal.GUARDED
    claim = next(iter(_live_claims(link.ticket_id)), None)
    if claim is None and (signed_in is not None or link.is_shown):
        way = Claim.Way.HELPDESK if link.is_shown else Claim.Way.LINK
        claim_those(conference, user, [link.ticket], way)
        # Of two at the same moment the other one may have got it.
        claim = next(iter(_live_claims(link.ticket_id)), None)
    if claim is not None and claim.user_id != user.pk:
        ask_first_holder(claim)
        return None, EntryRefusal.TAKEN
    if link.is_shown:
        _log_shown(link, user)
    else:
        link.note_used(timezone.now())
    return user, None


def _log_shown(link: EntryLink, user: User) -> None:
    entries: Any = LogEntry.objects
    said = {"who": user.reference}
    entries.log_actions(
        user.pk,
        [link.ticket],
        CHANGE,
        _("%(who)s came in by the link that was shown at the help desk.") % said,
    )


@prepared
def _live_claims(ticket_id: int) -> QuerySet[Claim]:
    return Claim.objects.live().filter(ticket=ticket_id)


def _account_of(link: EntryLink) -> User | None:
    """None: only the account's own login opens it."""
    email = link.ticket.holder_email
    known = known_account(email)
    if known is not None and is_guarded(known, link.ticket.conference_id):
        return None
    if link.is_shown:
        return known or account_for(email)
    if known is None:
        return proved_account_for(email)
    if not is_verified(known):
        prove_address(known)
    return known
