"""Which column is which, and which words mean what."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from lib.text import one_line
from tickets.models import Ticket
from tickets.sources.spreadsheets.tables import Table, refuse

# For each value the headers by which it is found, best first: pretix (English export), Tito,
# Eventbrite, then what people call it. Those with a plus between are joined.
HEADERS = {
    "code": "ticket code, ticket number, ticket id, ticket reference, ticket, order code + position id,"
    " attendee #, code, reference",
    "order": "order code, order reference, order #, order number, order",
    "product": "product + variation, product, ticket type, release, type",
    "state": "status, ticket status, attendee status, state",
    "name": "attendee name, ticket full name, first name + last name, holder, full name, name",
    "email": "attendee email, ticket email, holder email, email",
    "buyer-email": "buyer email, order email, email",
    "valid-from": "valid from",
    "valid-until": "valid until",
    "blocked": "blocked",
}
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

type Columns = Mapping[str, Sequence[str]]


def recognised_columns(header: Sequence[str]) -> dict[str, list[str]]:
    """Keys of HEADERS → names in this header."""
    name_of = {_same(name): name for name in reversed(header)}
    columns: dict[str, list[str]] = {}
    for key, headers in HEADERS.items():
        choices = (choice.split(" + ") for choice in headers.split(", "))
        if found := next((names for names in choices if name_of.keys() >= set(names)), None):
            columns[key] = [name_of[name] for name in found]
    if columns.get("buyer-email") == columns.get("email"):
        columns.pop("buyer-email", None)
    return columns


def places_of(columns: Columns, header: Sequence[str]) -> dict[str, list[int]]:
    """Where in a row the columns are. Raises BadSpreadsheet."""
    at = {_same(name): index for index, name in reversed(list(enumerate(header)))}
    if missing := [name for names in columns.values() for name in names if _same(name) not in at]:
        message = _("There is no column “%(name)s”. There are: %(header)s.")
        raise refuse(message % {"name": missing[0], "header": ", ".join(header)}, 1)
    return {key: [at[_same(name)] for name in names] for key, names in columns.items() if names}


def unknown_words(table: Table, column: str, states: Mapping[str, Ticket.State]) -> list[str]:
    """What stands in the state's column and is not known, each once."""
    at = table.header.index(column)
    words = {one_line(cells[at]): None for _line, cells in table.rows if len(cells) > at}
    by_meaning = {word.casefold(): word for word in words if word.casefold() not in states}
    return list(by_meaning.values())


def _same(name: str) -> str:
    return one_line(name).casefold().replace("e-mail", "email")
