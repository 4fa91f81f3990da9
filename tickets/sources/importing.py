"""What a shop or a file says about tickets becomes ours: planned, written, and its people told.

There is one way in for all of them: a plan says what would differ, line by line; writing the lines
keeps what was there before, moves tickets on to new holders, and drops what is kept of everybody
concerned. The number of statements does not depend on that of the tickets.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from schedule.models import Conference
from tickets.admission.claiming import claim_tickets
from tickets.models import Claim, Product, Shop, SyncRun, Ticket, TicketQuerySet, fold_email
from tickets.models.kept_admissions import forget_admissions
from tickets.sources.products import Products
from tickets.sources.shops.base import ShopTicket

# Of the valid tickets: more are not canceled for the sole reason that nobody names them any more.
MAX_GONE_SHARE = 0.2
# `shop_says` of a ticket that its shop, or the file it came from, does not name any more.
GONE = "gone"


class TicketRemovalsRefused(Exception):
    """Nothing was canceled, for it would have been too many. An organizer may accept that."""

    def __init__(self, gone: int, valid: int) -> None:
        self.gone, self.valid = gone, valid
        text = _(
            "%(gone)s of %(valid)s valid tickets would be canceled: that looks like a mistake."
        )
        super().__init__(text % {"gone": gone, "valid": valid})


def refuse_too_many(gone: int, valid: int) -> None:
    """Raises TicketRemovalsRefused."""
    if gone > valid * MAX_GONE_SHARE:
        raise TicketRemovalsRefused(gone, valid)


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket that would differ. `values` are its fields as they would be, those alone that
    change; all there are for a new one (`old` None).
    """

    code: str
    values: dict[str, Any]
    old: Ticket | None = None

    @property
    def invalidates(self) -> bool:
        """Whether it takes a ticket that is valid, so that it lets nobody in any more."""
        is_valid = self.old is not None and self.old.is_valid
        return is_valid and self.values.get("state", Ticket.State.VALID) != Ticket.State.VALID


@dataclass(slots=True)
class TicketPlan:
    """`foreign`: another shop's tickets with such a code, which stay as they are."""

    products: Products
    lines: list[TicketLine] = field(default_factory=list)
    unchanged: list[Ticket] = field(default_factory=list)
    foreign: list[Ticket] = field(default_factory=list)


@dataclass(slots=True)
class Written:
    """`canceled`: were valid and are not, counted in `changed` too. `passed_on`: a new holder is
    named, so the old one lost the ticket. `claimed`: found their holders at once. `before`: for
    each ticket the values that were overwritten; None: it is new.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    canceled: int = 0
    passed_on: int = 0
    claimed: int = 0
    new_products: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    before: dict[str, dict[str, Any] | None] = field(default_factory=dict)


@transaction.atomic(savepoint=False)
def plan_tickets(
    conference: Conference, tickets: Iterable[ShopTicket], *, shop: Shop | None = None
) -> TicketPlan:
    """Writes nothing. `shop` None: a file. Of a code that is named twice the last word counts."""
    said = {ticket.code: ticket for ticket in tickets}
    plan = TicketPlan(Products(conference, shop, said.values()))
    known = _known(conference, said, plan.products)
    for ticket in said.values():
        old = known.get(ticket.code)
        if old is not None and _is_foreign(old, shop):
            plan.foreign.append(old)
            continue
        values = _values(ticket, plan.products.of(ticket), shop, old)
        if old is None or values:
            plan.lines.append(TicketLine(ticket.code, values, old))
        else:
            plan.unchanged.append(old)
    return plan


def _known(conference: Conference, codes: Iterable[str], products: Products) -> dict[str, Ticket]:
    """Locked. Their few products and shops are read once, not with each."""
    shops = {shop.pk: shop for shop in conference.shops.all()}
    ours = Ticket.objects.filter(conference=conference, code__in=list(codes)).order_by("pk")
    known = {ticket.code: ticket for ticket in ours.select_for_update()}
    for ticket in known.values():
        # One that was made this very moment is read when it is needed.
        if ticket.product_id in products.by_id:
            ticket.product = products.by_id[ticket.product_id]
        if ticket.shop_id in shops:
            ticket.shop = shops[ticket.shop_id]
    return known


def _is_foreign(old: Ticket, shop: Shop | None) -> bool:
    """Another shop's. One that is switched off says nothing more: whoever does may have them."""
    return old.shop is not None and old.shop != shop and old.shop.is_active


def _values(
    said: ShopTicket, product: Product, shop: Shop | None, old: Ticket | None
) -> dict[str, Any]:
    values = {**said.values, "product": product, "shop": shop}
    if "buyer_email" in values:
        values["buyer_email"] = fold_email(values["buyer_email"])
    if "holder_email" in values:
        values |= _whose(fold_email(values.pop("holder_email")), old)
    if old is None:
        return values
    return {name: value for name, value in values.items() if getattr(old, name) != value}


def _whose(email: str, old: Ticket | None) -> dict[str, Any]:
    """A word that the shop has said before changes nothing: the ticket may have been passed on
    here since. That it names nobody does not take a ticket from whom it was passed on to.
    """
    if old is None:
        return {"holder_email": email, "shop_email": email}
    if email == old.shop_email or (not email and old.passed_on_at is not None):
        return {}
    return {"holder_email": email, "shop_email": email, "passed_on_at": None}


@transaction.atomic(savepoint=False)
def write_tickets(
    conference: Conference,
    tickets: Iterable[ShopTicket],
    *,
    shop: Shop | None = None,
    seen_in: SyncRun | None = None,
) -> Written:
    """With `seen_in` all of them, changed or not, were seen in that run."""
    conference.one_writer("tickets")
    return write_plan(conference, plan_tickets(conference, tickets, shop=shop), seen_in=seen_in)


@transaction.atomic(savepoint=False)
def write_plan(
    conference: Conference, plan: TicketPlan, *, seen_in: SyncRun | None = None
) -> Written:
    plan.products.save()
    written = write_lines(conference, plan.lines, seen_in=seen_in)
    written.new_products = sorted(product.name for product in plan.products.new)
    written.unchanged = len(plan.unchanged)
    written.foreign = [ticket.code for ticket in plan.foreign]
    if seen_in is not None and plan.unchanged:
        same = Ticket.objects.filter(pk__in=[ticket.pk for ticket in plan.unchanged])
        same.update(seen_in=seen_in)
    return written


@transaction.atomic(savepoint=False)
def write_lines(
    conference: Conference, lines: Collection[TicketLine], *, seen_in: SyncRun | None = None
) -> Written:
    """Their products exist."""
    changed = [line for line in lines if line.old is not None]
    written = Written(new=len(lines) - len(changed), changed=len(changed))
    if not lines:
        return written
    written.canceled = sum(line.invalidates for line in changed)
    written.before = {line.code: _before(line) for line in lines}
    _write([_row(conference, line, seen_in) for line in lines])
    emails = {email for line in lines for email in _addresses(line) if email}
    if changed:
        written.passed_on, holders = _revoke_claims(conference, changed)
        emails |= holders
    if emails:
        written.claimed = claim_tickets(conference, emails=emails)
    return written


def cancel_tickets(conference: Conference, tickets: QuerySet[Ticket], says: str = GONE) -> Written:
    """`says` is what is shown as the shop's word."""
    found = tickets.exclude(state=Ticket.State.CANCELED).select_related("product", "shop")
    values = {"state": Ticket.State.CANCELED, "shop_says": says}
    with transaction.atomic():
        conference.one_writer("tickets")
        rows = found.order_by("pk").select_for_update(of=("self",))
        return write_lines(conference, [TicketLine(row.code, values, row) for row in rows])


def _before(line: TicketLine) -> dict[str, Any] | None:
    if line.old is None:
        return None
    return {name: getattr(line.old, name) for name in line.values}


def _row(conference: Conference, line: TicketLine, seen_in: SyncRun | None) -> Ticket:
    kept: dict[str, Any] = {"conference_id": conference.pk, "code": line.code}
    if line.old is not None:
        fields = Ticket._meta.concrete_fields
        kept = {field.attname: getattr(line.old, field.attname) for field in fields}
    changes = {Ticket._meta.get_field(name): value for name, value in line.values.items()}
    kept |= {
        field.attname: getattr(value, "pk", value) if field.is_relation else value  # type: ignore[union-attr]  # fields, no reverse relations
        for field, value in changes.items()
    }
    if seen_in is not None:
        kept["seen_in_id"] = seen_in.pk
    return Ticket(**{**kept, "id": None})


def _write(tickets: list[Ticket]) -> None:
    identity = ("conference", "code")
    rest = [
        field.name
        for field in Ticket._meta.concrete_fields
        if not field.primary_key and field.name not in identity
    ]
    Ticket.objects.bulk_create(
        tickets, update_conflicts=True, unique_fields=identity, update_fields=rest
    )


def _addresses(line: TicketLine) -> tuple[str, str]:
    old = line.old.holder_email if line.old is not None else ""
    return old, line.values.get("holder_email", "")


def _revoke_claims(conference: Conference, lines: list[TicketLine]) -> tuple[int, set[str]]:
    """A ticket goes where the shop says: whoever proved to read the mail of its former address loses
    it. One that the help desk gave to somebody stays there. What is kept of all their holders is
    dropped. Returns how many claims were revoked, and the addresses of all who had one.
    """
    line_of = {line.old.pk: line for line in lines if line.old is not None}
    claims = Claim.objects.live().filter(ticket__in=line_of).select_related("user", "ticket")
    lost: list[Claim] = []
    kept: list[Claim] = []
    for claim in claims:
        line = line_of[claim.ticket_id]
        (lost if _goes_to_another(line, claim) else kept).append(claim)
    Claim.release_all(lost, timezone.now())
    forget_admissions((conference.pk, claim.user_id) for claim in kept)
    return len(lost), {claim.user.email for claim in claims}


def _goes_to_another(line: TicketLine, claim: Claim) -> bool:
    before, now = _addresses(line)
    is_named = now not in ("", before, claim.user.email)
    return is_named and claim.way != Claim.Way.HELPDESK


@dataclass(slots=True)
class TicketSummary:
    """`absent`: tickets that the file does not name, of those that came from files."""

    is_dry_run: bool
    written: Written
    absent: int = 0
    canceled: int = 0

    def as_dict(self) -> dict[str, object]:
        return {
            "dry_run": self.is_dry_run,
            "new": self.written.new,
            "changed": self.written.changed,
            "unchanged": self.written.unchanged,
            "absent": self.absent,
            "canceled": self.canceled,
            "passed_on": self.written.passed_on,
            "claimed": self.written.claimed,
            "new_products": self.written.new_products,
            "foreign": self.written.foreign,
            "problems": [],
        }


def missing_tickets(conference: Conference, codes: Iterable[str]) -> TicketQuerySet:
    """Those from files that are not canceled, and not among these."""
    ours = Ticket.objects.filter(conference=conference, shop=None)
    return ours.exclude(state=Ticket.State.CANCELED).exclude(code__in=list(codes))


@transaction.atomic
def import_tickets(
    *,
    conference: Conference,
    tickets: Iterable[ShopTicket],
    is_dry_run: bool = False,
    cancels_missing: bool = False,
    accepts_removals: bool = False,
) -> TicketSummary:
    """A whole file. Raises TicketRemovalsRefused, and has then written nothing."""
    conference.one_writer("tickets")
    wanted = list(tickets)
    ours = Ticket.objects.filter(conference=conference, shop=None).valid()
    valid = ours.count()
    missing = missing_tickets(conference, {ticket.code for ticket in wanted})
    summary = TicketSummary(is_dry_run, write_tickets(conference, wanted), missing.count())
    if cancels_missing:
        if not accepts_removals:
            refuse_too_many(missing.valid().count(), valid)
        summary.canceled = cancel_tickets(conference, missing).changed
    if is_dry_run:
        transaction.set_rollback(True)
    return summary
