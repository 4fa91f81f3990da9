"""Rows of a table as tickets. A row with a problem is set aside, with all that is wrong with it."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from tickets.sources.spreadsheets.columns import Columns, places_of
from tickets.sources.spreadsheets.states import STATE_OF
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet, Table, refuse

JOINED_BY = {"code": "-", "product": " – "}
TEXTS = {"order": "order_code", "name": "holder_name"}
ADDRESSES = {"email": "holder_email", "buyer-email": "buyer_email"}
MOMENTS = {"valid-from": "valid_from", "valid-until": "valid_until"}
YES = {"yes", "true", "1", "x", "ja", "oui", "si", "sí"}
NO = {"", "no", "false", "0", "-", "nein", "non"}
# Of several words for the state of one ticket the last of these counts.
FROM_BEST_TO_WORST = [
    Ticket.State.VALID,
    Ticket.State.PENDING,
    Ticket.State.UNKNOWN,
    Ticket.State.BLOCKED,
    Ticket.State.CANCELED,
]
# Where a file names no products, all its tickets are of this one.
SOLE_PRODUCT = "Ticket"
# How spreadsheets show numbers of which they have kept 15 digits.
_rounded = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)


@dataclass(slots=True)
class TicketRow:
    """`code`: which ticket it is about; None: that cannot be told. `ticket` None: `problems` say why."""

    line: int
    cells: Sequence[str]
    code: str | None = None
    ticket: ShopTicket | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TicketRows:
    rows: list[TicketRow]

    @property
    def tickets(self) -> list[ShopTicket]:
        return [row.ticket for row in self.rows if row.ticket is not None and not row.problems]

    @property
    def set_aside(self) -> list[TicketRow]:
        return [row for row in self.rows if row.problems]

    @property
    def problems(self) -> list[BadRow]:
        return [BadRow(row.line, text) for row in self.set_aside for text in row.problems]

    @property
    def codes(self) -> set[str]:
        """Of all tickets that the file names, also in rows that are set aside."""
        return {row.code for row in self.rows if row.code is not None}

    @property
    def tells_all_codes(self) -> bool:
        """Else nobody knows which tickets are missing in the file."""
        return all(row.code is not None for row in self.rows)

    def all_tickets(self) -> list[ShopTicket]:
        """Raises BadSpreadsheet where a row is set aside."""
        if problems := self.problems:
            raise BadSpreadsheet(problems)
        return self.tickets


def read_tickets(
    table: Table,
    conference: Conference,
    columns: Columns,
    *,
    words: Mapping[str, Ticket.State] | None = None,
    makes_codes: bool = False,
) -> TicketRows:
    """`columns` maps keys of HEADERS to names in this header; `words` this file's words for states
    to what they mean, beside those that are known. `makes_codes`: of address and product, where the
    file has none. Raises BadSpreadsheet where a column is not there.
    """
    places = places_of(columns, table.header)
    if "code" not in places and not makes_codes:
        message = _("Which column has the ticket's code? There are: %(header)s.")
        raise refuse(message % {"header": ", ".join(table.header)}, 1)
    reader = _RowReader(conference, places, words or {})
    rows: list[TicketRow] = []
    for line, cells in table.rows:
        row = TicketRow(line, cells)
        if len(cells) == len(table.header):
            reader.read(row)
        else:
            row.problems.append(table.wrong_width(cells))
        rows.append(row)
    _set_doubles_aside(rows)
    return TicketRows(rows)


def _set_doubles_aside(rows: list[TicketRow]) -> None:
    """Of two rows about one ticket nobody knows which is right, unless they say the same."""
    same_code: dict[str, list[TicketRow]] = defaultdict(list)
    for row in rows:
        if row.code:
            same_code[row.code].append(row)
    for code, (first, *others) in same_code.items():
        if not others:
            continue
        if any(row.problems or row.ticket != first.ticket for row in others):
            message = _("The code %(code)s is also on line %(line)s, which says something else.")
            first.problems.append(message % {"code": code, "line": others[0].line})
        message = _("The code %(code)s is already on line %(line)s.")
        for row in others:
            row.problems.append(message % {"code": code, "line": first.line})


@contextmanager
def _told(problems: list[str]) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        problems += error.messages


class _RowReader:
    def __init__(
        self,
        conference: Conference,
        places: Mapping[str, Sequence[int]],
        words: Mapping[str, Ticket.State],
    ) -> None:
        self.conference = conference
        self.places = places
        self.state_of = STATE_OF | {word.casefold(): state for word, state in words.items()}
        # The same few products and days stand in thousands of rows.
        self.product = cache(self._product)
        self.moment = cache(self._moment)
        self.made: Counter[str] = Counter()

    def read(self, row: TicketRow) -> None:
        cells = {
            key: [one_line(row.cells[at]) for at in places] for key, places in self.places.items()
        }
        joined = {
            key: JOINED_BY.get(key, " ").join(filter(None, parts)) for key, parts in cells.items()
        }
        product = ""
        values: TicketValues = {}
        with _told(row.problems):
            product = self.product(joined.get("product", SOLE_PRODUCT))
        for key, name in ADDRESSES.items():
            if key in joined:
                values[name] = fold_email(joined[key])
                with _told(row.problems):
                    _check(name, values[name])
        with _told(row.problems):
            row.code = self._code(joined, values, product, is_sound=not row.problems)
        for key, name in TEXTS.items():
            if key in joined:
                values[name] = joined[key]
                with _told(row.problems):
                    _check(name, values[name])
        for key, name in MOMENTS.items():
            if key in joined:
                with _told(row.problems):
                    values[name] = self.moment(joined[key], name)
        with _told(row.problems):
            values["state"] = self._state(cells)
        if row.code is not None and not row.problems:
            row.ticket = ShopTicket(row.code, product, values)

    def _code(
        self, cells: Mapping[str, str], values: TicketValues, product: str, *, is_sound: bool
    ) -> str | None:
        """A code is not made of an address or a product with a problem (`is_sound` False)."""
        if "code" in cells:
            _check("code", cells["code"])
            return cells["code"]
        return self._made_code(values, product) if is_sound else None

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

    def _state(self, cells: Mapping[str, Sequence[str]]) -> Ticket.State:
        """A file without such a column lists what is valid. Of several columns the worst counts."""
        words = [word.casefold() for word in cells.get("state", ("valid",))]
        if unknown := [
            word for word in cells.get("state", ()) if word.casefold() not in self.state_of
        ]:
            raise ValidationError(
                _("What does the state “%(word)s” mean? Known are: %(words)s.")
                % {"word": unknown[0], "words": ", ".join(self.state_of)}
            )
        found = [self.state_of[word] for word in words]
        for state in (Ticket.State.BLOCKED, Ticket.State.CANCELED):
            found += [state for word in cells.get(state, ()) if _is_yes(word)]
        return max(found, key=FROM_BEST_TO_WORST.index)

    def _made_code(self, values: TicketValues, product: str) -> str:
        """The same in every file that has as many tickets of this product for this address."""
        email = values.get("holder_email") or values.get("buyer_email")
        if not email:
            raise ValidationError(_("Neither a code nor an e-mail: which ticket is this?"))
        key = f"{email}\n{product}"
        self.made[key] += 1
        digest = hashlib.sha256(f"{key}\n{self.made[key]}".encode()).hexdigest()
        return f"L-{digest[:12].upper()}"


def _is_yes(word: str) -> bool:
    """Also where it says when, or what the ticket is then."""
    word = word.casefold()
    if word in YES or STATE_OF.get(word) in (Ticket.State.BLOCKED, Ticket.State.CANCELED):
        return True
    if word in NO or STATE_OF.get(word) == Ticket.State.VALID:
        return False
    try:
        read_when(word)
    except UnreadableValue:
        raise ValidationError(_("“%(word)s” is neither yes nor no.") % {"word": word}) from None
    return True


def _check(name: str, value: str) -> None:
    """A field of Ticket."""
    if name in ("code", "order_code") and _rounded.fullmatch(value):
        message = _(
            "The spreadsheet has rounded the number “%(number)s”. Make the column text, and"
            " paste the numbers again."
        )
        raise ValidationError(message % {"number": value})
    if value or name == "code":
        _clean(Ticket._meta.get_field(name), value)


def _clean(field: Any, value: object) -> None:
    try:
        field.clean(value, None)
    except ValidationError as error:
        label = capfirst(str(field.verbose_name))
        raise ValidationError(
            [f"{label} “{value}”: {message}" for message in error.messages]
        ) from None
