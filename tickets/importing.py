"""What a shop says about tickets becomes ours: all of it in one transaction, or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from schedule.models import Conference
from tickets.admission import forget
from tickets.claiming import claim_tickets
from tickets.models import Claim, Product, Ticket
from tickets.shops.base import ShopTicket


@dataclass(slots=True)
class Summary:
    """`absent`: tickets that the file does not name; they stay as they are. `passed_on`: the shop
    names a new holder, so the old one lost the ticket. `claimed`: found their holders at once.
    """

    is_dry_run: bool
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    absent: int = 0
    passed_on: int = 0
    claimed: int = 0
    new_products: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return {
            "dry_run": self.is_dry_run,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "absent": self.absent,
            "passed_on": self.passed_on,
            "claimed": self.claimed,
            "new_products": self.new_products,
            "problems": [],
        }


def import_tickets(
    *, conference: Conference, tickets: Iterable[ShopTicket], is_dry_run: bool = False
) -> Summary:
    """New products open the whole conference. The number of statements does not depend on that of
    the tickets.
    """
    summary = Summary(is_dry_run)
    with transaction.atomic():
        # One import at a time; claims wait for the tickets.
        Conference.objects.select_for_update(no_key=True).get(pk=conference.pk)
        wanted = list(tickets)
        products = _products(conference, {ticket.product for ticket in wanted}, summary)
        ours = Ticket.objects.filter(conference=conference).order_by("pk")
        known = {ticket.code: ticket for ticket in ours.select_for_update()}
        summary.absent = len(known.keys() - {ticket.code for ticket in wanted})
        changed: dict[int, Ticket] = {}
        fresh: list[Ticket] = []
        for said in wanted:
            values = {**said.values, "product_id": products[said.product].pk}
            old = known.get(said.code)
            if old is None:
                fresh.append(Ticket(conference=conference, code=said.code, **values))
            elif any(getattr(old, name) != value for name, value in values.items()):
                changed[old.pk] = old
                fresh.append(_changed(old, values))
        _write(fresh)
        summary.changed = len(changed)
        summary.new = len(fresh) - len(changed)
        summary.unchanged = len(wanted) - len(fresh)
        if changed:
            new_email = {ticket.code: ticket.holder_email for ticket in fresh}
            summary.passed_on = _tell_holders(conference, changed, new_email)
        summary.claimed = claim_tickets(conference)
        if is_dry_run:
            transaction.set_rollback(True)
    return summary


def _products(conference: Conference, names: set[str], summary: Summary) -> dict[str, Product]:
    products = {product.name: product for product in conference.products.all()}
    summary.new_products = sorted(names - products.keys())
    made = [Product(conference=conference, name=name) for name in summary.new_products]
    return products | {product.name: product for product in Product.objects.bulk_create(made)}


def _changed(old: Ticket, values: dict[str, Any]) -> Ticket:
    kept = {field.attname: getattr(old, field.attname) for field in Ticket._meta.concrete_fields}
    return Ticket(**{**kept, **values, "id": None})


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


def _tell_holders(
    conference: Conference, changed: dict[int, Ticket], new_email: dict[str, str]
) -> int:
    """Drops what is kept for them. A ticket that was claimed by its address goes where the address
    goes; one that the help desk gave to somebody stays there. Returns how many were taken back.
    """
    claims = Claim.objects.live().filter(ticket__conference=conference).select_related("user")
    theirs = [claim for claim in claims if claim.ticket_id in changed]
    taken_back = []
    for claim in theirs:
        old = changed[claim.ticket_id]
        is_theirs_by_address = old.holder_email == claim.user.email
        if is_theirs_by_address and new_email[old.code] not in ("", old.holder_email):
            taken_back.append(claim.pk)
    Claim.objects.filter(pk__in=taken_back).update(released_at=timezone.now())
    forget(conference.pk, [claim.user_id for claim in theirs])
    return len(taken_back)
