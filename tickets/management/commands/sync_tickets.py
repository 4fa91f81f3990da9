import json
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.counting.commands import CountedCommand
from schedule.management.conferences import add_conference_option, chosen_conference
from tickets.models import Shop, SyncRun
from tickets.sources.reports import counts_in_words
from tickets.sources.syncing.order_hints import fetch_hinted_orders
from tickets.sources.syncing.run import Progress, ShopBusy, sync
from tickets.sources.waiting import waiting_products

REFUSED = 3
PROGRESS_EVERY_SECONDS = 2.0


# Of one shop, as --json prints it.
type Report = dict[str, Any]


class Command(CountedCommand):
    help = (
        "Ask ticket shops for what has changed: first for the orders that they have called about,"
        " then for the rest. Meant for a timer. Everything is asked for with --full, once a day by"
        " itself, and the first time. Exit status 0: done; a shop that is being asked already is"
        " left alone. 1: a shop could not be read; what is known of it stays. 3: too many tickets"
        " would be canceled, so none is; see --accept-removals."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_conference_option(parser)
        parser.add_argument("--shop", metavar="SLUG", help="only this one")
        parser.add_argument("--full", action="store_true", help="ask for everything")
        parser.add_argument(
            "--accept-removals",
            action="store_true",
            help="also when more than a fifth of the valid tickets end",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, conference: str | None, shop: str | None, **options: Any) -> None:
        reports = []
        for one in _chosen(conference, shop):
            report = self._sync(one, options)
            reports.append(report)
            if not options["json"]:
                self._report(report)
        if options["json"]:
            for report in reports:
                report["waiting"] = [each.packed for each in report.get("waiting", ())]
            self.stdout.write(json.dumps({"shops": reports}, indent=2))
        states = {report["state"] for report in reports}
        if SyncRun.State.FAILED in states:
            raise CommandError(_("Not every shop could be read."))
        if SyncRun.State.REFUSED in states:
            text = _("No ticket was canceled. If so many are to be: --accept-removals")
            raise CommandError(text, returncode=REFUSED)

    def _sync(self, shop: Shop, options: dict[str, bool]) -> Report:
        report: Report = {"conference": shop.conference.slug, "shop": shop.slug}
        reason = "" if options["full"] else shop.why_full(timezone.now())
        if not options["json"] and reason:
            text = _("%(shop)s: asking for everything, because %(reason)s.")
            self.stdout.write(text % {"shop": shop, "reason": reason})
        hints = fetch_hinted_orders(shop)
        try:
            run = sync(
                shop,
                is_full=options["full"],
                progress=self._progress(shop),
                accepts_removals=options["accept_removals"],
            )
        except ShopBusy as busy:
            return {**report, "state": "busy", "problem": str(busy)}
        return report | {
            "state": run.state,
            "full": run.is_full,
            "counts": run.counts,
            "waiting": waiting_products(shop.conference),
            "problem": run.problem,
            "hints_done": hints.done,
            "hints_waiting": hints.waiting,
            "full_because": reason,
        }

    def _progress(self, shop: Shop) -> Progress:
        shown_at = time.monotonic()

        def show(done: int, total: int) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at >= PROGRESS_EVERY_SECONDS:
                shown_at = time.monotonic()
                of = f" / {total}" if total else ""
                self.stderr.write(f"{shop}: {done}{of} …")

        return show

    def _report(self, report: Report) -> None:
        if "counts" in report:
            words = _("%(passed_on)s with a new holder, %(claimed)s claimed; %(pages)s pages.")
            counts = counts_in_words(report["counts"])
            self.stdout.write(f"{report['shop']}: {counts}; {words % report['counts']}")
        for waiting in report.get("waiting", ()):
            self.stdout.write(str(waiting))
        if report.get("hints_done") or report.get("hints_waiting"):
            words = _(
                "Orders that the shop called about: %(hints_done)s, waiting %(hints_waiting)s."
            )
            self.stdout.write(words % report)
        if report["problem"]:
            label = "" if report["state"] == "done" else f"{report['state']}: "
            self.stderr.write(f"{report['shop']}: {label}{report['problem']}")


def _chosen(conference: str | None, shop: str | None) -> list[Shop]:
    """Raises CommandError."""
    shops = Shop.objects.select_related("conference").order_by("conference", "slug")
    if conference is not None:
        shops = shops.filter(conference=chosen_conference(conference))
    if shop is None:
        return list(shops.active())
    found = list(shops.filter(slug=shop))
    if not found:
        raise CommandError(_("There is no such shop."))
    if len(found) > 1:
        raise CommandError(_("Several conferences have such a shop: say which with --conference."))
    if not found[0].is_active:
        raise CommandError(_("This shop is switched off."))
    return found
