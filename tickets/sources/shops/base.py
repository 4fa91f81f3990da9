"""What a ticket shop's module gives: its tickets as neutral rows, page by page.

A package adds a shop by an entry point of the group `front_row.ticket_shops`; its value names a
`ShopKind`. A module neither reads nor writes our tables: it is given a `Shop` row and says what
the shop says. tickets/sources/syncing/ does the rest.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from operator import attrgetter
from typing import Any, Protocol

from lib.http_client import Deadline
from tickets.models import Shop

# By the names of Ticket's fields.
type TicketValues = dict[str, Any]


class ShopError(Exception):
    """The shop could not be read; the text says why, to an organizer. Nothing follows from it."""


class BadCall(Exception):
    """A webhook call that the shop did not make, or that cannot be read. `status` is the answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Admits(Enum):
    """What a shop says about whether a product lets people in. YES opens the conference by itself, NO
    (a T-shirt, a donation) opens nothing. ASK: an add-on, or a product that the shop does not list;
    UNTOLD: the shop never tells. With these two somebody has to say what the product opens, unless
    it is the only one of a shop that does not tell.
    """

    YES = auto()
    NO = auto()
    ASK = auto()
    UNTOLD = auto()


@dataclass(frozen=True, slots=True)
class ShopTicket:
    """One ticket as a shop says it is. `values` are fields of Ticket, `holder_email` meaning what
    the shop says; about those that are not in it the shop says nothing, and what is known stays.

    Only words that a module knows to mean so become the state `valid`; all others are `unknown`.
    `door_code` is what the QR code of the shop's own ticket says, `order_url` where who bought it sees and
    pays the order; both are kept sealed.
    `product_code` is the shop's number of the product, "" where there is only the name.
    The value `main_code` is, of an add-on, the code of the ticket that it was bought for.
    """

    code: str
    product: str
    values: TicketValues
    product_code: str = ""
    admits: Admits = Admits.UNTOLD


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of an answer.

    `whole_orders`: codes of orders that the page tells whole, so that a ticket of theirs that is
    not in `tickets` is gone (canceled). `next_cursor`: from where the next `changes` go on; only
    the one of the last page is kept, and only if all pages came. `total`: how many tickets or
    orders there will be in all, for the progress; 0: unknown.
    """

    tickets: list[ShopTicket]
    whole_orders: frozenset[str] = frozenset()
    next_cursor: str = ""
    total: int = 0


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """A webhook's request. The names of its headers are in small letters."""

    headers: Mapping[str, str]
    body: bytes


class ShopApi(Protocol):
    """All of it raises ShopError, and nothing else. Every answer has come whole or not at all.

    `deadline`, if it is set: somebody waits for the answer, so not beyond that.
    """

    deadline: Deadline | None = None

    def everything(self) -> Iterator[Batch]: ...

    def changes(self, cursor: str) -> Iterator[Batch]:
        """What changed since the cursor, which a former run has yielded."""
        ...

    def order(self, code: str) -> Batch:
        """The whole order; without tickets if the shop has no such order."""
        ...


@dataclass(frozen=True, slots=True)
class ShopKind:
    """`open` asks nothing yet. `read_call` checks a webhook call without asking the shop, and says which
    order it is about; "" for a call that says nothing about tickets. It raises BadCall. `fields` are
    those fields of the Shop row that organizers fill in for this kind; `docs` is the page that
    explains how. `token_goes_to` says of a Shop which address gets its token.
    """

    name: str
    label: str
    open: Callable[[Shop], ShopApi]
    read_call: Callable[[Shop, WebhookCall], str]
    fields: tuple[str, ...] = ("account", "event", "token")
    docs: str = ""
    token_goes_to: Callable[[Shop], str] = attrgetter("base_url")
