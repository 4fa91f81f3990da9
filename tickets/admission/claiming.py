"""Tickets find their people: by the verified address that stands on the ticket."""

from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from lib.compiled_sql import prepared
from schedule.models import Conference
from tickets.models import Claim, Ticket, TicketQuerySet, User
from tickets.models.scopes import HeldScope, talk_windows, windows


@transaction.atomic
def claim_add_ons(conference: Conference, user: User) -> None:
    """Give the person what goes with the tickets that they have."""
    _give(conference, _add_ons_waiting(conference, user))


class _Waiting(NamedTuple):
    """A valid ticket that nobody has, with who gets it and in which way."""

    person_id: int
    ticket: Ticket
    way: Claim.Way


@transaction.atomic
def claim_tickets(
    conference: Conference,
    user: User | None = None,
    *,
    emails: Collection[str] | None = None,
    way: Claim.Way = Claim.Way.EMAIL,
) -> int:
    """Give the person, or with None everybody who has an account (one of these addresses), the
    tickets in their name.

    Of several that open the same they get one, so that the buyer can pass on the others; and none
    while they hold one that still opens it. Add-ons go to whoever has their ticket. Returns how many
    people got one. The number of statements does not depend on how many they are.
    """
    waiting = _waiting(conference, user, emails)
    given = _give(conference, [_Waiting(*each, way) for each in waiting])
    given += _give(conference, _add_ons_waiting(conference, user, emails))
    return len({claim.user_id for claim in given})


@transaction.atomic
def claim_those(
    conference: Conference, user: User, tickets: Iterable[Ticket], way: Claim.Way
) -> list[Ticket]:
    """Give the person those of these tickets that nobody has, by the same rule, and their add-ons.
    Returns what they got.
    """
    among = [ticket.pk for ticket in tickets]
    free = _free(Ticket.objects.filter(conference=conference, pk__in=among))
    given = _give(conference, [_Waiting(user.pk, ticket, way) for ticket in free])
    given += _give(conference, _add_ons_waiting(conference, user))
    return [claim.ticket for claim in given]


def _give(conference: Conference, waiting: Collection[_Waiting]) -> list[Claim]:
    at = timezone.now()
    opens = {ticket.pk: ticket.held_scopes for _person_id, ticket, _way in waiting}
    talks = talk_windows(conference, chain.from_iterable(opens.values()))
    # What a ticket opens and when. Those that open the same are for several people.
    chosen: dict[tuple[int, frozenset[HeldScope]], _Waiting] = {}
    for each in waiting:
        held = opens[each.ticket.pk]
        if [window for window in windows(held, conference, talks) if not window.is_over_at(at)]:
            chosen.setdefault((each.person_id, frozenset(held)), each)
    if not chosen:
        return []
    # Read after the tickets are locked: of two sign-ins at the same moment the second sees what
    # the first has claimed.
    people = {person_id for person_id, _held in chosen}
    claims: Iterable[Claim]
    if len(people) == 1:
        claims = _held_by_one(people.pop(), conference.pk)
    else:
        claims = _held(Q(user__in=people), conference.pk)
    for claim in claims:
        chosen.pop((claim.user_id, frozenset(claim.ticket.held_scopes)), None)
    given = [
        Claim(ticket=ticket, user_id=person_id, way=way)
        for person_id, ticket, way in chosen.values()
    ]
    Claim.objects.give(given)
    return given


@prepared
def _held_by_one(person_id: int, conference_id: int) -> QuerySet[Claim]:
    return _held(Q(user=person_id), conference_id)


def _held(who: Q, conference_id: int) -> QuerySet[Claim]:
    claims = Claim.objects.live().filter(
        who, ticket__conference=conference_id, ticket__state=Ticket.State.VALID
    )
    return claims.select_related("ticket__product")


def _waiting(
    conference: Conference, user: User | None, emails: Collection[str] | None
) -> list[tuple[int, Ticket]]:
    """Valid tickets that nobody has, each with the person whose address it carries."""
    if user is not None:
        waiting = _waiting_for_one(conference.pk, user.pk, user.email) if user.is_active else []
        return [(user.pk, ticket) for ticket in waiting]
    tickets = Ticket.objects.filter(conference=conference)
    # A page of a shop names a few: to look whose tickets wait in all would take longer each time.
    among = emails if emails is not None else tickets.valid().unclaimed().values("holder_email")
    owners = EmailAddress.objects.filter(
        verified=True, user__is_active=True, email=F("user__email"), email__in=among
    )
    person_of: dict[str, int] = dict(owners.values_list("email", "user"))
    if not person_of:
        return []
    theirs = _free(tickets.filter(holder_email__in=person_of))
    return [(person_of[ticket.holder_email], ticket) for ticket in theirs]


@prepared
def _waiting_for_one(conference_id: int, user_id: int, email: str) -> QuerySet[Ticket]:
    """Asked at every sign-in. Whose address it is has to be proved."""
    proved = EmailAddress.objects.filter(user=user_id, email=email, verified=True)
    theirs = Ticket.objects.filter(Exists(proved), conference=conference_id, holder_email=email)
    return _free(theirs)


def _add_ons_waiting(
    conference: Conference, user: User | None = None, emails: Collection[str] | None = None
) -> list[_Waiting]:
    """Add-ons that go with their ticket are for whoever has that, in the way in which they have it."""
    if user is not None:
        rows: Iterable[Any] = _add_ons_for_one(conference.pk, user.pk)
    else:
        named = Q() if emails is None else Q(holder_email__in=[*emails, ""])
        rows = _free_add_ons(Q(named, conference=conference))
    return [_Waiting(row.main_holder, row, row.main_way) for row in rows if row.main_holder]


@prepared
def _add_ons_for_one(conference_id: int, user_id: int) -> QuerySet[Ticket]:
    mine = Claim.objects.live().filter(user=user_id, ticket__conference=conference_id)
    codes = mine.values("ticket__code")
    return _free_add_ons(Q(conference=conference_id, main_code__in=codes))


def _free_add_ons(those: Q) -> QuerySet[Ticket]:
    claims = Claim.objects.live().filter(
        ticket__conference=OuterRef("conference"),
        ticket__code=OuterRef("main_code"),
        ticket__shop_email=OuterRef("shop_email"),
    )
    free = Ticket.objects.filter(those).exclude(main_code="").valid().unclaimed()
    named = free.annotate(
        main_holder=Subquery(claims.values("user")[:1]),
        main_way=Subquery(claims.values("way")[:1]),
    )
    return _locked(named)


def _free(tickets: TicketQuerySet) -> QuerySet[Ticket]:
    """The tickets that are valid and that nobody has; without add-ons that go with another."""
    return _locked(tickets.valid().unclaimed().independent())


def _locked(tickets: TicketQuerySet) -> QuerySet[Ticket]:
    """In one order, so that claims and imports wait for each other instead of stopping each other."""
    return tickets.select_related("product").order_by("pk").select_for_update(of=("self",))
