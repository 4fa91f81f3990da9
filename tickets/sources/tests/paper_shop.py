"""A shop of paper, for tests: its pages are lists that a test writes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lib.http_client import Deadline
from tickets.models import Shop, SyncRun, Ticket
from tickets.sources.shops import registry
from tickets.sources.shops.base import (
    Admits,
    BadCall,
    Batch,
    ShopError,
    ShopKind,
    ShopTicket,
    WebhookCall,
)
from tickets.sources.syncing.run import sync


def paper_ticket(code: str, state: str = "valid", **kw: Any) -> ShopTicket:
    """`P1-2` is the second of the order P1."""
    named = {"product": "Conference", "product_code": "1", "admits": Admits.YES}
    about = {name: kw.pop(name, value) for name, value in named.items()}
    values = {"order_code": code.partition("-")[0], "state": state, "shop_says": state}
    email = kw.pop("email", f"{code.lower()}@example.com")
    return ShopTicket(code=code, values={**values, "holder_email": email, **kw}, **about)


class PaperShop:
    """`pages` are what it has; `changed` what it tells between full runs. `before_page` is called
    with the number of the page, and may raise.
    """

    deadline: Deadline | None = None

    def __init__(self) -> None:
        self.pages: list[list[ShopTicket]] = []
        self.changed: list[list[ShopTicket]] = []
        self.before_page: Callable[[int], None] = lambda number: None
        self.before_order: Callable[[str], None] = lambda code: None
        self.asked: list[str] = []
        self.cursor = "c1"

    def has(self, *tickets: ShopTicket) -> None:
        self.pages = [[ticket] for ticket in tickets]

    def everything(self) -> Iterator[Batch]:
        self.asked.append("everything")
        yield from self._batches(self.pages)

    def changes(self, cursor: str) -> Iterator[Batch]:
        self.asked.append(f"changes {cursor}")
        yield from self._batches(self.changed)

    def order(self, code: str) -> Batch:
        self.asked.append(f"order {code}")
        self.before_order(code)
        tickets = [ticket for page in self.pages for ticket in page]
        theirs = [ticket for ticket in tickets if ticket.values["order_code"] == code]
        return Batch(theirs, frozenset({code}))

    def _batches(self, pages: list[list[ShopTicket]]) -> Iterator[Batch]:
        for number, page in enumerate(pages, start=1):
            self.before_page(number)
            orders = frozenset(ticket.values["order_code"] for ticket in page)
            yield Batch(list(page), orders, self.cursor, sum(map(len, pages)))


def _read_call(shop: Shop, call: WebhookCall) -> str:
    if call.headers.get("x-paper") == "forged":
        raise BadCall("forged", 403)
    return call.body.decode()


def use(monkeypatch: pytest.MonkeyPatch, paper: PaperShop) -> None:
    kind = ShopKind("paper", "Paper", lambda shop: paper, _read_call)
    monkeypatch.setattr(registry, "OURS", (*registry.OURS, kind))


def make_shop(conference: Any, **kw: Any) -> Shop:
    fields = {"slug": "paper", "kind": "paper", "account": "acme", "event": "conf26"}
    return Shop.objects.create(conference=conference, **{**fields, **kw})


def broken(_number: Any) -> None:
    raise ShopError("The shop answers with a web page instead of data.")


def states() -> dict[str, str]:
    return dict(Ticket.objects.values_list("code", "state"))


def full(shop, **kw) -> SyncRun:
    return sync(shop, is_full=True, **kw)


def part(shop, **kw) -> SyncRun:
    return sync(shop, is_full=False, **kw)


def ten(*, state="valid", first=0) -> list[ShopTicket]:
    return [paper_ticket(f"P{number}-1", state) for number in range(first, 10)]
