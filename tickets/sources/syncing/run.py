"""One run: page by page what a shop says, each written in a transaction of its own, so that a run
that is killed leaves what is true; only a complete one cancels what the shop does not name.

A run that would end more than a fifth of the valid tickets is refused, whether the shop says so
ticket by ticket or by leaving them out. So a full run holds those back that the shop says have
ended, and ends them last, together with those it has not seen. They are all that it keeps of the
pages that it has written. Between full runs what the shop says of a ticket counts at once, and only
those that are missing from their orders wait for the end.
"""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.locks import Lock, LockTaken, held
from tickets.models import Shop, SyncRun, Ticket, TicketQuerySet, User
from tickets.sources.importing import (
    ImportResult,
    TicketLine,
    TicketPlan,
    TicketRemovalsRefused,
    cancel_tickets,
    plan_tickets,
    refuse_too_many,
    write_plan,
    write_tickets,
)
from tickets.sources.products import decide_for
from tickets.sources.reports import COUNTS
from tickets.sources.shops.base import Batch, ShopError, ShopTicket
from tickets.sources.syncing.checked_api import CheckedApi
from tickets.sources.syncing.order_hints import fetch_hinted_orders

logger = logging.getLogger(__name__)

# Most runs are shorter; and PostgreSQL needs a moment to see that a process was killed.
WAIT_SECONDS = 5.0
PAGE = 500
SHOWN_FOREIGN = 10
WHAT_IS_READ = ("cursor", "kind", "base_url", "account", "event", "is_test_mode")

type Progress = Callable[[int, int], None]


class ShopBusy(Exception):
    """The shop is being asked by somebody else."""

    def __init__(self) -> None:
        super().__init__(_("This shop is being asked already."))


@contextlib.contextmanager
def only_run(shop: Shop) -> Iterator[Lock]:
    """One run of a shop at a time. Raises ShopBusy when the other one does not end soon."""
    try:
        with held(f"sync of shop {shop.pk}", wait_seconds=WAIT_SECONDS) as lock:
            yield lock
    except LockTaken:
        raise ShopBusy from None


def sync(
    shop: Shop,
    *,
    is_full: bool,
    started_by: User | None = None,
    progress: Progress | None = None,
    accepts_removals: bool = False,
) -> SyncRun:
    """A run that is not full becomes so when `Shop.why_full` says. `progress` is told how many orders or
    tickets have come and, or 0, how many there are. Raises ShopBusy; what the shop does wrong is in the
    run that it returns.
    """
    with only_run(shop) as lock:
        shop.refresh_from_db()
        shop.runs.filter(state=SyncRun.State.RUNNING).update(
            state=SyncRun.State.FAILED,
            problem=_("It was interrupted; what it had written is right."),
        )
        is_full = is_full or bool(shop.why_full(timezone.now()))
        run = SyncRun.objects.create(shop=shop, is_full=is_full, started_by=started_by)
        try:
            _Sync(run, lock, accepts_removals=accepts_removals, progress=progress).go()
        except (ShopError, TicketRemovalsRefused) as error:
            refused = isinstance(error, TicketRemovalsRefused)
            state = SyncRun.State.REFUSED if refused else SyncRun.State.FAILED
            run.finish(state, timezone.now(), str(error))
    return run


class _Sync:
    def __init__(
        self, run: SyncRun, lock: Lock, *, accepts_removals: bool, progress: Progress | None
    ) -> None:
        self.run = run
        self.lock = lock
        self.shop = run.shop
        self.conference = run.shop.conference
        self.accepts_removals = accepts_removals
        self.progress = progress
        # By code: what ends if the whole run may.
        self.held_back: dict[str, ShopTicket] = {}
        self.missing: set[int] = set()
        self.foreign: list[str] = []
        run.counts = dict.fromkeys((*COUNTS, "pages"), 0)

    def go(self) -> None:
        """Raises ShopError, TicketRemovalsRefused."""
        self.valid = self._ours.valid().count()
        done, cursor = 0, "" if self.run.is_full else self.shop.cursor
        api = CheckedApi(self.shop)
        pages = api.everything() if self.run.is_full else api.changes(cursor)
        for asked_at, batch in pages:
            # Shops are slow. Without the lock another run may have begun meanwhile.
            self.lock.check()
            self._write(batch, asked_at)
            done += len(batch.whole_orders) or len(batch.tickets)
            cursor = batch.next_cursor
            if self.progress is not None:
                self.progress(done, batch.total)
        if self.foreign:
            text = _("Left alone, because another shop has tickets with these codes: %s.")
            self.run.problem = text % ", ".join(self.foreign)
        self.lock.check()
        self._finish(cursor)

    @property
    def _ours(self) -> TicketQuerySet:
        return Ticket.objects.filter(shop=self.shop)

    @transaction.atomic
    def _write(self, batch: Batch, asked_at: datetime) -> None:
        self.conference.one_writer("tickets")
        newer = self._orders_heard_since(asked_at)
        tickets = _without(newer, batch.tickets)
        plan = plan_tickets(self.conference, tickets, shop=self.shop)
        self.valid += sum(self._is_valid_and_not_ours(line) for line in plan.lines)
        if self.run.is_full and not self.accepts_removals:
            self._hold_back(plan, tickets)
        seen_in = self.run if self.run.is_full else None
        self._count(write_plan(self.conference, plan, seen_in=seen_in))
        if not self.run.is_full:
            codes = [ticket.code for ticket in tickets]
            orders = batch.whole_orders - newer
            gone = self._ours.exclude(state=Ticket.State.CANCELED).filter(order_code__in=orders)
            self.missing |= set(gone.exclude(code__in=codes).values_list("pk", flat=True))
        self.run.counts["pages"] += 1
        self.run.save(update_fields=["counts"])

    def _orders_heard_since(self, at: datetime) -> set[str]:
        """Asked for by themselves meanwhile, so that the page may be older than what we know."""
        return set(self.shop.hints.filter(done_at__gte=at).values_list("order_code", flat=True))

    def _is_valid_and_not_ours(self, line: TicketLine) -> bool:
        """From a file, or a shop that is switched off: now this shop's."""
        old = line.old
        if old is None or old.shop_id == self.shop.pk or line.code in self.held_back:
            return False
        return old.is_valid

    def _hold_back(self, plan: TicketPlan, tickets: list[ShopTicket]) -> None:
        ending = {line.code for line in plan.lines if line.invalidates}
        plan.lines = [line for line in plan.lines if line.code not in ending]
        for ticket in tickets:
            # A ticket that has moved to a later page is what that page says.
            self.held_back.pop(ticket.code, None)
            if ticket.code in ending:
                self.held_back[ticket.code] = ticket

    @transaction.atomic
    def _finish(self, cursor: str) -> None:
        """Raises TicketRemovalsRefused."""
        self.conference.one_writer("tickets")
        newer = self._orders_heard_since(self.run.started_at)
        held_back = _without(newer, self.held_back.values())
        gone = self._gone().exclude(order_code__in=newer)
        if not self.accepts_removals:
            refuse_too_many(len(held_back) + gone.valid().count(), self.valid)
        for some in batched(held_back, PAGE):
            self._count(write_tickets(self.conference, some, shop=self.shop, seen_in=self.run))
        self._count(cancel_tickets(self.conference, gone))
        self.run.finish(SyncRun.State.DONE, timezone.now())
        values: dict[str, object] = {"cursor": cursor, "synced_at": self.run.started_at}
        if self.run.is_full:
            values["full_synced_at"] = self.run.started_at
        # If somebody has meanwhile said that it is another event, we know nothing of that yet.
        same = {name: getattr(self.shop, name) for name in WHAT_IS_READ}
        Shop.objects.filter(pk=self.shop.pk, **same).update(**values)
        decide_for(self.conference, self.shop)

    def _gone(self) -> TicketQuerySet:
        """The tickets that the shop did not name, although it told all that it was asked for."""
        if self.run.is_full:
            return self._ours.exclude(seen_in=self.run).exclude(code__in=list(self.held_back))
        return self._ours.filter(pk__in=self.missing)

    def _count(self, written: ImportResult) -> None:
        for name in COUNTS:
            self.run.counts[name] += getattr(written, name)
        self.foreign += written.foreign[: SHOWN_FOREIGN - len(self.foreign)]


def _without(orders: set[str], tickets: Iterable[ShopTicket]) -> list[ShopTicket]:
    return [ticket for ticket in tickets if ticket.values.get("order_code") not in orders]


@task(queue_name="default")
def sync_shop(
    shop_id: int,
    is_full: bool = False,
    started_by_id: int | None = None,
    accepts_removals: bool = False,
) -> None:
    """Harmless when it runs twice."""
    shop = Shop.objects.filter(pk=shop_id).select_related("conference").first()
    if shop is None:
        return
    fetch_hinted_orders(shop)
    try:
        sync(
            shop,
            is_full=is_full,
            started_by=User.objects.filter(pk=started_by_id).first() if started_by_id else None,
            accepts_removals=accepts_removals,
        )
    except ShopBusy:
        logger.info("Shop %s is being asked already.", shop_id)
