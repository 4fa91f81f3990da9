"""What a worker does for ticket shops. Each is harmless when it runs twice."""

import logging
from datetime import timedelta

from django.core.cache import cache
from django.tasks import task
from django.utils import timezone

from tickets.models import Shop, User
from tickets.sources.syncing.hints import ask_waiting
from tickets.sources.syncing.run import Busy, sync

logger = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=5)
# 5 minutes in all; then the timer's sync_tickets asks for what still waits.
MAX_TRIES = 6


@task(queue_name="default")
def fetch_hints(shop_id: int, tries: int = 0) -> None:
    """Those that the shop fails to tell are asked for again later, by one task for all of them.
    While it tells nothing at all, calls of it start no further questions.
    """
    shop = Shop.objects.active().filter(pk=shop_id).select_related("conference").first()
    pausing, coming = f"shop-pausing:{shop_id}", f"shop-again:{shop_id}"
    if shop is None or (tries == 0 and cache.get(pausing)):
        return
    answered = ask_waiting(shop)
    if not answered.waiting or tries == MAX_TRIES or not fetch_hints.get_backend().supports_defer:
        return
    pause = FIRST_PAUSE * 2**tries
    if answered.is_down:
        cache.set(pausing, True, pause.total_seconds())
    if tries or not cache.get(coming):
        cache.set(coming, True, pause.total_seconds())
        fetch_hints.using(run_after=timezone.now() + pause).enqueue(shop_id, tries + 1)


@task(queue_name="default")
def sync_shop(
    shop_id: int,
    is_full: bool = False,
    started_by_id: int | None = None,
    accepts_removals: bool = False,
) -> None:
    shop = Shop.objects.filter(pk=shop_id).select_related("conference").first()
    if shop is None:
        return
    ask_waiting(shop)
    try:
        sync(
            shop,
            is_full=is_full,
            started_by=User.objects.filter(pk=started_by_id).first() if started_by_id else None,
            accepts_removals=accepts_removals,
        )
    except Busy:
        logger.info("Shop %s is being asked already.", shop_id)
