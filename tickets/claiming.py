"""Tickets find their people: by the verified address that stands on the ticket."""

from datetime import UTC, date, datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from schedule.models import Conference
from tickets.admission import forget
from tickets.models import Claim, Ticket, User
from tickets.scopes import parse_scopes

_EVER = datetime.min.replace(tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@transaction.atomic
def claim_tickets(conference: Conference, user: User | None = None) -> int:
    """Give the person, or with None everybody who has an account, the ticket in their name.

    Of several they get one, so that the buyer can pass on the others; and none while they hold one
    that opens something now or later. Returns how many people got one. Four statements, however
    many they are.
    """
    at = timezone.now()
    best: dict[int, tuple[tuple[bool, datetime, int], Ticket]] = {}
    for person_id, ticket in _waiting(conference, user):
        if opens_at := _opens_at(ticket, conference, at):
            rank = ("conference" not in ticket.product.scopes, opens_at, ticket.pk)
            best[person_id] = min(best.get(person_id, (rank, ticket)), (rank, ticket))
    if not best:
        return 0
    # Read after the tickets are locked: of two sign-ins at the same moment the second sees what
    # the first has claimed.
    held = Claim.objects.live().filter(
        user__in=best, ticket__conference=conference, ticket__state=Ticket.State.VALID
    )
    for claim in held.select_related("ticket__product"):
        if _opens_at(claim.ticket, conference, at):
            best.pop(claim.user_id, None)
    claims = [
        Claim(ticket=ticket, user_id=person_id) for person_id, (_rank, ticket) in best.items()
    ]
    # What the help desk gave away a moment ago stays so: one live claim per ticket.
    Claim.objects.bulk_create(claims, ignore_conflicts=True)
    forget(conference.pk, best)
    return len(claims)


def _waiting(conference: Conference, user: User | None) -> list[tuple[int, Ticket]]:
    """Valid tickets that nobody has, each with the person whose address it carries; locked in one
    order, so that claims and imports wait for each other instead of stopping each other.
    """
    tickets = Ticket.objects.filter(conference=conference).valid().unclaimed()
    owners = EmailAddress.objects.filter(
        verified=True, user__is_active=True, email=F("user__email")
    ).filter(email__in=tickets.values("holder_email"))
    if user is not None:
        owners = owners.filter(user=user)
    person_of: dict[str, int] = dict(owners.values_list("email", "user"))
    if not person_of:
        return []
    theirs = tickets.filter(holder_email__in=person_of).select_related("product").order_by("pk")
    return [
        (person_of[ticket.holder_email], ticket)
        for ticket in theirs.select_for_update(of=("self",))
    ]


def _opens_at(ticket: Ticket, conference: Conference, at: datetime) -> datetime | None:
    """When the first of what it still opens begins. None: it opens nothing, or no more."""
    starts = []
    for scope in parse_scopes(ticket.product.scopes):
        starts_at, ends_at = ticket.valid_from or _EVER, ticket.valid_until or _FOREVER
        if scope.kind == "day":
            day_starts_at, day_ends_at = conference.day_window(date.fromisoformat(scope.value))
            starts_at, ends_at = max(starts_at, day_starts_at), min(ends_at, day_ends_at)
        if max(starts_at, at) < ends_at:
            starts.append(starts_at)
    return min(starts, default=None)
