"""A shop's call is only a hint about an order: the order itself is asked for, from the shop."""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from tickets.models import OrderHint, Shop, Ticket
from tickets.sources.importing import cancel_tickets, write_tickets
from tickets.sources.shops.base import Batch, ShopError
from tickets.sources.syncing.checked_api import CheckedApi

logger = logging.getLogger(__name__)

# Then it is the shop, not one order.
MAX_FAILURES = 3


@dataclass(slots=True)
class Answered:
    """`waiting`: hints that stay, because the shop could not be read; `problem` says why. `is_down`:
    it told nothing several times in a row, so no other question was asked.
    """

    done: int = 0
    waiting: int = 0
    problem: str = ""
    is_down: bool = False


def ask_waiting(shop: Shop) -> Answered:
    """Ask for all orders that hints wait for, the latest first: an order that the shop fails to
    tell holds up nobody else's.
    """
    answered = Answered()
    asked: CheckedApi | None = None
    failures = 0
    # Each is looked up again when its turn comes: another worker may have done it.
    for pk in list(shop.hints.waiting().order_by("-heard_at").values_list("pk", flat=True)):
        if answered.is_down:
            break
        hint = shop.hints.waiting().filter(pk=pk).first()
        if hint is None:
            continue
        try:
            asked = asked or CheckedApi(shop)
            batch = asked.order(hint.order_code)
        except ShopError as error:
            logger.warning("Hint %s of shop %s waits: %s", hint.pk, shop.pk, error)
            answered.problem = str(error)
            failures += 1
            answered.is_down = failures == MAX_FAILURES
        else:
            failures = 0
            answered.done += _write(hint, batch)
    answered.waiting = shop.hints.waiting().count() if answered.problem else 0
    return answered


@transaction.atomic
def _write(hint: OrderHint, batch: Batch) -> bool:
    """Whether that was all. When the shop has called again since, the hint goes on waiting; when
    another worker has done it, its answer is as new as ours or newer.
    """
    shop = hint.shop
    conference = shop.conference
    conference.one_writer("tickets")
    now = OrderHint.objects.select_for_update().get(pk=hint.pk)
    if now.done_at is not None:
        return True
    write_tickets(conference, batch.tickets, shop=shop)
    codes = [ticket.code for ticket in batch.tickets]
    orders = batch.whole_orders
    gone = Ticket.objects.filter(shop=shop, order_code__in=orders).exclude(code__in=codes)
    cancel_tickets(conference, gone)
    if now.heard_at != hint.heard_at:
        return False
    now.finish(timezone.now())
    return True
