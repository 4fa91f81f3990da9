"""Tito: tickets, releases, and signed webhooks.

python -m tickets.sources.tests.fake_shops.tito --port 0 --tickets 20000
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

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

Row = dict[str, Any]

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
MAX_PAGE_SIZE = 1000
HIDDEN = ("void", "archived")
STANDARD, WORKSHOP, SHIRT = 1, 2, 3
RELEASES = {
    STANDARD: {"title": "Early bird", "not_a_ticket": False, "archived": False},
    WORKSHOP: {"title": "Workshop A", "not_a_ticket": False, "archived": False},
    SHIRT: {"title": "T-shirt", "not_a_ticket": True, "archived": False},
}


def order_of(number: int) -> str:
    letters = ""
    for _place in range(4):
        number, letter = divmod(number, len(LETTERS))
        letters = LETTERS[letter] + letters
    return letters


class FakeTito(FakeShop):
    """`tickets` of them to begin with, one to three in an order. A live token sees live tickets,
    a test token those of the test mode.
    """

    account, event, token, hook_token = "demo", "conf", "fake-tito-token", "whsec_test"

    def __init__(self, tickets: int = 0) -> None:
        super().__init__()
        self.rows: dict[str, Row] = {}
        self.releases: dict[int, Row] = {number: {**one} for number, one in RELEASES.items()}
        self.is_test_token = False
        self._orders = 0
        self._texts: dict[str, bytes] = {}
        self._lists: dict[str, list[Row]] = {}
        number = 0
        while number < tickets:
            size = min(self._orders % 3 + 1, tickets - number)
            names = range(number, number + size)
            emails = [f"holder-{name}@example.com" for name in names]
            self.add_order(*emails, email=f"buyer-{number}@example.com")
            number += size
        long_ago = self.now() - timedelta(days=30)
        for second, row in enumerate(self.rows.values()):
            row["created_at"] = (long_ago + timedelta(seconds=second)).isoformat(
                "T", "milliseconds"
            )
            row["updated_at"] = row["created_at"]

    # What the shop's people do.

    def add_order(
        self, *attendees: str | None, email: str = "buyer@example.com", **fields: Any
    ) -> str:
        """One ticket for each attendee. The order's reference."""
        with self.lock:
            self._orders += 1
            order = order_of(self._orders + 500_000)
            for place, attendee in enumerate(attendees, 1):
                self._add(f"{order}-{place}", attendee, email, fields)
        return order

    def _add(self, reference: str, attendee: str | None, buyer: str, fields: Row) -> None:
        number = len(self.rows) + 1
        slug = f"ti_secret{number}"
        now = self.now().isoformat()
        self.rows[reference] = {
            "_type": "ticket",
            "id": number,
            "slug": slug,
            "unique_url": f"https://ti.to/tickets/{slug}",
            "email": attendee,
            "name": f"Attendee {number}" if attendee else "",
            "number": number,
            "price": 90.0,
            "reference": reference,
            "state": "complete" if attendee else "unassigned",
            "test_mode": False,
            "void": False,
            "registration_id": self._orders,
            "registration_name": "Buyer",
            "registration_email": buyer,
            "release_id": STANDARD,
            "release_title": self.releases[STANDARD]["title"],
            "release_archived": False,
            "created_at": now,
            "updated_at": now,
            **fields,
        }
        self.touch(reference)

    def change(self, reference: str, **fields: Any) -> None:
        with self.lock:
            self.rows[reference] |= fields
            self.touch(reference)

    def void(self, reference: str) -> None:
        self.change(reference, void=True, state="void")

    def unvoid(self, reference: str) -> None:
        self.change(reference, void=False, state="complete")

    def cancel(self, order: str) -> None:
        with self.lock:
            for reference in self.references(order):
                self.void(reference)

    def reassign(self, reference: str, email: str, name: str = "Somebody new") -> None:
        """Who had the old ticket cannot open the new one: its slug is another."""
        slug = f"{self.rows[reference]['slug']}x"
        self.change(reference, email=email, name=name, slug=slug, state="complete")

    def delete(self, reference: str) -> None:
        with self.lock:
            del self.rows[reference]
            self._lists.clear()

    def lose_half(self) -> None:
        with self.lock:
            for reference in list(self.rows)[::2]:
                self.delete(reference)

    def references(self, order: str) -> list[str]:
        return [one for one in self.rows if one.rpartition("-")[0] == order]

    def touch(self, reference: str) -> None:
        self.rows[reference]["updated_at"] = self.now().isoformat()
        self._texts.pop(reference, None)
        self._lists.clear()

    # What it answers.

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Token token={self.token}":
            return as_json({"status": 401, "message": "Not authenticated"}, 401)
        match asked.path.strip("/").split("/"):
            case ["v3", self.account, self.event, "tickets"]:
                rows = self._wanted(asked.query)
                return self._page("tickets", rows, asked.query)
            case ["v3", self.account, self.event, "releases"]:
                states = asked.query.get("search[states][]", [])
                rows = [
                    {"_type": "release", "id": number, **release}
                    for number, release in self.releases.items()
                    if "archived" in states or not release["archived"]
                ]
                return self._page("releases", rows, asked.query)
        return as_json({"status": 404, "message": "Resource not found"}, 404)

    def _wanted(self, query: Query) -> list[Row]:
        filters = {name: values for name, values in query.items() if not name.startswith("page")}
        key = json.dumps([self.is_test_token, filters], sort_keys=True)
        if key not in self._lists:
            self._lists[key] = self._found(filters)
        return self._lists[key]

    def _found(self, query: Query) -> list[Row]:
        states = query.get("search[states][]", ["complete", "incomplete", "unassigned"])
        rows = [
            row
            for row in self.rows.values()
            if row["test_mode"] is self.is_test_token
            and ("void" in states if row["void"] else row["state"] in states)
            and ("archived" in states or not row["release_archived"])
        ]
        if "search[updated_at][gt]" in query:
            since = datetime.fromisoformat(query["search[updated_at][gt]"][0].removesuffix(" UTC"))
            assert since.tzinfo is None, "only with the suffix is it not the event's time"
            since = since.replace(tzinfo=UTC)
            rows = [row for row in rows if datetime.fromisoformat(row["updated_at"]) > since]
        for words in query.get("q", []):
            fields = ("reference", "email", "name", "slug")
            rows = [
                row
                for row in rows
                if any(words.casefold() in (row[name] or "").casefold() for name in fields)
            ]
        field = query.get("search[sort]", ["created_at"])[0]
        is_falling = query.get("search[direction]", ["desc"])[0] == "desc"
        rows.sort(key=lambda row: (row[field], row["id"]), reverse=is_falling)
        return rows

    def _page(self, name: str, rows: list[Row], query: Query) -> Answer:
        """A page after the last one is empty, and no error."""
        size = min(int(query.get("page[size]", ["100"])[0]), MAX_PAGE_SIZE)
        number = int(query.get("page[number]", query.get("page", ["1"]))[0])
        last = number * size
        meta = {
            "api_version": "3.0.0",
            "current_page": number,
            "next_page": number + 1 if last < len(rows) else None,
            "prev_page": number - 1 if number > 1 else None,
            "total_pages": max(1, -(-len(rows) // size)),
            "total_count": len(rows),
            "per_page": size,
            "overall_total": len(self.rows),
            "search_states_hidden_by_default": HIDDEN,
        }
        texts = [self._text(row) for row in rows[last - size : last]]
        start = json.dumps({"meta": meta}).encode()[:-1]
        return Answer(body=start + f', "{name}": ['.encode() + b", ".join(texts) + b"]}")

    def _text(self, row: Row) -> bytes:
        if row["_type"] != "ticket":
            return json.dumps(row).encode()
        if row["reference"] not in self._texts:
            self._texts[row["reference"]] = json.dumps(row).encode()
        return self._texts[row["reference"]]

    # Its webhooks.

    def call(self, reference: str) -> bytes:
        """A webhook's body, of a ticket ("QVYZ-2") or of an order ("QVYZ")."""
        event = {"_type": "event", "account_slug": self.account, "slug": self.event}
        if reference not in self.rows:
            said: Row = {"_type": "registration", "slug": "reg_secret", "reference": reference}
        else:
            row = self.rows[reference]
            said = {**row, "state_name": row["state"], "price": str(row["price"])}
            del said["state"]
        return json.dumps({**said, "event": event}).encode()

    def headers(self, body: bytes, name: str = "ticket.updated") -> dict[str, str]:
        signature = hmac.new(self.hook_token.encode(), body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "X-Webhook-Name": name,
            "Tito-Signature": base64.b64encode(signature).decode(),
        }

    def send(
        self,
        url: str,
        *bodies: bytes,
        waits: tuple[float, ...] = (5, 30, 60),
        sleep: Callable[[float], None] = time.sleep,
    ) -> list[int]:
        """The last status for each body. Duplicates and disorder are up to who calls."""
        return [
            deliver(lambda body=body: post(url, body, self.headers(body)), waits, sleep)  # type: ignore[misc]
            for body in bodies
        ]


if __name__ == "__main__":
    run(FakeTito)
