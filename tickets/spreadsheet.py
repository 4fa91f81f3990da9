"""Tickets in a CSV file, as ticket shops export it and people edit it.

Columns are found by their names, in any order; those that nobody asked for are ignored. A file is
read as a whole: with one bad row, nothing of it is used.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from schedule.models import Conference
from schedule.text import one_line
from tickets.models import Product, Ticket, fold_email
from tickets.moments import read_moment
from tickets.shops.base import ShopTicket

# For each value the headers by which it is found, best first: pretix (English export), Tito,
# Eventbrite, then what people call it. Several in one tuple are joined.
HEADERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "code": (
        ("ticket code",),
        ("ticket number",),
        ("ticket id",),
        ("ticket reference",),
        ("ticket",),
        ("order code", "position id"),
        ("attendee #",),
        ("code",),
        ("reference",),
    ),
    "order": (("order code",), ("order reference",), ("order #",), ("order number",), ("order",)),
    "product": (("product", "variation"), ("product",), ("ticket type",), ("release",), ("type",)),
    "state": (("status",), ("ticket status",), ("attendee status",), ("state",)),
    "name": (
        ("attendee name",),
        ("ticket full name",),
        ("first name", "last name"),
        ("holder",),
        ("full name",),
        ("name",),
    ),
    "email": (("attendee email",), ("ticket email",), ("holder email",), ("email",)),
    "buyer-email": (("buyer email",), ("order email",), ("email",)),
    "valid-from": (("valid from",),),
    "valid-until": (("valid until",),),
    "blocked": (("blocked",),),
}
JOINED_BY = {"code": "-", "product": " – "}
# What counts as a ticket that opens something is listed; a word that is not here is an error.
STATES = {
    Ticket.State.VALID: "valid, paid, complete, completed, confirmed, approved, active, attending,"
    " checked in, pending (confirmed)",
    Ticket.State.PENDING: "pending, unpaid, not paid yet, incomplete, new, reminder, waitlist,"
    " awaiting payment, approval pending, pending_approval",
    Ticket.State.CANCELED: "canceled, cancelled, canceled (paid fee), refunded, void, voided,"
    " expired, declined, deleted, not attending",
}
STATE_OF = {word: state for state, words in STATES.items() for word in words.split(", ")}
YES_AND_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
# Where a file names no products, all its tickets are of this one.
SOLE_PRODUCT = "Ticket"


@dataclass(frozen=True, slots=True)
class BadRow:
    """`line` is where the row begins, as an editor counts; 0: the whole file."""

    line: int
    message: str

    def __str__(self) -> str:
        return (
            _("Line %(line)s: ") % {"line": self.line} + self.message if self.line else self.message
        )


class BadSpreadsheet(Exception):
    def __init__(self, rows: Sequence[BadRow]) -> None:
        self.rows = rows
        super().__init__(str(rows[0]))


def read_tickets(
    data: bytes,
    conference: Conference,
    *,
    named: Mapping[str, Sequence[str]] | None = None,
    words: Mapping[str, Ticket.State] | None = None,
) -> list[ShopTicket]:
    """`named` maps keys of HEADERS to headers of this file, `words` this file's words for states
    to what they mean, both beside those that are known. Raises BadSpreadsheet.
    """
    state_of = STATE_OF | {word.casefold(): state for word, state in (words or {}).items()}
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = _("This is not UTF-8. Save the file as “CSV UTF-8”.")
        raise BadSpreadsheet([BadRow(line, message)]) from None
    records = _records(text)
    header = [one_line(cell) for cell in next(records, (1, []))[1]]
    columns = _find_columns(header, named or {})
    tickets: dict[str, ShopTicket] = {}
    line_of: dict[str, int] = {}
    problems: list[BadRow] = []
    for line, cells in records:
        try:
            if len(cells) != len(header):
                raise ValidationError(
                    _("%(found)s cells, but the header has %(expected)s.")
                    % {"found": len(cells), "expected": len(header)}
                )
            ticket = _read_row(cells, columns, state_of, conference)
            if ticket.code in tickets:
                raise ValidationError(
                    _("The code %(code)s is already on line %(line)s.")
                    % {"code": ticket.code, "line": line_of[ticket.code]}
                )
        except ValidationError as error:
            problems += [BadRow(line, message) for message in error.messages]
        else:
            tickets[ticket.code] = ticket
            line_of[ticket.code] = line
    if problems:
        raise BadSpreadsheet(problems)
    return list(tickets.values())


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the line where it begins."""
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = rows.line_num + 1
    except csv.Error as error:
        message = _("The quotes do not match, or: %(error)s.") % {"error": error}
        raise BadSpreadsheet([BadRow(line, message)]) from None


def _find_columns(header: list[str], named: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    if not header:
        raise BadSpreadsheet([BadRow(0, _("The file is empty."))])
    at = {_same(name): index for index, name in reversed(list(enumerate(header)))}
    columns: dict[str, list[int]] = {}
    for key, choices in HEADERS.items():
        if names := named.get(key):
            if missing := [name for name in names if _same(name) not in at]:
                message = _("There is no column “%(name)s”. There are: %(header)s.")
                values = {"name": missing[0], "header": ", ".join(header)}
                raise BadSpreadsheet([BadRow(1, message % values)])
            columns[key] = [at[_same(name)] for name in names]
        elif names := next((names for names in choices if at.keys() >= set(names)), None):
            columns[key] = [at[name] for name in names]
    if "code" not in columns:
        message = _(
            "Which column has the ticket's code? Name it with --code. There are: %(header)s."
        )
        raise BadSpreadsheet([BadRow(1, message % {"header": ", ".join(header)})])
    if columns.get("buyer-email") == columns.get("email"):
        columns.pop("buyer-email", None)
    return columns


def _same(name: str) -> str:
    return one_line(name).casefold().replace("e-mail", "email")


def _read_row(
    cells: list[str],
    columns: Mapping[str, list[int]],
    state_of: Mapping[str, Ticket.State],
    conference: Conference,
) -> ShopTicket:
    """Raises ValidationError."""
    said = {
        key: JOINED_BY.get(key, " ").join(filter(None, (one_line(cells[at]) for at in indexes)))
        for key, indexes in columns.items()
    }
    product = said.get("product", SOLE_PRODUCT)
    if not product:
        raise ValidationError(_("No product."))
    values: dict[str, Any] = {"state": _state(said, state_of)}
    plain = {"order": "order_code", "name": "holder_name"}
    values |= {name: said[key] for key, name in plain.items() if key in said}
    addresses = {"email": "holder_email", "buyer-email": "buyer_email"}
    values |= {name: fold_email(said[key]) for key, name in addresses.items() if key in said}
    for key, name in {"valid-from": "valid_from", "valid-until": "valid_until"}.items():
        if key in said:
            is_end = key == "valid-until"
            values[name] = read_moment(said[key], conference, is_end=is_end) if said[key] else None
    ticket = Ticket(code=said["code"], **values)
    _check(ticket)
    _check(Product(name=product))
    return ShopTicket(ticket.code, product, values)


def _state(said: Mapping[str, str], state_of: Mapping[str, Ticket.State]) -> Ticket.State:
    """A file without such a column lists what is valid."""
    word = said.get("state", "valid")
    if word.casefold() not in state_of:
        raise ValidationError(
            _("What does the state “%(word)s” mean? Known are: %(words)s.")
            % {"word": word, "words": ", ".join(state_of)}
        )
    blocked = said.get("blocked", "").casefold() or "no"
    if blocked not in YES_AND_NO:
        raise ValidationError(_("“%(word)s” is neither yes nor no.") % {"word": blocked})
    return Ticket.State.CANCELED if YES_AND_NO[blocked] else state_of[word.casefold()]


def _check(row: Ticket | Product) -> None:
    try:
        row.clean_fields(exclude=["conference", "product"])
    except ValidationError as error:
        labels = {field.name: field.verbose_name for field in row._meta.concrete_fields}
        raise ValidationError(
            [
                f"{capfirst(str(labels[name]))} “{getattr(row, name)}”: {message}"
                for name, messages in error.message_dict.items()
                for message in messages
            ]
        ) from None
