"""pretix, hosted or self-hosted: https://docs.pretix.eu/dev/api/

Read by orders, which move whenever one of their positions does; there is no such list of positions.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from tickets.models import Shop, Ticket
from tickets.sources.shops.base import (
    Admits,
    BadCall,
    Batch,
    ShopError,
    ShopKind,
    ShopTicket,
    WebhookCall,
)
from tickets.sources.shops.client import (
    Document,
    ShopAnswer,
    ShopClient,
    ShopReader,
    code_of,
    email_of,
    known_shape,
    text_of,
    time_of,
)

PAGE_SIZE = 50  # the most that pretix gives
WORDS = {"n": "pending", "p": "paid", "e": "expired", "c": "canceled"}
ORDER_ACTION = "pretix.event.order."

_order_code = re.compile(r"[A-Z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class PretixItem:
    """`is_add_on`: its category is sold with other tickets only."""

    name: str
    is_admission: bool
    is_add_on: bool
    variations: dict[int, str]

    @property
    def admits(self) -> Admits:
        if self.is_add_on:
            return Admits.ASK
        return Admits.YES if self.is_admission else Admits.NO


class PretixApi(ShopReader):
    hosted = "https://pretix.eu"
    path = "/api/v1/organizers/{account}/events/{event}/"
    authorization = "Token "

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self._items: dict[int, PretixItem] = {}

    def everything(self) -> Iterator[Batch]:
        # In the order in which they came: nothing moves while we turn the pages, new ones come last.
        seen: set[str] = set()
        promised = 0
        for batch in self._pages({"ordering": "datetime", "testmode": self._testmode}):
            promised = promised or batch.total
            seen |= batch.whole_orders
            yield batch
        if len(seen) < promised:
            raise ShopError(
                _("The shop announced %(promised)d orders and gave %(seen)d.")
                % {"promised": promised, "seen": len(seen)}
            )

    def _changes(self, since: datetime, cursor: str) -> Iterator[Batch]:
        # Newest first: what changes while we turn the pages goes to the top, where the next time
        # finds it, and pushes the others to pages that we have not seen yet.
        query = {"ordering": "-last_modified", "testmode": self._testmode}
        return self._pages(query | {"modified_since": since.isoformat()})

    def order(self, code: str) -> Batch:
        """Asks by the list: its "there is none" is no error that a proxy, too, could have made."""
        pages = list(self._pages({"code": code}))
        tickets = [
            ticket
            for batch in pages
            for ticket in batch.tickets
            if ticket.values["order_code"] == code
        ]
        return Batch(tickets, frozenset({code}))

    @property
    def _testmode(self) -> str:
        return "true" if self.shop.is_test_mode else "false"

    def _pages(self, query: dict[str, str]) -> Iterator[Batch]:
        query = {"include_canceled_positions": "true", "page_size": str(PAGE_SIZE), **query}
        cursor: str | None = None
        with self.client() as client:
            for answer in _answers(client, f"{self.event_url}orders/?{urlencode(query)}"):
                with known_shape():
                    # The first page's: what changed while we read the others comes next time.
                    # "": a proxy took the header away, so everything is read each time.
                    if cursor is None:
                        cursor = answer.headers.get("X-Page-Generated", "")
                        time_of(cursor or None)
                    batch = self._batch(client, answer.document, cursor)
                yield batch

    def _batch(self, client: ShopClient, page: Document, cursor: str) -> Batch:
        orders = page["results"]
        for order in orders:
            if any(position["item"] not in self._items for position in order["positions"]):
                self._items = self._read_items(client)
                break
        tickets = [ticket for order in orders for ticket in self._tickets(order)]
        codes = frozenset(code_of(order["code"]) for order in orders)
        return Batch(tickets, codes, cursor, int(page["count"]))

    def _read_items(self, client: ShopClient) -> dict[int, PretixItem]:
        rows = list(self._listed(client, "items"))
        categories: set[int] = set()
        if any(item.get("category") is not None for item in rows):
            found = self._listed(client, "categories")
            categories = {int(row["id"]) for row in found if row["is_addon"] is not False}
        return {
            int(item["id"]): PretixItem(
                name=_localized(item["name"]),
                is_admission=item["admission"] is True,
                is_add_on=item.get("category") in categories,
                variations={
                    int(kind["id"]): _localized(kind["value"]) for kind in item["variations"]
                },
            )
            for item in rows
        }

    def _listed(self, client: ShopClient, what: str) -> Iterator[Document]:
        for answer in _answers(client, f"{self.event_url}{what}/?page_size={PAGE_SIZE}"):
            yield from answer.document["results"]

    def _tickets(self, order: Document) -> Iterator[ShopTicket]:
        """An order of the other mode has none: it was paid with play money, or is not ours to test with."""
        if order["testmode"] is not self.shop.is_test_mode:
            return
        by_id = {position["id"]: position for position in order["positions"]}
        for position in order["positions"]:
            # Add-ons have an attendee of their own only if the shop asks for one.
            main = by_id.get(position["addon_to"], position)
            yield self._ticket(order, position, main)

    def _ticket(self, order: Document, position: Document, main: Document) -> ShopTicket:
        code = code_of(order["code"])
        buyer = email_of(order["email"])
        holder = email_of(position["attendee_email"]) or email_of(main["attendee_email"])
        if not holder and self.shop.uses_buyer_email:
            holder = buyer
        state, words = _state(order, position)
        product, product_code, admits = self._product(position)
        return ShopTicket(
            code=f"{code}-{int(position['positionid'])}",
            product=product,
            product_code=product_code,
            admits=admits,
            values={
                "order_code": code,
                "main_code": _main_code(code, position, main),
                "state": state,
                "shop_says": text_of(words, 100),
                "holder_name": text_of(position["attendee_name"] or main["attendee_name"], 200),
                "holder_email": holder,
                "buyer_email": buyer,
                "valid_from": time_of(position.get("valid_from")),
                "valid_until": time_of(position.get("valid_until")),
            },
        )

    def _product(self, position: Document) -> tuple[str, str, Admits]:
        """Name, code, and whether it lets in. A date of an event series is a product of its own; and so
        is what is sold with another ticket, of a product that is sold by itself too.
        """
        number, variation = int(position["item"]), position["variation"]
        subevent = position.get("subevent")
        item = self._items.get(number)
        admits = item.admits if item else Admits.ASK
        name, code = item.name if item else f"#{number}", str(number)
        if variation is not None:
            variations = item.variations if item else {}
            name = f"{name} – {variations.get(int(variation), f'#{int(variation)}')}"
            code = f"{code}:{int(variation)}"
        if subevent is not None:
            name, code = f"{name} ({int(subevent)})", f"{code}@{int(subevent)}"
        if position["addon_to"] is not None and admits is not Admits.ASK:
            name, code, admits = _("%s (add-on)") % name, f"{code}+", Admits.ASK
        return text_of(name, 200), code, admits


def read_call(shop: Shop, call: WebhookCall) -> str:
    """pretix signs nothing, and one webhook may speak of all events of an organizer."""
    try:
        content = json.loads(call.body)
        organizer, event, action = content["organizer"], content["event"], content["action"]
        code = content.get("code") or ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadCall("not a call of pretix") from None
    if not all(isinstance(word, str) for word in (organizer, event, action, code)):
        raise BadCall("not a call of pretix")
    if organizer.casefold() != shop.account.casefold():
        raise BadCall("another organizer")
    if event.casefold() != shop.event.casefold() or not action.startswith(ORDER_ACTION):
        return ""
    if not _order_code.fullmatch(code):
        raise BadCall("no order code")
    return str(code)


def _answers(client: ShopClient, url: str | None) -> Iterator[ShopAnswer]:
    """All pages of a list, from the first one's address on."""
    asked: set[str] = set()
    while url is not None:
        if url in asked:
            raise ShopError(_("The shop's pages go round in a circle."))
        asked.add(url)
        answer = client.get(url)
        yield answer
        with known_shape():
            url = answer.document["next"]
            if not isinstance(url, str | None):
                raise TypeError("no address")


def _localized(name: object) -> str:
    """English, else the first; plain text in old versions."""
    if isinstance(name, dict):
        name = name.get("en") or next((text for text in name.values() if text), "")
    return text_of(name, 200)


def _main_code(code: str, position: Document, main: Document) -> str:
    """Of an add-on whose ticket is not in the order, the code is one that no ticket has."""
    if position["addon_to"] is None:
        return ""
    return f"{code}-{int(main['positionid']) if main is not position else '?'}"


def _state(order: Document, position: Document) -> tuple[Ticket.State, str]:
    """The checks are in the order of pretix' own at the door (perform_checkin); the times are checked by
    whoever asks for admission.
    """
    status = str(order["status"])
    words = WORDS.get(status, status)
    if position["canceled"]:
        return Ticket.State.CANCELED, WORDS["c"]
    if status in ("c", "e"):
        return Ticket.State.CANCELED, words
    if status not in WORDS:
        return Ticket.State.UNKNOWN, words
    if blocked := position.get("blocked"):
        reasons = blocked if isinstance(blocked, list) else [blocked]
        return Ticket.State.CANCELED, f"blocked: {', '.join(map(str, reasons))}"
    if status == "p":
        return Ticket.State.VALID, words
    if order.get("require_approval"):
        return Ticket.State.PENDING, "approval pending"
    if order.get("valid_if_pending") is True:
        return Ticket.State.VALID, "pending (confirmed)"
    return Ticket.State.PENDING, words


PRETIX = ShopKind(
    name="pretix",
    label="pretix",
    open=PretixApi,
    read_call=read_call,
    fields=("base_url", "account", "event", "token", "uses_buyer_email", "is_test_mode"),
    docs="docs/shops-pretix.md",
    token_goes_to=lambda shop: PretixApi(shop).event_url,
)
