"""What one person holds in a conference, row by row. The rule (rule.py) asks whether something is open;
this says of which ticket, grant or talk that is so. It is read where somebody is refused, or looks at
their tickets, and not on every request.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Self

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from schedule.models import Conference, Talk
from tickets.admission.rule import REASON_OF_STATE, Reason
from tickets.models import Claim, Grant, Ticket, User, fold_email
from tickets.models.scopes import (
    HeldScope,
    ScopeWindow,
    parse_scope,
    talk_window,
    talk_windows,
    windows,
)


@dataclass(frozen=True)
class Holding:
    """A ticket, a grant, or a talk in which they speak or which they chair, and when it opens what.
    `is_used` False: a ticket in their name that nobody has claimed. `is_speaker`: of a talk.
    """

    row: Ticket | Grant | Talk
    windows: tuple[ScopeWindow, ...]
    is_used: bool = True
    is_speaker: bool = False

    @property
    def ticket(self) -> Ticket | None:
        return self.row if isinstance(self.row, Ticket) else None

    @property
    def is_valid(self) -> bool:
        return self.ticket is None or self.ticket.is_valid

    @property
    def waits_for_organizers(self) -> bool:
        """Whether it opens nothing only because nobody has said yet what it opens."""
        return self.ticket is not None and self.ticket.product.is_waiting

    def covering(self, scope: str | None) -> list[ScopeWindow]:
        wanted = parse_scope(scope) if scope else None
        return [window for window in self.windows if window.covers(wanted)]

    def is_over_at(self, at: datetime) -> bool:
        return all(window.is_over_at(at) for window in self.windows)

    def opens_at(self, scope: str | None, at: datetime) -> datetime | None:
        """When the scope opens, if it opens later."""
        begins = [window.starts_at for window in self.covering(scope)]
        return min((begin for begin in begins if begin is not None and begin > at), default=None)

    def ended_at(self, scope: str | None, at: datetime) -> datetime | None:
        """When the scope was open for the last time, if it was before."""
        ends = [window.ends_at for window in self.covering(scope) if window.is_over_at(at)]
        return max((end for end in ends if end is not None), default=None)


@dataclass(frozen=True)
class Standing:
    """`email`: the person's address, once it is proved."""

    conference: Conference
    email: str = ""
    holdings: tuple[Holding, ...] = ()

    @classmethod
    def read(cls, conference: Conference, user: User | AnonymousUser) -> Self:
        """What stands in the name of an address is told only to who has shown to read its mail."""
        if not isinstance(user, User):
            return cls(conference)  # the account of a session that was closed
        email = user.email if _has_proved(user) else ""
        used = Claim.objects.live().filter(user=user, ticket__conference=conference)
        rows = used.select_related("ticket__product").order_by("claimed_at", "pk")
        tickets = [(claim.ticket, True) for claim in rows]
        if email:
            waiting = Ticket.objects.filter(conference=conference).in_name_of(email).unclaimed()
            named = waiting.select_related("product").order_by("pk")
            tickets += [(ticket, False) for ticket in named]
        grants = list(Grant.objects.filter(conference=conference, user=user).order_by("pk"))
        rows_held = [*(ticket for ticket, _is_used in tickets), *grants]
        times = talk_windows(conference, [each for row in rows_held for each in row.held_scopes])

        def opened(held: Iterable[HeldScope]) -> tuple[ScopeWindow, ...]:
            return tuple(windows(held, conference, times))

        holdings = [Holding(row, opened(row.held_scopes), is_used) for row, is_used in tickets]
        holdings += [Holding(row, opened(row.held_scopes)) for row in grants]
        holdings += [_of_talk(talk, email) for talk in _own_talks(conference, user, email)]
        return cls(conference, email, tuple(holdings))

    @property
    def tickets(self) -> list[Holding]:
        return [holding for holding in self.holdings if holding.ticket is not None]

    @property
    def valid(self) -> list[Holding]:
        return [holding for holding in self.holdings if holding.is_valid and holding.is_used]

    def withheld_for(self, reason: Reason, scope: str | None) -> Holding | None:
        """The ticket that the reason is about: of several, one that would open the scope."""
        states = {state for state, its in REASON_OF_STATE.items() if its is reason}
        found = [each for each in self.tickets if each.ticket and each.ticket.state in states]
        found.sort(key=lambda each: not each.covering(scope))
        return next(iter(found), None)

    def opening_first(self, scope: str | None, at: datetime) -> Holding | None:
        ahead = [(begin, each) for each in self.valid if (begin := each.opens_at(scope, at))]
        return min(ahead, key=lambda pair: pair[0])[1] if ahead else None

    def ended_last(self, scope: str | None, at: datetime) -> Holding | None:
        """Also a ticket that nobody claimed while there was time."""
        held = [holding for holding in self.holdings if holding.is_valid]
        past = [(end, each) for each in held if (end := each.ended_at(scope, at))]
        return max(past, key=lambda pair: pair[0])[1] if past else None


def _has_proved(user: User) -> bool:
    proved = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(proved.exists())


def _own_talks(conference: Conference, user: User, email: str) -> list[Talk]:
    theirs = Q(chairs=user)
    if email:
        theirs |= Q(speakers__email__iexact=email)
    talks = Talk.objects.filter(theirs, conference=conference).select_related("room")
    talks = talks.prefetch_related("speakers").distinct()
    return sorted(talks, key=attrgetter("starts_at", "pk"))


def _of_talk(talk: Talk, email: str) -> Holding:
    window = talk_window(
        talk.code, talk.starts_at, talk.ends_at, talk.room.slug if talk.room else None
    )
    speakers = {fold_email(speaker.email) for speaker in talk.speakers.all()}
    return Holding(talk, (window,), is_speaker=bool(email) and email in speakers)
