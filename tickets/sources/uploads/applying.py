"""Applying an upload as its plan was shown, and undoing it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.dateparse import parse_datetime

from lib.plans import PlanChanged, refuse_changed
from tickets.models import Product, Ticket, Upload
from tickets.sources.importing import (
    CANCELED,
    ImportResult,
    TicketLine,
    TicketValues,
    values_of,
    write_lines,
    write_plan,
)
from tickets.sources.uploads.planning import pack, packed_lines, plan_upload

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
    if not accepts_removals:
        planned.refuse_too_many(cancels_missing=cancels_missing)
    if cancels_missing:
        planned.cancel_missing()
    written = write_plan(upload.conference, planned.plan)
    upload.rows = []
    upload.before = packed_lines(planned.plan.lines)
    upload.counts = {name: getattr(written, name) for name in COUNTED}
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
