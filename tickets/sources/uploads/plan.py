"""What applying an upload would change, as its page shows it; applying it; and undoing that."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import models, transaction
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lib.plans import PlanChanged, digest_of, refuse_changed
from tickets.models import Product, Ticket, Upload
from tickets.sources.importing import (
    CANCELED,
    MAX_GONE_SHARE,
    ImportResult,
    TicketLine,
    TicketPlan,
    missing_tickets,
    plan_tickets,
    refuse_too_many,
    values_of,
    write_lines,
    write_plan,
)
from tickets.sources.products import decide_for
from tickets.sources.reports import COUNTS
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

MOMENTS = ("valid_from", "valid_until", "passed_on_at")


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
    of a file that only corrects such rows none. `valid`: how many let in today. `is_answered`: nothing
    about the columns is left to ask. `waiting`: the products that will open nothing until somebody
    says what.
    """

    upload: Upload
    book: Book
    is_answered: bool
    summary: FileSummary
    plan: TicketPlan
    missing: list[Ticket]
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
    return UploadPlan(
        upload=upload,
        book=book,
        is_answered=mapping.is_complete(table),
        summary=mapping.summary(table, read),
        plan=plan,
        missing=list(missing.select_related("product", "shop").order_by("code")),
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


def packed_lines(lines: Iterable[TicketLine]) -> list[list[object]]:
    """For each ticket its code, what it was (None: it was not there) and what it becomes."""
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


class NotUndone(Exception):
    """All of it has changed since, or it is too late. Nothing was written."""


@transaction.atomic
def apply_upload(
    upload: Upload,
    *,
    digest: str,
    at: datetime,
    cancels_missing: bool = False,
    accepts_removals: bool = False,
) -> ImportResult:
    """The plan that the organizer saw (its digest). Raises PlanChanged, TicketRemovalsRefused
    and BadSpreadsheet.
    """
    upload.conference.one_writer("tickets")
    upload = _fresh(upload)
    if upload.applied_at is not None or not upload.mapping:
        raise PlanChanged
    planned = plan_upload(upload)
    refuse_changed(planned, digest)
    # The page asks for neither.
    if not planned.is_answered or (cancels_missing and not planned.read.tells_all_codes):
        raise PlanChanged
    lines = planned.plan.lines
    if not accepts_removals:
        ending = planned.invalidated + cancels_missing * planned.missing_valid
        refuse_too_many(ending, planned.valid)
    if cancels_missing:
        lines += [TicketLine(ticket.code, CANCELED, ticket) for ticket in planned.missing]
    written = write_plan(upload.conference, planned.plan)
    if cancels_missing:
        decide_for(upload.conference, None)
    upload.rows = []
    upload.set_aside = planned.set_aside_cells
    upload.before = packed_lines(lines)
    upload.counts = {name: getattr(written, name) for name in COUNTS}
    upload.cancels_missing = cancels_missing
    upload.applied_at = at
    upload.save()
    return written


@dataclass(frozen=True, slots=True)
class UndoneUpload:
    """`left`: codes of tickets that have changed since, and stay as they are."""

    count: int
    left: list[str]


@transaction.atomic
def undo_upload(upload: Upload, *, at: datetime) -> UndoneUpload:
    """What was there before comes back; tickets that the upload made are canceled, since people may
    hold them. Raises NotUndone.
    """
    upload.conference.one_writer("tickets")
    upload = _fresh(upload)
    if not upload.can_be_undone(at):
        raise NotUndone
    lines, left = _lines_back(upload)
    if not lines:
        raise NotUndone
    write_lines(upload.conference, lines)
    upload.before = []
    upload.undone_at = at
    upload.save()
    return UndoneUpload(len(lines), left)


def _lines_back(upload: Upload) -> tuple[list[TicketLine], list[str]]:
    codes = [code for code, _before, _after in upload.before]
    rows = Ticket.objects.filter(conference=upload.conference, code__in=codes).order_by("pk")
    rows = rows.select_related("product", "shop").select_for_update(of=("self",))
    ticket_of = {ticket.code: ticket for ticket in rows}
    products = Product.objects.filter(conference=upload.conference).in_bulk()
    lines, left = [], []
    for code, before, after in upload.before:
        ticket = ticket_of.get(code)
        values = CANCELED if before is None else _unpacked(before, products)
        is_same = ticket is not None and pack(values_of(ticket, after)) == after
        if is_same and values.get("product", "") is not None:
            lines.append(TicketLine(code, values, ticket))
        else:
            left.append(code)
    return lines, left


def _unpacked(packed: TicketValues, products: dict[int, Product]) -> TicketValues:
    """A product that was deleted since is None."""
    values = dict(packed)
    for name in MOMENTS:
        if values.get(name):
            values[name] = parse_datetime(values[name])
    if "product" in values:
        values["product"] = products.get(values["product"])
    return values


def _fresh(upload: Upload) -> Upload:
    """Locked, so that a second click waits and then finds that it is done."""
    uploads = Upload.objects.select_for_update(of=("self",)).select_related("conference")
    return uploads.get(pk=upload.pk)
