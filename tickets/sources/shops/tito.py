"""Tito: https://ti.to/docs/api/admin/3.0

A ticket's slug opens it for whoever knows it, so we neither keep nor tell it: tickets go by their
reference, of which the first part names the order ("QVYZ-2" is the second of QVYZ).
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from lib.sealing import SealBroken
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
    ShopClient,
    ShopReader,
    code_of,
    email_of,
    known_shape,
    text_of,
    time_of,
)

PAGE_SIZE = 500  # Tito gives up to 1000
# What Tito shows unasked, and what it hides unless it is asked for: void and archived.
TICKET_STATES = [
    *("complete", "incomplete", "unassigned", "changes_locked", "changes_allowed"),
    *("void", "archived"),
]
RELEASE_STATES = [
    *("on_sale", "off_sale", "not_sold_out", "sold_out", "public", "secret", "active"),
    *("changes_locked", "changes_allowed", "archived"),
]
CANCELED = frozenset({"void", "cancelled"})
PENDING = frozenset({"new", "incomplete", "reminder", "unassigned"})

_reference = re.compile(r"(?P<order>[A-Z0-9]{1,32})(-[0-9]{1,6})?")

Query = list[tuple[str, str]]


class TitoApi(ShopReader):
    hosted = "https://api.tito.io"
    path = "/v3/{account}/{event}/"
    authorization = "Token token="

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self._admits: dict[int, Admits] = {}  # by release

    def everything(self) -> Iterator[Batch]:
        with self.client() as client:
            # From before the first page: what changes while we read the others comes next time.
            newest_first = [*_sorted_by("updated_at", "desc"), *_states(TICKET_STATES)]
            url = f"{self.event_url}tickets?{urlencode([*newest_first, ('page[size]', '1')])}"
            cursor = _newest_of(client.get(url).document)
            seen: set[object] = set()
            promised = 0
            # In the order in which they came: nothing moves while we turn the pages.
            for page in self._tickets(client, _sorted_by("created_at", "asc")):
                with known_shape():
                    seen |= {ticket["id"] for ticket in page["tickets"]}
                    promised = promised or int(page["meta"]["total_count"])
                yield self._batch(client, page, cursor)
            if len(seen) < promised:
                raise ShopError(
                    _("The shop announced %(promised)d tickets and gave %(seen)d.")
                    % {"promised": promised, "seen": len(seen)}
                )

    def _changes(self, since: datetime, cursor: str) -> Iterator[Batch]:
        # Tito reads times without a zone as the event's; this is how its documentation writes UTC.
        since_utc = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S} UTC"
        # Newest first: what changes while we turn the pages goes to the top, where the next time
        # finds it, and pushes the others to pages that we have not seen yet.
        query = [*_sorted_by("updated_at", "desc"), ("search[updated_at][gt]", since_utc)]
        newest = ""
        with self.client() as client:
            for page in self._tickets(client, query):
                newest = newest or _newest_of(page)
                yield self._batch(client, page, newest or cursor)

    def order(self, code: str) -> Batch:
        """Never as a whole order: Tito has only a search for it, and voids tickets instead of
        deleting them, so what it does not find is no news.
        """
        with self.client() as client:
            batches = [
                self._batch(client, page, "") for page in self._tickets(client, [("q", code)])
            ]
        tickets = [ticket for batch in batches for ticket in batch.tickets]
        return Batch([ticket for ticket in tickets if ticket.values["order_code"] == code])

    def _tickets(self, client: ShopClient, query: Query) -> Iterator[Document]:
        return self._pages(client, "tickets", [*query, *_states(TICKET_STATES)])

    def _pages(self, client: ShopClient, path: str, query: Query) -> Iterator[Document]:
        number: int | None = 1
        while number is not None:
            paging = [("page[size]", str(PAGE_SIZE)), ("page[number]", str(number))]
            page = client.get(f"{self.event_url}{path}?{urlencode([*query, *paging])}").document
            yield page
            with known_shape():
                following = page["meta"]["next_page"]
                if following is not None and int(following) <= number:
                    raise ShopError(_("The shop's pages go round in a circle."))
                number = None if following is None else int(following)

    def _batch(self, client: ShopClient, page: Document, cursor: str) -> Batch:
        with known_shape():
            # Without a reference it is in a basket still.
            rows = [
                row
                for row in page["tickets"]
                if row["test_mode"] is self.shop.is_test_mode and row["reference"]
            ]
            if any(row["release_id"] not in self._admits for row in rows):
                self._admits = self._read_releases(client)
            tickets = [self._ticket(row) for row in rows]
            return Batch(tickets, next_cursor=cursor, total=int(page["meta"]["total_count"]))

    def _read_releases(self, client: ShopClient) -> dict[int, Admits]:
        """Tito tells what is no ticket; of a ticket it does not tell whether it is for a workshop."""
        pages = self._pages(client, "releases", _states(RELEASE_STATES))
        return {
            int(release["id"]): (Admits.UNTOLD if release["not_a_ticket"] is False else Admits.NO)
            for page in pages
            for release in page["releases"]
        }

    def _ticket(self, row: Document) -> ShopTicket:
        code = code_of(row["reference"])
        buyer = email_of(row["registration_email"])
        state, words = _state(row)
        return ShopTicket(
            code=code,
            product=text_of(row["release_title"], 200),
            product_code=str(int(row["release_id"])),
            admits=self._admits.get(row["release_id"], Admits.ASK),
            values={
                "order_code": code.rpartition("-")[0] or code,
                "state": state,
                "shop_says": words,
                "holder_name": text_of(row["name"], 200),
                "holder_email": email_of(row["email"])
                or (buyer if self.shop.uses_buyer_email else ""),
                "buyer_email": buyer,
            },
        )


def read_call(shop: Shop, call: WebhookCall) -> str:
    """Signed, but without a time in it: whoever has heard a call can repeat it, so that it, too, is
    only a hint.
    """
    try:
        key = shop.opened_hook_token()
    except SealBroken:
        key = ""
    if not key:
        raise BadCall("the webhook's security token is missing here", 403)
    signature = base64.b64encode(hmac.new(key.encode(), call.body, hashlib.sha256).digest())
    heard = call.headers.get("tito-signature", "")
    if not hmac.compare_digest(signature, heard.encode(errors="replace")):
        raise BadCall("wrong signature", 403)
    try:
        content = json.loads(call.body)
        kind = content.get("_type")
        if kind not in ("ticket", "registration"):
            return ""
        account, event = content["event"]["account_slug"], content["event"]["slug"]
        reference = _reference.fullmatch(content["reference"])
        is_ours = (account.casefold(), event.casefold()) == (
            shop.account.casefold(),
            shop.event.casefold(),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadCall("not a call of Tito") from None
    if not is_ours:
        raise BadCall("another event")
    if reference is None:
        raise BadCall("no reference")
    return reference["order"]


def _sorted_by(field: str, direction: str) -> Query:
    return [("search[sort]", field), ("search[direction]", direction)]


def _states(states: list[str]) -> Query:
    return [("search[states][]", state) for state in states]


def _newest_of(page: Document) -> str:
    """When the first ticket of the page changed, which is the newest. "": there is none."""
    with known_shape():
        at = time_of(page["tickets"][0]["updated_at"]) if page["tickets"] else None
        return at.isoformat() if at else ""


def _state(row: Document) -> tuple[Ticket.State, str]:
    words = text_of(row["state"], 100)
    if row["void"] is not False:
        return Ticket.State.CANCELED, "void"
    if words == "complete":
        return Ticket.State.VALID, words
    if words in CANCELED:
        return Ticket.State.CANCELED, words
    if words in PENDING:
        return Ticket.State.PENDING, words
    return Ticket.State.UNKNOWN, words


TITO = ShopKind(
    name="tito",
    label="Tito",
    open=TitoApi,
    read_call=read_call,
    fields=("account", "event", "token", "hook_token", "uses_buyer_email", "is_test_mode"),
    docs="docs/shops-tito.md",
    token_goes_to=lambda shop: TitoApi(shop).event_url,
)
