"""Rows of a table as tickets. A table is read as a whole: with one bad row, nothing of it is used."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lib.text import one_line
from schedule.feeds.formats.values.spellings import UnreadableValue, read_when
from schedule.models import Conference
from schedule.site.dates import read_moment
from tickets.models import Product, Ticket, fold_email
from tickets.sources.shops.base import ShopTicket, TicketValues
from tickets.sources.spreadsheets.columns import STATE_OF, Columns, places_of
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet, Table, refuse

JOINED_BY = {"code": "-", "product": " – "}
TEXTS = {"order": "order_code", "name": "holder_name"}
ADDRESSES = {"email": "holder_email", "buyer-email": "buyer_email"}
MOMENTS = {"valid-from": "valid_from", "valid-until": "valid_until"}
YES = {"yes", "true", "1", "x", "ja", "oui", "si", "sí"}
NO = {"", "no", "false", "0", "-", "nein", "non"}
# Where a file names no products, all its tickets are of this one.
SOLE_PRODUCT = "Ticket"
# How spreadsheets show numbers of which they have kept 15 digits.
_rounded = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)


def read_tickets(
    table: Table,
    conference: Conference,
    columns: Columns,
    *,
    words: Mapping[str, Ticket.State] | None = None,
    makes_codes: bool = False,
) -> list[ShopTicket]:
    """`columns` maps keys of HEADERS to names in this header; `words` this file's words for states
    to what they mean, beside those that are known. `makes_codes`: of address and product, where the
    file has none. Raises BadSpreadsheet.
    """
    places = places_of(columns, table.header)
    if "code" not in places and not makes_codes:
        message = _("Which column has the ticket's code? There are: %(header)s.")
        raise refuse(message % {"header": ", ".join(table.header)}, 1)
    reader = _RowReader(conference, places, words or {})
    tickets: dict[str, tuple[int, ShopTicket]] = {}
    problems: list[BadRow] = []
    for line, cells in table.rows:
        try:
            if len(cells) != len(table.header):
                raise ValidationError(
                    _("%(found)s cells, but the header has %(expected)s.")
                    % {"found": len(cells), "expected": len(table.header)}
                )
            ticket = reader.read(cells)
            if ticket.code in tickets:
                raise ValidationError(
                    _("The code %(code)s is already on line %(line)s.")
                    % {"code": ticket.code, "line": tickets[ticket.code][0]}
                )
        except ValidationError as error:
            problems += [BadRow(line, message) for message in error.messages]
        else:
            tickets[ticket.code] = (line, ticket)
    if problems:
        raise BadSpreadsheet(problems)
    return [ticket for _line, ticket in tickets.values()]


class _RowReader:
    """Its methods raise ValidationError."""

    def __init__(
        self,
        conference: Conference,
        places: Mapping[str, Sequence[int]],
        words: Mapping[str, Ticket.State],
    ) -> None:
        self.conference = conference
        self.places = places
        self.state_of = STATE_OF | {word.casefold(): state for word, state in words.items()}
        # The others are what we make of words that we know.
        typed = TEXTS | ADDRESSES
        self.checked = [name for key, name in typed.items() if key in places]
        self.made: Counter[str] = Counter()
        # The same few products and days stand in thousands of rows.
        self.product = cache(self._product)
        self.moment = cache(self._moment)

    def read(self, row: Sequence[str]) -> ShopTicket:
        cells = {
            key: JOINED_BY.get(key, " ").join(filter(None, (one_line(row[at]) for at in places)))
            for key, places in self.places.items()
        }
        product = self.product(cells.get("product", SOLE_PRODUCT))
        values: TicketValues = {"state": self._state(cells)}
        values |= {name: cells[key] for key, name in TEXTS.items() if key in cells}
        values |= {name: fold_email(cells[key]) for key, name in ADDRESSES.items() if key in cells}
        values |= {
            name: self.moment(cells[key], name) for key, name in MOMENTS.items() if key in cells
        }
        code = cells["code"] if "code" in cells else self._made_code(values, product)
        _check({"code": code, **{name: values[name] for name in self.checked}})
        return ShopTicket(code, product, values)

    def _product(self, name: str) -> str:
        if not name:
            raise ValidationError(_("No product."))
        _clean(Product._meta.get_field("name"), name)
        return name

    def _moment(self, text: str, name: str) -> datetime | None:
        if not text:
            return None
        try:
            text = " ".join(filter(None, read_when(text))) or text
        except UnreadableValue:
            pass  # read_moment says what it would understand
        return read_moment(text, self.conference, is_end=name == "valid_until")

    def _state(self, cells: Mapping[str, str]) -> Ticket.State:
        """A file without such a column lists what is valid."""
        word = cells.get("state", "valid")
        if word.casefold() not in self.state_of:
            raise ValidationError(
                _("What does the state “%(word)s” mean? Known are: %(words)s.")
                % {"word": word, "words": ", ".join(self.state_of)}
            )
        blocked = cells.get("blocked", "").casefold()
        if blocked not in YES | NO:
            raise ValidationError(_("“%(word)s” is neither yes nor no.") % {"word": blocked})
        state = self.state_of[word.casefold()]
        is_blocked = blocked in YES and state != Ticket.State.CANCELED
        return Ticket.State.BLOCKED if is_blocked else state

    def _made_code(self, values: TicketValues, product: str) -> str:
        """The same in every file that has as many tickets of this product for this address."""
        email = values.get("holder_email") or values.get("buyer_email")
        if not email:
            raise ValidationError(_("Neither a code nor an e-mail: which ticket is this?"))
        key = f"{email}\n{product}"
        self.made[key] += 1
        digest = hashlib.sha256(f"{key}\n{self.made[key]}".encode()).hexdigest()
        return f"L-{digest[:12].upper()}"


def _check(values: TicketValues) -> None:
    problems: list[str] = []
    for name in ("code", "order_code"):
        if _rounded.fullmatch(values.get(name, "")):
            message = _(
                "The spreadsheet has rounded the number “%(number)s”. Make the column text, and"
                " paste the numbers again."
            )
            problems.append(message % {"number": values[name]})
    for name, value in values.items():
        if not value and name != "code":
            continue
        try:
            _clean(Ticket._meta.get_field(name), value)
        except ValidationError as error:
            problems += error.messages
    if problems:
        raise ValidationError(problems)


def _clean(field: Any, value: object) -> None:
    try:
        field.clean(value, None)
    except ValidationError as error:
        label = capfirst(str(field.verbose_name))
        raise ValidationError(
            [f"{label} “{value}”: {message}" for message in error.messages]
        ) from None
