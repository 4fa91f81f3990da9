from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Self

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from schedule.models import Conference, Room
from tickets.accounts.accounts import is_verified
from tickets.admission.rule import Admission, compute
from tickets.models import Claim, Grant, Product, Role, Ticket, User, fold_email
from tickets.models.scopes import TalkWindows, talk_windows, windows


@dataclass(frozen=True)
class Inquiry:
    """One person, or one address that has no account, in one conference at a moment. `scope` None
    asks for any admission.
    """

    conference: Conference
    user: User | None
    email: str
    at: datetime
    admission: Admission | None
    scope: str | None = None

    @classmethod
    def read(
        cls,
        conference: Conference,
        user: User | None,
        email: str,
        at: datetime,
        scope: str | None,
    ) -> Self:
        admission = compute(conference, user.pk) if user else None
        return cls(conference, user, fold_email(email), at, admission, scope)

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    @cached_property
    def is_verified(self) -> bool:
        return self.user is not None and is_verified(self.user)

    @cached_property
    def roles(self) -> list[str]:
        """The kinds of those in this conference."""
        mine = Role.objects.filter(conference=self.conference, user=self.user)
        return list(mine.order_by("pk").values_list("kind", flat=True)) if self.user else []

    @cached_property
    def helped_rooms(self) -> list[str]:
        """Their names."""
        if self.user is None:
            return []
        rooms = Room.objects.filter(conference=self.conference, helpers=self.user)
        return list(rooms.order_by("position", "name").values_list("name", flat=True))

    @cached_property
    def tickets(self) -> list[Ticket]:
        """In their name, or theirs now or before."""
        theirs = Q(holder_email=self.email)
        if self.user is not None:
            claims = Claim.objects.filter(ticket=OuterRef("pk"), user=self.user)
            theirs |= Q(Exists(claims))
        tickets = Ticket.objects.filter(theirs, conference=self.conference).order_by("pk")
        return list(with_all(tickets))

    @property
    def waiting_product(self) -> Product | None:
        """Of a valid ticket in their name that opens nothing because nobody has said what."""
        mine = [ticket for ticket in self.tickets if ticket.holder_email == self.email]
        waiting = [each.product for each in mine if each.is_valid and each.product.is_waiting]
        return waiting[0] if waiting else None

    @cached_property
    def bought(self) -> list[Ticket]:
        """By them, for others or for nobody yet."""
        tickets = Ticket.objects.filter(conference=self.conference, buyer_email=self.email)
        others = tickets.exclude(holder_email=self.email).select_related("product")
        return list(others.order_by("pk"))

    @cached_property
    def grants(self) -> list[Grant]:
        if self.user is None:
            return []
        grants = Grant.objects.filter(conference=self.conference, user=self.user)
        return list(grants.select_related("given_by").order_by("pk"))

    @cached_property
    def _talks(self) -> TalkWindows:
        rows: list[Ticket | Grant] = [*self.tickets, *self.grants]
        return talk_windows(self.conference, [held for row in rows for held in row.held_scopes])

    def is_open(self, row: Ticket | Grant) -> bool | None:
        """As below, of one of these tickets and grants, at the moment that is asked about."""
        return is_open(row, self.conference, self._talks, self.at)

    def claim_of(self, ticket: Ticket) -> Claim | None:
        """Their last one."""
        mine = [claim for claim in ticket.claims.all() if claim.user_id == self.user_id]
        return mine[-1] if mine else None


def with_all(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """With all that is said about a ticket: its product, shop, entry link, and who had it."""
    claims = Prefetch("claims", Claim.objects.select_related("user").order_by("pk"))
    return tickets.select_related("product", "shop", "entry_link").prefetch_related(claims)


def live_claim(ticket: Ticket) -> Claim | None:
    """Of a ticket that was read `with_all`."""
    return next((claim for claim in ticket.claims.all() if claim.released_at is None), None)


def is_open(
    row: Ticket | Grant, conference: Conference, talks: TalkWindows, at: datetime
) -> bool | None:
    """Whether anything is open that it opens, whatever its state. None: not yet."""
    lasting = windows(row.held_scopes, conference, talks)
    ahead = [window for window in lasting if not window.is_over_at(at)]
    if not ahead:
        return False
    return True if any(window.has_begun_at(at) for window in ahead) else None
