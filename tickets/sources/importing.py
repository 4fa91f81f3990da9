"""What a shop or a file says about tickets becomes ours.

There is one way in for all of them: a plan says what would differ, line by line; writing the lines
moves tickets on to new holders, and drops what is kept of everybody concerned. The number of
statements does not depend on that of the tickets.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.sealing import seal
from schedule.models import Conference
from tickets.admission.claiming import claim_tickets
from tickets.models import Claim, Product, Shop, SyncRun, Ticket, TicketQuerySet, fold_email
from tickets.models.scopes import forget_admissions
from tickets.sources.products import ProductRegister, decide_for
from tickets.sources.shops.base import ShopTicket, TicketValues
from tickets.sources.waiting import WaitingProduct, waiting_products

# Of the valid tickets: more are not canceled for the sole reason that nobody names them any more.
MAX_GONE_SHARE = 0.2
# What becomes of a ticket that its shop, or the file it came from, does not name any more.
CANCELED = {"state": Ticket.State.CANCELED, "shop_says": "gone"}
# Of the table, by the fields' names.
_COLUMNS = {field.name: field.attname for field in Ticket._meta.concrete_fields}


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
    change; all that are known of a new one (`old` None).
    """

    code: str
    values: TicketValues
    old: Ticket | None = None

    @property
    def old_values(self) -> TicketValues | None:
        """What would be overwritten. None: the ticket is new."""
        return values_of(self.old, self.values) if self.old else None

    def becomes(self, name: str) -> Any:
        """The value of a field, changed or not."""
        return self.values[name] if name in self.values else getattr(self.old, name, "")

    @property
    def kind(self) -> str:
        if self.old is None:
            return "new"
        return "ends" if self.invalidates else "changed"

    @property
    def addresses(self) -> tuple[str, str]:
        """The holder's before and, if it changes, afterwards."""
        old = self.old.holder_email if self.old else ""
        return old, self.values.get("holder_email", "")

    @property
    def invalidates(self) -> bool:
        """Whether it takes a ticket that is valid, so that it lets nobody in any more."""
        is_valid = self.old is not None and self.old.is_valid
        return is_valid and self.values.get("state", Ticket.State.VALID) != Ticket.State.VALID


def values_of(ticket: Ticket, names: Iterable[str]) -> TicketValues:
    return {name: getattr(ticket, name) for name in names}


@dataclass(slots=True)
class TicketPlan:
    """`foreign`: another shop's tickets with such a code, which stay as they are."""

    products: ProductRegister
    lines: list[TicketLine] = field(default_factory=list)
    unchanged: list[Ticket] = field(default_factory=list)
    foreign: list[Ticket] = field(default_factory=list)


@dataclass(slots=True)
class ImportResult:
    """`canceled`, `pending`, `blocked`, `unknown`: what became so, counted in `changed` too.
    `passed_on`: a new holder is named, so the old one lost the ticket. `claimed`: found their holders
    at once. Of a whole file also `absent`: tickets from files that it does not name; `absent_canceled`: of those;
    and `waiting`: the products that open nothing until somebody says what.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    canceled: int = 0
    pending: int = 0
    blocked: int = 0
    unknown: int = 0
    passed_on: int = 0
    claimed: int = 0
    absent: int = 0
    absent_canceled: int = 0
    new_products: list[str] = field(default_factory=list)
    opened_products: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    waiting: list[WaitingProduct] = field(default_factory=list)


@transaction.atomic(savepoint=False)
def plan_tickets(
    conference: Conference, tickets: Iterable[ShopTicket], *, shop: Shop | None = None
) -> TicketPlan:
    """Writes nothing. `shop` None: a file. Of a code that is named twice the last word counts."""
    wanted = {ticket.code: ticket for ticket in tickets}
    plan = TicketPlan(ProductRegister(conference, shop, wanted.values()))
    mains = {ticket.values.get("main_code") or ticket.code for ticket in wanted.values()}
    known = _known(conference, {*wanted, *mains}, plan.products)
    # A file does not say it of an add-on that came from a shop.
    if unread := {each.main_code for each in known.values() if each.main_code} - known.keys():
        known |= _known(conference, unread, plan.products)
    for ticket in wanted.values():
        old = known.get(ticket.code)
        if old is not None and _is_foreign(old, shop):
            plan.foreign.append(old)
            continue
        values = {**ticket.values, **_ended_with_main(ticket, wanted, known)}
        values = _values(values, plan.products.of(ticket), shop, old)
        if old is None or values:
            plan.lines.append(TicketLine(ticket.code, values, old))
        else:
            plan.unchanged.append(old)
    plan.lines += _left_behind(conference, plan.lines, wanted)
    return plan


def _ended_with_main(
    ticket: ShopTicket, wanted: Mapping[str, ShopTicket], known: Mapping[str, Ticket]
) -> TicketValues:
    """What an add-on is, if the ticket that it was bought for lets nobody in."""
    old, state = known.get(ticket.code), ticket.values.get("state")
    code = ticket.values.get("main_code", old.main_code if old else "")
    if not code or state != Ticket.State.VALID:
        return {}
    if code in wanted:
        main = wanted[code].values
    elif code in known:
        main = vars(known[code])
    else:
        return {"state": Ticket.State.UNKNOWN, "shop_says": _("add-on to an unknown ticket")}
    return {} if main.get("state", state) == state else _as_main(main)


def _as_main(main: Mapping[str, Any]) -> TicketValues:
    says = Ticket.ENDED_WITH + (main.get("shop_says") or str(Ticket.State(main["state"]).label))
    return {"state": main["state"], "shop_says": says[:100]}


def _left_behind(
    conference: Conference, lines: Iterable[TicketLine], wanted: Collection[str]
) -> list[TicketLine]:
    """Valid add-ons of tickets that end, where the shop has named only the ticket."""
    ended = {line.code: line.values for line in lines if line.invalidates}
    add_ons = Ticket.objects.add_ons_of(conference, ended).valid().order_by("pk")
    rows = add_ons.select_related("product", "shop").select_for_update(of=("self",))
    return [
        TicketLine(row.code, _as_main(ended[row.main_code]), row)
        for row in rows
        if row.code not in wanted
    ]


def _known(
    conference: Conference, codes: Iterable[str], products: ProductRegister
) -> dict[str, Ticket]:
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
    values: TicketValues, product: Product, shop: Shop | None, old: Ticket | None
) -> TicketValues:
    values = {**values, "product": product, "shop": shop}
    if "buyer_email" in values:
        values["buyer_email"] = fold_email(values["buyer_email"])
    if "holder_email" in values:
        values |= _whose(fold_email(values.pop("holder_email")), old)
    for name in values.keys() & set(Ticket.SEALED):
        told = values.pop(name)
        # The same text has another seal each time.
        if old is None or old.opened(name) != told:
            values[name] = seal(told)
    if old is None:
        return values
    return {name: value for name, value in values.items() if getattr(old, name) != value}


def _whose(email: str, old: Ticket | None) -> TicketValues:
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
) -> ImportResult:
    """All of them, changed or not, count as seen in the run `seen_in`."""
    conference.one_writer("tickets")
    return write_plan(conference, plan_tickets(conference, tickets, shop=shop), seen_in=seen_in)


@transaction.atomic(savepoint=False)
def write_plan(
    conference: Conference, plan: TicketPlan, *, seen_in: SyncRun | None = None
) -> ImportResult:
    plan.products.save()
    written = write_lines(conference, plan.lines, seen_in=seen_in)
    written.new_products = sorted(product.name for product in plan.products.new)
    written.opened_products = sorted(product.name for product in plan.products.opened)
    if any(product not in plan.products.new for product in plan.products.opened):
        # Also their tickets that this plan does not name find their holders.
        written.claimed += claim_tickets(conference)
    written.unchanged = len(plan.unchanged)
    written.foreign = [ticket.code for ticket in plan.foreign]
    if seen_in is not None and plan.unchanged:
        same = Ticket.objects.filter(pk__in=[ticket.pk for ticket in plan.unchanged])
        same.update(seen_in=seen_in)
    return written


@transaction.atomic(savepoint=False)
def write_lines(
    conference: Conference, lines: Collection[TicketLine], *, seen_in: SyncRun | None = None
) -> ImportResult:
    """Their products have been saved."""
    changed = [line for line in lines if line.old is not None]
    written = ImportResult(new=len(lines) - len(changed), changed=len(changed))
    if not lines:
        return written
    became = Counter(line.values.get("state") for line in changed)
    written.canceled = became[Ticket.State.CANCELED]
    written.pending = became[Ticket.State.PENDING]
    written.blocked = became[Ticket.State.BLOCKED]
    written.unknown = became[Ticket.State.UNKNOWN]
    identity = ("conference", "code")
    Ticket.objects.bulk_create(
        [_row(conference, line, seen_in) for line in lines],
        update_conflicts=True,
        unique_fields=identity,
        update_fields=_COLUMNS.keys() - {"id", *identity},
    )
    emails = {email for line in lines for email in line.addresses if email}
    if changed:
        written.passed_on, holders = _revoke_claims(conference, changed)
        emails |= holders
    if emails:
        written.claimed = claim_tickets(conference, emails=emails)
    return written


def removal_lines(conference: Conference, tickets: QuerySet[Ticket]) -> list[TicketLine]:
    """What becomes of tickets that their shop, or the file that they came from, does not name any
    more, and of the valid add-ons on them. Locks both.
    """
    found = tickets.exclude(state=Ticket.State.CANCELED).select_related("product", "shop")
    rows = found.order_by("pk").select_for_update(of=("self",))
    return with_add_ons(conference, [TicketLine(row.code, CANCELED, row) for row in rows])


def with_add_ons(conference: Conference, lines: list[TicketLine]) -> list[TicketLine]:
    """A ticket that ends takes along the valid add-ons of which nothing is said."""
    return lines + _left_behind(conference, lines, {line.code for line in lines})


def cancel_tickets(conference: Conference, tickets: QuerySet[Ticket]) -> ImportResult:
    with transaction.atomic():
        conference.one_writer("tickets")
        return write_lines(conference, removal_lines(conference, tickets))


def cancel_missing(
    conference: Conference, missing: QuerySet[Ticket], written: ImportResult
) -> list[TicketLine]:
    """What a whole file, which was just `written`, does not name. Which products there are is known
    then, so what opens by itself is decided again, and told in `written`.
    """
    lines = removal_lines(conference, missing)
    written.claimed += write_lines(conference, lines).claimed
    opened = decide_for(conference, None)
    written.opened_products += sorted(product.name for product in opened)
    return lines


def _row(conference: Conference, line: TicketLine, seen_in: SyncRun | None) -> Ticket:
    row = copy(line.old) if line.old else Ticket(conference_id=conference.pk, code=line.code)
    for name, value in line.values.items():
        setattr(row, _COLUMNS[name], getattr(value, "pk", value))
    row.seen_in_id = seen_in.pk if seen_in else row.seen_in_id
    # The database finds by conference and code which one it is.
    row.pk = None
    return row


def _revoke_claims(conference: Conference, lines: list[TicketLine]) -> tuple[int, set[str]]:
    """A ticket goes where the shop says: whoever proved to read the mail of its former address loses
    it. One that the help desk gave to somebody stays there. What is kept of all their holders is
    dropped. Returns how many claims were revoked, and the addresses of all who had one.
    """
    line_of = {line.old.pk: line for line in lines if line.old is not None}
    claims = Claim.objects.live().filter(ticket__in=line_of).select_related("user", "ticket")
    lost = [claim for claim in claims if _goes_to_another(line_of[claim.ticket_id], claim)]
    Claim.release_all(lost, timezone.now())
    forget_admissions((conference.pk, claim.user_id) for claim in claims)
    return len(lost), {claim.user.email for claim in claims}


def _goes_to_another(line: TicketLine, claim: Claim) -> bool:
    before, now = line.addresses
    is_named = now not in ("", before, claim.user.email)
    return is_named and claim.way != Claim.Way.HELPDESK


def missing_tickets(conference: Conference, codes: Iterable[str]) -> TicketQuerySet:
    """The tickets from files that are not canceled, and not among these codes."""
    ours = Ticket.objects.filter(conference=conference, shop=None)
    return ours.exclude(state=Ticket.State.CANCELED).exclude(code__in=list(codes))


@transaction.atomic
def import_tickets(
    *,
    conference: Conference,
    tickets: Iterable[ShopTicket],
    also_named: Collection[str] = (),
    is_dry_run: bool = False,
    cancels_missing: bool = False,
    accepts_removals: bool = False,
) -> ImportResult:
    """A whole file. `also_named`: codes of tickets that are not missing in it. Raises
    TicketRemovalsRefused, and has then written nothing.
    """
    conference.one_writer("tickets")
    wanted = list(tickets)
    valid = Ticket.objects.filter(conference=conference, shop=None).valid().count()
    missing = missing_tickets(conference, {*also_named, *(ticket.code for ticket in wanted)})
    result = write_tickets(conference, wanted)
    result.absent = missing.count()
    if cancels_missing:
        if not accepts_removals:
            refuse_too_many(missing.valid().count(), valid)
        result.absent_canceled = len(cancel_missing(conference, missing, result))
    result.waiting = waiting_products(conference)
    if is_dry_run:
        transaction.set_rollback(True)
    return result
