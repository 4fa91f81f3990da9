"""Applying an upload, and undoing that."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.dateparse import parse_datetime

from lib.plans import PlanChanged, refuse_changed
from schedule.models import Conference
from tickets.models import Product, Ticket, Upload
from tickets.sources.importing import (
    CANCELED,
    ImportResult,
    TicketLine,
    cancel_missing,
    refuse_too_many,
    values_of,
    with_add_ons,
    write_lines,
    write_plan,
)
from tickets.sources.products import decide_for
from tickets.sources.reports import COUNTS
from tickets.sources.shops.base import TicketValues
from tickets.sources.uploads.plan import PackedLine, pack, packed_lines, plan_upload

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
    # The page asks for neither.
    if not planned.is_answered or (cancels_missing and not planned.read.tells_all_codes):
        raise PlanChanged
    if not accepts_removals:
        ending = planned.invalidated + cancels_missing * planned.missing_valid
        refuse_too_many(ending, planned.valid)
    written = write_plan(upload.conference, planned.plan)
    before = packed_lines(planned.plan.lines)
    if cancels_missing:
        missing = Ticket.objects.filter(pk__in=[ticket.pk for ticket in planned.missing])
        ended = cancel_missing(upload.conference, missing, written)
        before = _together(before, packed_lines(ended))
        written.changed = len(before) - written.new
        written.canceled += len(ended)
    upload.rows = []
    upload.set_aside = planned.set_aside_cells
    upload.before = before
    upload.counts = {name: getattr(written, name) for name in COUNTS}
    upload.cancels_missing = cancels_missing
    upload.applied_at = at
    upload.save()
    return written


def _together(first: list[PackedLine], then: list[PackedLine]) -> list[PackedLine]:
    """One line for each ticket: an add-on that the file names ends with its ticket all the same."""
    line_of = {line[0]: line for line in first}
    for code, was, becomes in then:
        if code in line_of:
            _code, was_before, became = line_of[code]
            was, becomes = was_before and {**was, **was_before}, {**became, **becomes}
        line_of[code] = [code, was, becomes]
    return list(line_of.values())


@dataclass(frozen=True, slots=True)
class UndoneUpload:
    """`left`: codes of tickets that have changed since, and stay as they are. `opened`: the names of
    products that open the conference by themselves again.
    """

    count: int
    left: list[str]
    opened: list[str]


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
    write_lines(upload.conference, with_add_ons(upload.conference, lines))
    opened = decide_for(upload.conference, None)
    upload.before = []
    upload.undone_at = at
    upload.save()
    return UndoneUpload(len(lines), left, sorted(product.name for product in opened))


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
    alone = _without_their_ticket(upload.conference, lines)
    return [line for line in lines if line.code not in alone], left + alone


def _without_their_ticket(conference: Conference, lines: list[TicketLine]) -> list[str]:
    """The add-ons that would be valid again, and their ticket not."""
    main_of = {
        line.code: line.becomes("main_code")
        for line in lines
        if line.becomes("main_code") and line.becomes("state") == Ticket.State.VALID
    }
    mains = Ticket.objects.filter(conference=conference, code__in=main_of.values())
    state_of = dict(mains.values_list("code", "state"))
    state_of |= {line.code: line.becomes("state") for line in lines}
    return [code for code, main in main_of.items() if state_of.get(main) != Ticket.State.VALID]


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
