"""What applying an upload would change, as its page shows it."""

from collections.abc import Callable, Iterable
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
    GONE,
    MAX_GONE_SHARE,
    TicketLine,
    TicketPlan,
    missing_tickets,
    plan_tickets,
    refuse_too_many,
)
from tickets.sources.spreadsheets import Table
from tickets.sources.uploads.mapping import Mapping

# Nobody reads more of one kind; the counts are of all.
SHOWN = 100
# What is told of a ticket, in this order.
TOLD = (
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


class ShownField(NamedTuple):
    """One field of one line, in words."""

    label: str
    old: str
    new: str


class ShownLine(NamedTuple):
    code: str
    holder: str
    told: list[ShownField]
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class Group:
    """`count`: of all its lines, of which the first are shown."""

    kind: str
    label: str
    count: int
    lines: list[ShownLine]

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


@dataclass(slots=True)
class UploadPlan:
    """`missing`: tickets from files that this one does not name. `valid`: how many let in today."""

    upload: Upload
    plan: TicketPlan
    missing: list[Ticket]
    valid: int

    @property
    def new_products(self) -> list[str]:
        return sorted(product.name for product in self.plan.products.new)

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
        """With the missing ones, or even without."""
        return self.invalidated + self.missing_valid > self.valid * MAX_GONE_SHARE

    @property
    def digest(self) -> str:
        """The same for the same changes of the same tickets."""
        lines = [
            [line.code, line.old and pack(_old(line)), pack(line.values)]
            for line in self.plan.lines
        ]
        told = [
            sorted(lines),
            sorted(f"{ticket.code} {ticket.state}" for ticket in self.missing),
            sorted(ticket.code for ticket in self.plan.foreign),
        ]
        return digest_of(told)

    def refuse_too_many(self, *, cancels_missing: bool) -> None:
        """Raises TicketRemovalsRefused."""
        refuse_too_many(self.invalidated + cancels_missing * self.missing_valid, self.valid)

    def cancel_missing(self) -> None:
        """Takes them into the plan."""
        values = {"state": Ticket.State.CANCELED, "shop_says": GONE}
        self.plan.lines += [TicketLine(ticket.code, values, ticket) for ticket in self.missing]


@transaction.atomic
def plan_upload(upload: Upload) -> UploadPlan:
    """Writes nothing. Raises BadSpreadsheet."""
    conference = upload.conference
    mapping = Mapping.unpack(upload.mapping)
    wanted = mapping.tickets(Table.unpack(upload.rows), conference)
    missing = missing_tickets(conference, [ticket.code for ticket in wanted])
    return UploadPlan(
        upload=upload,
        plan=plan_tickets(conference, wanted),
        missing=list(missing.select_related("product", "shop").order_by("code")),
        valid=Ticket.objects.filter(conference=conference, shop=None).valid().count(),
    )


def groups_of(planned: UploadPlan) -> list[Group]:
    told = _Words(planned.upload)
    lines = planned.plan.lines
    # Built when they are shown: SHOWN of perhaps 20,000.
    groups: list[tuple[str, str, list[Any], Callable[[Any], ShownLine]]] = [
        (
            "ends",
            _("Let nobody in any more"),
            [line for line in lines if line.invalidates],
            told.line,
        ),
        (
            "changed",
            _("Changed"),
            [line for line in lines if line.old is not None and not line.invalidates],
            told.line,
        ),
        ("new", _("New"), [line for line in lines if line.old is None], told.line),
        ("missing", _("Not in the file"), planned.missing, told.ticket),
        ("foreign", _("From a ticket shop: left as they are"), planned.plan.foreign, told.foreign),
    ]
    return [
        Group(kind, label, len(rows), [show(row) for row in rows[:SHOWN]])
        for kind, label, rows, show in groups
        if rows
    ]


class _Words:
    def __init__(self, upload: Upload) -> None:
        self.zone = upload.conference.zone
        self.labels = {
            name: capfirst(str(Ticket._meta.get_field(name).verbose_name))  # type: ignore[union-attr]  # no reverse relations
            for name in TOLD
        }

    def line(self, line: TicketLine) -> ShownLine:
        old = None if line.old is None else _old(line)
        holder = line.values if line.old is None else vars(line.old)
        return ShownLine(line.code, _holder(holder), self._told(line.values, old), line.old)

    def ticket(self, ticket: Ticket) -> ShownLine:
        told = self._told({"state": ticket.state, "product": ticket.product}, None)
        return ShownLine(ticket.code, _holder(vars(ticket)), told, ticket)

    def foreign(self, ticket: Ticket) -> ShownLine:
        told = self._told({"shop": ticket.shop}, None)
        return ShownLine(ticket.code, _holder(vars(ticket)), told, ticket)

    def _told(self, new: dict[str, Any], old: dict[str, Any] | None) -> list[ShownField]:
        """`old` None: only what there is to tell."""
        # The two addresses differ where somebody passed on the ticket here.
        hidden = {"shop_email"} if "holder_email" in new else set()
        if old is None:
            hidden |= {"holder_name", "holder_email"}
        return [
            ShownField(
                self.labels[name], "" if old is None else self._value(name, old[name]), value
            )
            for name in TOLD
            if name in new and name not in hidden
            if (value := self._value(name, new[name])) or old is not None
        ]

    def _value(self, name: str, value: Any) -> str:
        if name == "state":
            return str(Ticket.State(value).label)
        if isinstance(value, datetime):
            return date_format(value.astimezone(self.zone), "Y-m-d H:i")
        return "" if value is None else str(value)


def _holder(values: dict[str, Any]) -> str:
    return " ".join(filter(None, (values.get("holder_name"), values.get("holder_email"))))


def _old(line: TicketLine) -> dict[str, Any]:
    return values_of(line.old, line.values)


def values_of(ticket: Ticket | None, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in names}


def pack(values: dict[str, Any]) -> dict[str, Any]:
    """Plain values, the same for the same moment in whatever zone."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    match value:
        case Product():
            # One that is still to be made has only its name.
            return value.pk or value.name
        case models.Model():
            return value.pk
        case datetime():
            return value.astimezone(UTC).isoformat()
    return value
