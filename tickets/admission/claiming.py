"""Tickets find their people: by the verified address that stands on the ticket."""

from collections import defaultdict
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

# An add-on that nobody has, with who has the ticket that it goes with (`_free_add_ons`).
type _AddOn = Any


class _Waiting(NamedTuple):
    """A valid ticket that nobody has, with who gets it and in which way."""

    person_id: int
    ticket: Ticket
    way: Claim.Way


@transaction.atomic
def claim_add_ons(conference: Conference, user: User) -> None:
    """Give the person what goes with the tickets that they have."""
    _give(conference, [], _add_ons_of_one(conference.pk, user.pk))


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

    A ticket comes with its add-ons, and opens what all of them open. Of several that open the same
    they get one, so that the buyer can pass on the others; and none while what they hold opens it.
    Returns how many people got one. The number of statements does not depend on how many they are.
    """
    waiting = [_Waiting(*each, way) for each in _waiting(conference, user, emails)]
    if user is not None:
        add_ons = _add_ons_in_reach_of_one(conference.pk, user.pk, user.email)
    else:
        add_ons = list(_free_add_ons(_of_some(conference, waiting, emails)))
    return len({claim.user_id for claim in _give(conference, waiting, add_ons)})


@transaction.atomic
def claim_those(
    conference: Conference, user: User, tickets: Iterable[Ticket], way: Claim.Way
) -> list[Ticket]:
    """Give the person those of these tickets that nobody has, by the same rule, and their add-ons.
    Returns what they got.
    """
    among = [ticket.pk for ticket in tickets]
    free = list(_free(Ticket.objects.filter(conference=conference, pk__in=among)))
    add_ons = [
        *_add_ons_of_one(conference.pk, user.pk),
        *_free_add_ons(Q(conference=conference, main_code__in=[each.code for each in free])),
    ]
    given = _give(conference, [_Waiting(user.pk, ticket, way) for ticket in free], add_ons)
    return [claim.ticket for claim in given]


def _give(
    conference: Conference, waiting: Collection[_Waiting], add_ons: Collection[_AddOn]
) -> list[Claim]:
    """To each what opens them something that they do not have yet. What brings most comes first, for
    it may bring what the others do.
    """
    opens = _opens(conference, [*(each.ticket for each in waiting), *add_ons])
    on_top: dict[int, list[Ticket]] = defaultdict(list)
    for add_on in add_ons:
        on_top[add_on.main_id].append(add_on)

    def brings(ticket: Ticket) -> set[HeldScope]:
        return opens[ticket.pk].union(*(opens[add_on.pk] for add_on in on_top[ticket.pk]))

    wanted = [
        _Waiting(row.main_holder, row, row.main_way)
        for row in add_ons
        if row.main_holder and opens[row.pk]
    ]
    mains = [each for each in waiting if brings(each.ticket)]
    wanted += sorted(mains, key=lambda each: -len(brings(each.ticket)))
    # Read after the tickets are locked: of two sign-ins at the same moment the second sees what
    # the first has claimed.
    has = _held_by({each.person_id for each in wanted}, conference)
    given = []
    for person_id, ticket, way in wanted:
        if brings(ticket) - has[person_id]:
            given.append(Claim(ticket=ticket, user_id=person_id, way=way))
            has[person_id] |= opens[ticket.pk]
            for add_on in on_top[ticket.pk]:
                if opens[add_on.pk] - has[person_id]:
                    given.append(Claim(ticket=add_on, user_id=person_id, way=way))
                    has[person_id] |= opens[add_on.pk]
    Claim.objects.give(given)
    return given


def _opens(conference: Conference, tickets: Collection[Ticket]) -> dict[int, set[HeldScope]]:
    """What each opens that is not over yet, by their keys."""
    at = timezone.now()
    held = {ticket.pk: ticket.held_scopes for ticket in tickets}
    talks = talk_windows(conference, chain.from_iterable(held.values()))

    def is_ahead(scope: HeldScope) -> bool:
        return any(not window.is_over_at(at) for window in windows([scope], conference, talks))

    return {pk: set(filter(is_ahead, scopes)) for pk, scopes in held.items()}


def _held_by(people: set[int], conference: Conference) -> dict[int, set[HeldScope]]:
    """By the people's keys."""
    has: dict[int, set[HeldScope]] = defaultdict(set)
    claims: Iterable[Claim] = ()
    if len(people) == 1:
        claims = _held_by_one(next(iter(people)), conference.pk)
    elif people:
        claims = _held(Q(user__in=people), conference.pk)
    for claim in claims:
        has[claim.user_id].update(claim.ticket.held_scopes)
    return has


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


def _of_some(
    conference: Conference, waiting: Collection[_Waiting], emails: Collection[str] | None
) -> Q:
    """The add-ons of these addresses, or with None of everybody, and of the tickets that wait."""
    if emails is None:
        return Q(conference=conference)
    codes = [each.ticket.code for each in waiting]
    theirs = Q(holder_email__in=[*emails, ""]) | Q(main_code__in=codes)
    return Q(theirs, conference=conference)


@prepared
def _add_ons_of_one(conference_id: int, user_id: int) -> QuerySet[Ticket]:
    """Those of the tickets that the person has."""
    codes = _codes_of(conference_id, user_id)
    return _free_add_ons(Q(conference=conference_id, main_code__in=codes))


@prepared
def _add_ons_in_reach_of_one(conference_id: int, user_id: int, email: str) -> QuerySet[Ticket]:
    """Those of the tickets that the person has, and of those in their name. Asked at every sign-in."""
    named = Ticket.objects.filter(conference=conference_id, holder_email=email).order_by()
    codes = _codes_of(conference_id, user_id).union(named.values("code"), all=True)
    return _free_add_ons(Q(conference=conference_id, main_code__in=codes))


def _codes_of(conference_id: int, user_id: int) -> QuerySet[Claim, Any]:
    mine = Claim.objects.live().filter(user=user_id, ticket__conference=conference_id)
    return mine.values("ticket__code")


def _free_add_ons(those: Q) -> QuerySet[_AddOn]:
    """Those that go with a ticket (`main_id`), with who has that in which way (`main_holder`,
    `main_way`). An add-on is for whoever has its ticket, in the way in which they have it.
    """
    claims = Claim.objects.live().filter(ticket=OuterRef("main_id"))
    theirs = Ticket.objects.filter(those).exclude(main_code="").valid()
    free: Any = theirs.unclaimed().with_main()
    named = free.filter(main_id__isnull=False).annotate(
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
