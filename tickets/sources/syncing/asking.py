"""Asking the shops again, now, about one person's orders: no shop announces all that it changes.

The orders are hints like those of the shops' own calls, so what a shop does not answer at once is
asked for again by whoever follows those.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from django.conf import settings
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.http_client import Deadline
from lib.rates import Rate, count
from schedule.models import Conference
from tickets.models import Shop, Ticket, TicketQuerySet, User
from tickets.sources.syncing.order_hints import fetch_hinted_orders, fetch_hints

# For all that is asked while somebody waits for the page.
ANSWER_SECONDS = 8
# Of one person; the rest comes with the next sync.
MAX_ORDERS = 5
# What people who help may ask for in a minute, in one conference.
MAX_ASKED = 30
# What all who are refused may cause in a minute besides, each once.
MAX_ASKED_BY_THEMSELVES = 20
WATCHED = ("holder_email", "product", "valid_from", "valid_until", "shop_says")

type OrdersByShop = Mapping[Shop, list[str]]


@dataclass(slots=True)
class AskedOrders:
    """`changes` and `problems` are sentences, for who helps."""

    orders: int
    changes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        asked = ngettext(
            "The shop was asked about %(count)s order.",
            "The shop was asked about %(count)s orders.",
            self.orders,
        )
        nothing = [] if self.problems else [_("Nothing has changed there.")]
        return " ".join(
            [asked % {"count": self.orders}, *(self.changes or nothing), *self.problems]
        )


def orders_of(tickets: TicketQuerySet) -> OrdersByShop:
    """Those of them that a shop can be asked for, the newest first."""
    askable = tickets.filter(shop__is_active=True).exclude(order_code="").order_by("-pk")
    pairs = ((ticket.shop, ticket.order_code) for ticket in askable.select_related("shop"))
    orders: dict[Shop, list[str]] = {}
    for shop, code in islice(dict.fromkeys(pairs), MAX_ORDERS):
        if shop is not None:
            orders.setdefault(shop, []).append(code)
    return orders


def may_ask(conference: Conference) -> bool:
    """Whether those who help may ask once more, and counts it."""
    return count([Rate(f"ask-shop:{conference.pk}", MAX_ASKED, 60)])


def ask_now(orders: OrdersByShop) -> AskedOrders:
    """Not within a transaction: a shop may take as long as ANSWER_SECONDS."""
    deadline = Deadline(ANSWER_SECONDS)
    answer = AskedOrders(sum(map(len, orders.values())))
    for shop, codes in orders.items():
        before = _tickets(shop, codes)
        for code in codes:
            shop.add_hint(code, timezone.now())
        report = fetch_hinted_orders(shop, only=codes, deadline=deadline)
        answer.changes += _changes(before, _tickets(shop, codes))
        if report.problem:
            text = _("%(shop)s could not tell: %(problem)s What it said last stays.")
            answer.problems.append(text % {"shop": capfirst(str(shop)), "problem": report.problem})
            if settings.HAS_WORKER:
                fetch_hints.enqueue(shop.pk)
    return answer


def ask_in_background(conference: Conference, user: User) -> bool:
    """For somebody who is refused: whether the shops are being asked about their orders. Each may
    cause that once a minute, and all together not more than a shop puts up with.
    """
    orders = orders_of(Ticket.objects.concerning(conference, user.email, user))
    rates = [
        Rate(f"ask-shop-by-themselves:{conference.pk}:{user.pk}", 1, 60),
        Rate(f"ask-shop-by-themselves:{conference.pk}", MAX_ASKED_BY_THEMSELVES, 60),
    ]
    if not (orders and settings.HAS_WORKER and count(rates)):
        return False
    for shop, codes in orders.items():
        news = [shop.add_hint(code, timezone.now()) for code in codes]
        if any(news):
            fetch_hints.enqueue(shop.pk)
    return True


def _tickets(shop: Shop, codes: Iterable[str]) -> dict[str, Ticket]:
    found = Ticket.objects.filter(shop=shop, order_code__in=codes).select_related("product")
    return {ticket.code: ticket for ticket in found.order_by("pk")}


def _changes(before: Mapping[str, Ticket], now: Mapping[str, Ticket]) -> list[str]:
    told = (_change(before.get(code), ticket) for code, ticket in now.items())
    return [text for text in told if text]


def _change(old: Ticket | None, ticket: Ticket) -> str:
    """ "": none."""
    values = {"ticket": ticket.code, "state": ticket.get_state_display()}
    if old is None:
        return _("%(ticket)s is new: %(state)s.") % values
    if old.state != ticket.state:
        values["before"] = old.get_state_display()
        return _("%(ticket)s is %(state)s now; it was %(before)s.") % values
    names = [
        str(field.verbose_name)
        for field in Ticket._meta.concrete_fields
        if field.name in WATCHED and getattr(old, field.name) != getattr(ticket, field.name)
    ]
    if not names:
        return ""
    return _("%(ticket)s: new are %(names)s.") % {**values, "names": ", ".join(names)}
