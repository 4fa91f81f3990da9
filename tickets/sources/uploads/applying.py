from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from lib.plans import PlanChanged, refuse_changed
from tickets.models import Product, Ticket, Upload
from tickets.sources.importing import GONE, TicketLine, Written, write_lines, write_plan
from tickets.sources.uploads.planning import pack, plan_upload, values_of

COUNTED = ("new", "changed", "unchanged", "canceled", "passed_on", "claimed")
MOMENTS = ("valid_from", "valid_until", "passed_on_at")


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
) -> Written:
    """The plan that the organizer saw (its digest). Raises PlanChanged, TicketRemovalsRefused
    and BadSpreadsheet.
    """
    upload.conference.one_writer("tickets")
    upload = _fresh(upload)
    if upload.applied_at is not None or not upload.mapping:
        raise PlanChanged
    planned = plan_upload(upload)
    refuse_changed(planned, digest)
    if not accepts_removals:
        planned.refuse_too_many(cancels_missing=cancels_missing)
    if cancels_missing:
        planned.cancel_missing()
    written = write_plan(upload.conference, planned.plan)
    upload.rows = []
    upload.before = _before(planned.plan.lines, written)
    upload.counts = {name: value for name, value in asdict(written).items() if name in COUNTED}
    upload.cancels_missing = cancels_missing
    upload.applied_at = at
    upload.save()
    return written


def _before(lines: Iterable[TicketLine], written: Written) -> list[Any]:
    """For each ticket its code, what it was (None: it was not there) and what it became."""
    return [
        [
            line.code,
            None if (old := written.before[line.code]) is None else pack(old),
            pack(line.values),
        ]
        for line in lines
    ]


@dataclass(frozen=True, slots=True)
class Undone:
    """`left`: codes of tickets that have changed since, and stay as they are."""

    count: int
    left: list[str]


@transaction.atomic
def undo_upload(upload: Upload, *, at: datetime) -> Undone:
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
    return Undone(len(lines), left)


def _lines_back(upload: Upload) -> tuple[list[TicketLine], list[str]]:
    codes = [code for code, _before, _after in upload.before]
    rows = Ticket.objects.filter(conference=upload.conference, code__in=codes).order_by("pk")
    rows = rows.select_related("product", "shop").select_for_update(of=("self",))
    ticket_of = {ticket.code: ticket for ticket in rows}
    products = Product.objects.filter(conference=upload.conference).in_bulk()
    lines, left = [], []
    for code, before, after in upload.before:
        ticket = ticket_of.get(code)
        is_same = ticket is not None and pack(values_of(ticket, after)) == after
        values = {"state": Ticket.State.CANCELED, "shop_says": GONE}
        if before is not None:
            values = _unpacked(before, products)
        if is_same and values.get("product", "") is not None:
            lines.append(TicketLine(code, values, ticket))
        else:
            left.append(code)
    return lines, left


def _unpacked(packed: dict[str, Any], products: dict[int, Product]) -> dict[str, Any]:
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
    return (
        Upload.objects.select_for_update(of=("self",))
        .select_related("conference")
        .get(pk=upload.pk)
    )
