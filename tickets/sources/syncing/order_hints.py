"""A shop's call, or who looks again, is only a hint about an order: the shop itself is asked for it."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from lib.http_client import Deadline
from tickets.models import OrderHint, Shop, Ticket
from tickets.sources.importing import cancel_tickets, write_tickets
from tickets.sources.products import decide_for
from tickets.sources.shops.base import Batch, ShopError
from tickets.sources.syncing.checked_api import CheckedApi

logger = logging.getLogger(__name__)

# Then it is the shop, not one order.
MAX_FAILURES = 3
FIRST_PAUSE = timedelta(seconds=5)
# 5 minutes in all; then the timer's sync_tickets asks for what still waits.
MAX_TRIES = 6


@dataclass(slots=True)
class HintReport:
    """`waiting`: hints that stay, because the shop could not be read; `problem` says why. `is_down`:
    it told nothing several times in a row, so no other question was asked.
    """

    done: int = 0
    waiting: int = 0
    problem: str = ""
    is_down: bool = False


def fetch_hinted_orders(
    shop: Shop, *, only: Collection[str] | None = None, deadline: Deadline | None = None
) -> HintReport:
    """Ask for all orders that hints wait for, the latest first: an order that the shop fails to
    tell holds up nobody else's. `only` some of them, by a deadline, when somebody waits for them.
    """
    report = HintReport()
    api: CheckedApi | None = None
    failures = 0
    # Each is looked up again when its turn comes: another worker may have done it.
    waiting = (
        shop.hints.waiting() if only is None else shop.hints.waiting().filter(order_code__in=only)
    )
    for pk in list(waiting.order_by("-heard_at").values_list("pk", flat=True)):
        if report.is_down:
            break
        hint = shop.hints.waiting().filter(pk=pk).first()
        if hint is None:
            continue
        hint.begin()
        try:
            api = api or CheckedApi(shop, deadline)
            batch = api.order(hint.order_code)
        except ShopError as error:
            logger.warning("Hint %s of shop %s waits: %s", hint.pk, shop.pk, error)
            report.problem = str(error)
            failures += 1
            report.is_down = failures == MAX_FAILURES
        else:
            failures = 0
            report.done += _write(hint, batch)
    report.waiting = shop.hints.waiting().count() if report.problem else 0
    return report


@transaction.atomic
def _write(hint: OrderHint, batch: Batch) -> bool:
    """Returns whether the hint is done. When the shop has called again since, the hint goes on waiting; when
    another worker has done it, its answer is as new as ours or newer.
    """
    shop, conference = hint.shop, hint.shop.conference
    conference.one_writer("tickets")
    now = OrderHint.objects.select_for_update().get(pk=hint.pk)
    if now.done_at is not None:
        return True
    write_tickets(conference, batch.tickets, shop=shop)
    codes = [ticket.code for ticket in batch.tickets]
    orders = batch.whole_orders
    gone = Ticket.objects.filter(shop=shop, order_code__in=orders).exclude(code__in=codes)
    cancel_tickets(conference, gone)
    if shop.cursor:  # what it has is known since its first run, and with this order all of it
        decide_for(shop.conference, shop)
    if now.heard_at != hint.heard_at:
        return False
    now.finish(timezone.now())
    return True


@task(queue_name="default")
def fetch_hints(shop_id: int, tries: int = 0) -> None:
    """Harmless when it runs twice. Orders that the shop fails to tell are asked for again later, by
    one task for all of them. While it tells nothing at all, calls of it start no further questions.
    """
    shop = Shop.objects.active().filter(pk=shop_id).select_related("conference").first()
    pausing, coming = f"shop-pausing:{shop_id}", f"shop-again:{shop_id}"
    if shop is None or (tries == 0 and cache.get(pausing)):
        return
    report = fetch_hinted_orders(shop)
    if not report.waiting or tries == MAX_TRIES or not fetch_hints.get_backend().supports_defer:
        return
    pause = FIRST_PAUSE * 2**tries
    if report.is_down:
        cache.set(pausing, True, pause.total_seconds())
    if tries or not cache.get(coming):
        cache.set(coming, True, pause.total_seconds())
        fetch_hints.using(run_after=timezone.now() + pause).enqueue(shop_id, tries + 1)
