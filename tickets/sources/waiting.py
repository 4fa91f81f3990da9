"""The products that wait for somebody to say what they open, and how many people that keeps out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.models import Conference
from tickets.models import Product, Ticket


class WaitingProduct(NamedTuple):
    """`people`: holders of a valid ticket of it who have no other one that opens something."""

    product: Product
    people: int

    @property
    def packed(self) -> dict[str, object]:
        return {"product": self.product.name, "people": self.people}

    def __str__(self) -> str:
        text = _("“%(product)s” waits for somebody to say what it opens.")
        if self.people:
            text = ngettext(
                "“%(product)s” waits for somebody to say what it opens: that keeps out %(n)d person.",
                "“%(product)s” waits for somebody to say what it opens: that keeps out %(n)d people.",
                self.people,
            )
        return text % {"product": self.product, "n": self.people}


def to_decide(user: Any, conference: Conference | None) -> dict[str, object]:
    """For a page of who may look at products: those that wait, and beside them those that opened by
    themselves before there were others.
    """
    if conference is None or not user.has_perm("tickets.view_product", conference):
        return {}
    waiting = waiting_products(conference)
    alone = conference.products.opened_alone() if waiting else ()
    return {"waiting": waiting, "opened_alone": alone}


def opened_in_words(name: str) -> str:
    text = _("“%(product)s” opens the whole conference, because it is the only product.")
    return text % {"product": name}


class ValidTicket(NamedTuple):
    code: str
    email: str
    product: Product

    @property
    def holder(self) -> str:
        """Without an address each ticket is somebody else's."""
        return self.email or f"#{self.code}"


def waiting_products(conference: Conference) -> list[WaitingProduct]:
    # The tickets are looked through only while something waits.
    if waiting := list(conference.products.waiting()):
        return with_people(waiting, valid_tickets(conference, conference.products.in_bulk()))
    return []


def valid_tickets(conference: Conference, products: Mapping[int, Product]) -> Iterator[ValidTicket]:
    rows = Ticket.objects.filter(conference=conference).valid().order_by()
    for code, email, product_id in rows.values_list("code", "holder_email", "product"):
        # One that was made this very moment comes the next time.
        if product_id in products:
            yield ValidTicket(code, email, products[product_id])


def with_people(waiting: Iterable[Product], tickets: Iterable[ValidTicket]) -> list[WaitingProduct]:
    # By the products' names, each of which is there once.
    holders: dict[str, set[str]] = defaultdict(set)
    admitted: set[str] = set()
    for ticket in tickets:
        holders[ticket.product.name].add(ticket.holder)
        if ticket.product.scopes:
            admitted.add(ticket.holder)
    return [
        WaitingProduct(product, len(holders[product.name] - admitted))
        for product in sorted(waiting, key=str)
    ]
