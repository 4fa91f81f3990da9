"""What applying an upload would change, as its page shows it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lib.plans import digest_of
from tickets.models import Product, Ticket, Upload
from tickets.sources.importing import (
    CANCELED,
    MAX_GONE_SHARE,
    TicketLine,
    TicketPlan,
    missing_tickets,
    plan_tickets,
    removal_lines,
    values_of,
)
from tickets.sources.shops.base import TicketValues
from tickets.sources.spreadsheets.books import Book
from tickets.sources.spreadsheets.rows import TicketRows
from tickets.sources.spreadsheets.set_aside import cells_of
from tickets.sources.spreadsheets.summary import FileSummary
from tickets.sources.uploads.mapping import ColumnMapping
from tickets.sources.uploads.waiting import waiting_after
from tickets.sources.waiting import WaitingProduct, opened_in_words

# Nobody reads more of one kind; the counts are of all.
SHOWN = 100
# What is shown of a ticket, in this order.
SHOWN_FIELDS = (
    "state",
    "product",
    "holder_name",
    "holder_email",
    "shop_email",
    "buyer_email",
    "order_code",
    "valid_from",
    "valid_until",
    "shop",
)

# A ticket's code, what it was (None: it was not there), and what it becomes.
type PackedLine = list[Any]


class ShownField(NamedTuple):
    """One field of one line, in words."""

    label: str
    old: str
    new: str


class ShownTicket(NamedTuple):
    code: str
    holder: str
    fields: list[ShownField]
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Lines of one kind. `count`: of all, of which the first are shown."""

    kind: str
    label: str
    count: int
    lines: list[ShownTicket]

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


@dataclass(slots=True)
class UploadPlan:
    """`missing`: tickets from files that this one does not name, also not in a row that is set aside;
    of a file that only corrects such rows none. `missing_add_ons`: those that end with them.
    `valid`: how many let in today. `is_answered`: nothing
    about the columns is left to ask. `waiting`: the products that will open nothing until somebody
    says what.
    """

    upload: Upload
    book: Book
    is_answered: bool
    summary: FileSummary
    plan: TicketPlan
    missing: list[Ticket]
    missing_add_ons: list[Ticket]
    valid: int
    waiting: list[WaitingProduct]

    @property
    def read(self) -> TicketRows:
        return self.summary.read

    @property
    def products(self) -> list[tuple[Product, int]]:
        """Of the file's tickets, with how many of them; one that is new has no number yet."""
        product_of = {ticket.product: ticket for ticket in self.read.tickets}
        return [
            (self.plan.products.of(product_of[name]), count)
            for name, count in self.summary.products
        ]

    @property
    def set_aside_cells(self) -> list[list[str]]:
        rows = self.read.set_aside
        return cells_of(self.summary.table, rows) if rows else []

    @property
    def opened(self) -> list[str]:
        """The products that will open the conference by themselves."""
        return [opened_in_words(product.name) for product in self.plan.products.opened]

    @property
    def is_empty(self) -> bool:
        return not self.plan.lines and not self.missing

    @property
    def invalidated(self) -> int:
        """How many tickets the file itself makes invalid."""
        return sum(line.invalidates for line in self.plan.lines)

    @property
    def missing_valid(self) -> int:
        return sum(ticket.is_valid for ticket in self.missing)

    @property
    def may_end_too_many(self) -> bool:
        """Whether too many tickets would end, with the missing ones or even without."""
        return self.invalidated + self.missing_valid > self.valid * MAX_GONE_SHARE

    @property
    def digest(self) -> str:
        """The same for the same changes of the same tickets."""
        return digest_of(
            [
                sorted(packed_lines(self.plan.lines)),
                sorted(f"{ticket.code} {ticket.state}" for ticket in self.missing),
                sorted(ticket.code for ticket in self.missing_add_ons),
                sorted(ticket.code for ticket in self.plan.foreign),
                [row.line for row in self.read.set_aside],
                sorted(product.name for product in self.plan.products.opened),
                sorted(each.product.name for each in self.waiting),
            ]
        )


@transaction.atomic
def plan_upload(upload: Upload) -> UploadPlan:
    """Writes nothing. Raises BadSpreadsheet."""
    conference = upload.conference
    mapping, book = ColumnMapping.unpack(upload.mapping), Book.unpack(upload.rows)
    table = book.table
    read = mapping.read(table, conference)
    missing = missing_tickets(conference, read.codes)
    if table.is_correction:
        missing = missing.none()
    plan = plan_tickets(conference, read.tickets)
    gone = sorted(removal_lines(conference, missing), key=lambda line: line.code)
    ended = [(line.values is CANCELED, line.old) for line in gone if line.old]
    return UploadPlan(
        upload=upload,
        book=book,
        is_answered=mapping.is_complete(table),
        summary=mapping.summary(table, read),
        plan=plan,
        missing=[ticket for is_missing, ticket in ended if is_missing],
        missing_add_ons=[ticket for is_missing, ticket in ended if not is_missing],
        valid=Ticket.objects.filter(conference=conference, shop=None).valid().count(),
        waiting=waiting_after(conference, plan),
    )


def groups_of(planned: UploadPlan) -> list[PlanGroup]:
    words, lines = _LineWords(planned.upload), planned.plan.lines
    labels = {"ends": _("Let nobody in any more"), "changed": _("Changed"), "new": _("New")}
    # Put into words when they are shown: SHOWN of perhaps 20,000.
    groups: list[tuple[str, str, Sequence[Any], Callable[[Any], ShownTicket]]] = [
        *(
            (kind, labels[kind], [row for row in lines if row.kind == kind], words.line)
            for kind in labels
        ),
        ("missing", _("Not in the file"), planned.missing, words.missing),
        (
            "add-ons",
            _("Add-ons to tickets that are not in the file"),
            planned.missing_add_ons,
            words.missing,
        ),
        ("foreign", _("From a ticket shop: left as they are"), planned.plan.foreign, words.foreign),
    ]
    return [
        PlanGroup(kind, label, len(rows), [show(row) for row in rows[:SHOWN]])
        for kind, label, rows, show in groups
        if rows
    ]


class _LineWords:
    def __init__(self, upload: Upload) -> None:
        self.zone = upload.conference.zone
        fields = {field.name: field for field in Ticket._meta.concrete_fields}
        self.labels = {name: capfirst(str(fields[name].verbose_name)) for name in SHOWN_FIELDS}

    def line(self, line: TicketLine) -> ShownTicket:
        holder = vars(line.old) if line.old else line.values
        fields = self._fields(line.values, line.old_values)
        return ShownTicket(line.code, _holder(holder), fields, line.old)

    def missing(self, ticket: Ticket) -> ShownTicket:
        return self._ticket(ticket, "state", "product")

    def foreign(self, ticket: Ticket) -> ShownTicket:
        return self._ticket(ticket, "shop")

    def _ticket(self, ticket: Ticket, *names: str) -> ShownTicket:
        fields = self._fields(values_of(ticket, names), None)
        return ShownTicket(ticket.code, _holder(vars(ticket)), fields, ticket)

    def _fields(self, new: TicketValues, old: TicketValues | None) -> list[ShownField]:
        """`old` None: only what there is to tell."""
        # The two addresses differ where somebody passed on the ticket here.
        hidden = {"shop_email"} if "holder_email" in new else set()
        if old is None:
            hidden |= {"holder_name", "holder_email"}
        fields = [
            ShownField(
                self.labels[name],
                "" if old is None else self._value(name, old[name]),
                self._value(name, new[name]),
            )
            for name in SHOWN_FIELDS
            if name in new and name not in hidden
        ]
        return [field for field in fields if field.new or old is not None]

    def _value(self, name: str, value: object) -> str:
        if name == "state":
            return str(Ticket.State(str(value)).label)
        if isinstance(value, datetime):
            return date_format(value.astimezone(self.zone), "Y-m-d H:i")
        return "" if value is None else str(value)


def _holder(values: TicketValues) -> str:
    return " ".join(filter(None, (values.get("holder_name"), values.get("holder_email"))))


def packed_lines(lines: Iterable[TicketLine]) -> list[PackedLine]:
    return [
        [line.code, None if (old := line.old_values) is None else pack(old), pack(line.values)]
        for line in lines
    ]


def pack(values: TicketValues) -> TicketValues:
    """Plain values, the same for the same moment in whatever zone."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    match value:
        case Product():
            # One that is still to be made has only its name.
            return value.pk or value.name
        case models.Model():
            return value.pk
        case datetime():
            return value.astimezone(UTC).isoformat()
    return value
