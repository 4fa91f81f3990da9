"""pretix: orders with positions, items, and webhooks.

python -m tickets.sources.tests.fake_shops.pretix --port 0 --tickets 20000
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tickets.sources.tests.fake_shops.server import (
    Answer,
    Asked,
    FakeShop,
    Query,
    as_json,
    deliver,
    post,
    run,
)

Order = dict[str, Any]
Position = dict[str, Any]

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ379"
MAX_PAGE_SIZE = 50
CONFERENCE, WORKSHOP, SHIRT = 1, 2, 3
TICKETS, ADD_ONS = 1, 2
CATEGORIES = [{"id": TICKETS, "is_addon": False}, {"id": ADD_ONS, "is_addon": True}]
# What pretix waits between its attempts at a webhook.
WEBHOOK_WAITS = (5, 30, 60, 300, 1200, 3600, 14400, 21600, 43200, 43200, 86400)
ITEMS = [
    {
        "id": CONFERENCE,
        "name": {"de": "Konferenz", "en": "Conference ticket"},
        "admission": True,
        "category": TICKETS,
        "variations": [
            {"id": 11, "value": {"en": "Standard"}},
            {"id": 12, "value": {"en": "Student"}},
        ],
    },
    {
        "id": WORKSHOP,
        "name": {"de": "Workshop A"},
        "admission": True,
        "category": ADD_ONS,
        "variations": [],
    },
    {
        "id": SHIRT,
        "name": {"en": "T-shirt"},
        "admission": False,
        "category": None,
        "variations": [],
    },
]


def code_of(number: int) -> str:
    letters = ""
    for _place in range(5):
        number, letter = divmod(number, len(LETTERS))
        letters = LETTERS[letter] + letters
    return letters


class FakePretix(FakeShop):
    """`tickets` conference tickets to begin with, one to three of them in an order."""

    organizer, event, token = "acme", "conf", "fake-pretix-token"

    def __init__(self, tickets: int = 0) -> None:
        super().__init__()
        self.orders: dict[str, Order] = {}
        self.items: list[dict[str, Any]] = json.loads(json.dumps(ITEMS))
        self.may_view_orders = True
        self._position_ids = 0
        self._texts: dict[tuple[str, bool], bytes] = {}
        self._lists: dict[tuple[tuple[str, str], ...], list[str]] = {}
        number = 0
        while number < tickets:
            size = min(len(self.orders) % 3 + 1, tickets - number)
            names = range(number, number + size)
            emails = [f"holder-{name}@example.com" for name in names]
            self.add_order(*emails, email=f"buyer-{number}@example.com")
            number += size
        long_ago = self.now() - timedelta(days=30)
        for second, order in enumerate(self.orders.values()):
            order["datetime"] = (long_ago + timedelta(seconds=second)).isoformat()
            order["last_modified"] = order["datetime"]

    # What the shop's people do.

    def add_order(
        self, *attendees: str | None, email: str = "buyer@example.com", **fields: Any
    ) -> str:
        """One conference ticket for each attendee. The order's code."""
        code = code_of(len(self.orders) + 1_000_000)
        now = self.now().isoformat()
        order = {
            "code": code,
            "event": self.event,
            "status": "p",
            "testmode": False,
            "secret": "k24fiuwvu8kxz3y1",
            "email": email,
            "datetime": now,
            "last_modified": now,
            "require_approval": False,
            "valid_if_pending": False,
            "cancellation_date": None,
            "positions": [],
            "refunds": [],
            **fields,
        }
        with self.lock:
            self.orders[code] = order
            for attendee in attendees:
                self.add_position(code, attendee_email=attendee)
        return code

    def add_position(self, code: str, **fields: Any) -> Position:
        self._position_ids += 1
        positions = self.orders[code]["positions"]
        position = {
            "id": self._position_ids,
            "order": code,
            "positionid": len(positions) + 1,
            "item": CONFERENCE,
            "variation": 11,
            "subevent": None,
            "attendee_name": f"Attendee {self._position_ids}",
            "attendee_email": None,
            "secret": f"z3fsn8jyufm5kpk768q69gkbyr5f{self._position_ids}",
            "addon_to": None,
            "pseudonymization_id": f"P{self._position_ids}",
            "canceled": False,
            "valid_from": None,
            "valid_until": None,
            "blocked": None,
            "checkins": [],
            "answers": [],
            **fields,
        }
        positions.append(position)
        self.touch(code)
        return position

    def change(self, code: str, positionid: int | None = None, **fields: Any) -> None:
        """Fields of the order, or of one of its positions."""
        with self.lock:
            changed = self.orders[code] if positionid is None else self.position(code, positionid)
            changed |= fields
            self.touch(code)

    def position(self, code: str, positionid: int) -> Position:
        return next(
            position
            for position in self.orders[code]["positions"]
            if position["positionid"] == positionid
        )

    def cancel(self, code: str) -> None:
        with self.lock:
            self.change(code, status="c", cancellation_date=self.now().isoformat())
            for position in self.orders[code]["positions"]:
                position["canceled"] = True

    def cancel_position(self, code: str, positionid: int) -> None:
        self.change(code, positionid, canceled=True)

    def refund(self, code: str) -> None:
        """Only the money: the order's status stays, as in pretix."""
        with self.lock:
            self.orders[code]["refunds"].append({"local_id": 1, "state": "done"})
            self.touch(code)

    def block(self, code: str, positionid: int = 1, reason: str | None = "admin") -> None:
        """None unblocks."""
        self.change(code, positionid, blocked=[reason] if reason else None)

    def transfer(self, code: str, positionid: int, email: str, name: str = "Somebody new") -> None:
        self.change(code, positionid, attendee_email=email, attendee_name=name)

    def delete(self, code: str) -> None:
        with self.lock:
            del self.orders[code]
            self._lists.clear()

    def lose_half(self) -> None:
        with self.lock:
            for code in list(self.orders)[::2]:
                self.delete(code)

    def touch(self, code: str) -> None:
        with self.lock:
            self.orders[code]["last_modified"] = self.now().isoformat()
            self._texts.pop((code, True), None)
            self._texts.pop((code, False), None)
            self._lists.clear()

    # What it answers.

    def answer(self, asked: Asked) -> Answer:
        if refusal := self._refusal(asked.headers.get("authorization", "")):
            return refusal
        match asked.path.strip("/").split("/"):
            case ["api", "v1", "organizers", organizer, "events", event, *rest]:
                if (organizer, event) != (self.organizer, self.event):
                    return _detail(403, "You do not have permission to perform this action.")
                return self._of_event(rest, asked)
        return _detail(404, "Not found.")

    def _refusal(self, authorization: str) -> Answer | None:
        if not authorization:
            text = "Authentication credentials were not provided."
            return as_json({"detail": text}, 401, **{"WWW-Authenticate": "Token"})
        if authorization != f"Token {self.token}":
            return as_json({"detail": "Invalid token."}, 401, **{"WWW-Authenticate": "Token"})
        return None

    def _of_event(self, rest: list[str], asked: Asked) -> Answer:
        if rest and rest[0] == "orders" and not self.may_view_orders:
            return _detail(403, "You do not have permission to perform this action.")
        query = {name: values[-1] for name, values in asked.query.items()}
        match rest:
            case ["items"]:
                texts = [json.dumps(item).encode() for item in self.items]
                return self._page(asked, texts)
            case ["categories"]:
                return self._page(asked, [json.dumps(each).encode() for each in CATEGORIES])
            case ["orders"]:
                texts = [
                    self._text(code, query.get("include_canceled_positions") == "true")
                    for code in self._codes(query)
                ]
                return self._page(asked, texts)
            case ["orders", code] if code in self.orders:
                with_canceled = query.get("include_canceled_positions") == "true"
                return Answer(body=self._text(code, with_canceled))
        return _detail(404, "Not found.")

    def _codes(self, query: dict[str, str]) -> list[str]:
        names = {"testmode", "modified_since", "code", "ordering", "status"} & query.keys()
        wanted = {name: query[name] for name in sorted(names)}
        key = tuple(wanted.items())
        if key not in self._lists:
            self._lists[key] = self._found(wanted)
        return self._lists[key]

    def _found(self, wanted: dict[str, str]) -> list[str]:
        orders = list(self.orders.values())
        if "testmode" in wanted:
            orders = [one for one in orders if one["testmode"] is (wanted["testmode"] == "true")]
        for name in {"code", "status"} & wanted.keys():
            orders = [one for one in orders if one[name].upper() == wanted[name].upper()]
        if "modified_since" in wanted:
            since = datetime.fromisoformat(wanted["modified_since"])
            orders = [
                one for one in orders if datetime.fromisoformat(one["last_modified"]) >= since
            ]
        ordering = wanted.get("ordering", "datetime")
        orders.sort(key=lambda one: one[ordering.lstrip("-")], reverse=ordering[0] == "-")
        return [one["code"] for one in orders]

    def _text(self, code: str, with_canceled: bool) -> bytes:
        if (code, with_canceled) not in self._texts:
            order = self.orders[code]
            positions = [
                position
                for position in order["positions"]
                if with_canceled or not position["canceled"]
            ]
            text = json.dumps({**order, "positions": positions}).encode()
            self._texts[code, with_canceled] = text
        return self._texts[code, with_canceled]

    def _page(self, asked: Asked, texts: list[bytes]) -> Answer:
        size = min(int(asked.query.get("page_size", ["50"])[0]), MAX_PAGE_SIZE)
        number = int(asked.query.get("page", ["1"])[0])
        if number > 1 and (number - 1) * size >= len(texts):
            return _detail(404, "Invalid page.")
        last = number * size
        start = {
            "count": len(texts),
            "next": self._address(asked, number + 1) if last < len(texts) else None,
            "previous": self._address(asked, number - 1) if number > 1 else None,
        }
        results = b", ".join(texts[last - size : last])
        body = json.dumps(start).encode()[:-1] + b', "results": [' + results + b"]}"
        return Answer(body=body, headers={"X-Page-Generated": self.now().isoformat()})

    def _address(self, asked: Asked, page: int) -> str:
        query: Query = {**asked.query, "page": [str(page)]}
        return f"{self.url}{asked.path}?{urlencode(query, doseq=True)}"

    # Its webhooks.

    def call(self, code: str, action: str = "pretix.event.order.modified") -> bytes:
        """A webhook's body, from which nothing follows but a code."""
        said = {"notification_id": 1, "organizer": self.organizer, "event": self.event}
        return json.dumps({**said, "code": code, "action": action}).encode()

    def send(
        self,
        url: str,
        *bodies: bytes,
        waits: tuple[float, ...] = WEBHOOK_WAITS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> list[int]:
        """The last status for each body. Duplicates and disorder are up to who calls."""
        headers = {"Content-Type": "application/json", "User-Agent": "pretix/2026.8.0"}
        return [
            deliver(lambda body=body: post(url, body, headers), waits, sleep)  # type: ignore[misc]
            for body in bodies
        ]


def _detail(status: int, text: str) -> Answer:
    return as_json({"detail": text}, status)


if __name__ == "__main__":
    run(FakePretix)
