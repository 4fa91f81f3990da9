import argparse
import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from schedule.management.conferences import add_conference_option, chosen_conference
from schedule.models import Conference
from tickets.holders.sending import (
    PER_MINUTE,
    LinkMailing,
    Recipients,
    SkipReason,
    mark_came_back,
    plan_mailing,
    send_link,
)
from tickets.mail.relays import NotSent
from tickets.models import Product

# A sign of life, for who watches.
PROGRESS_EVERY = 100


class Command(BaseCommand):
    help = (
        "Mail the personal entry links, one to each address with a valid ticket. Begun again, it goes"
        " on where it was: who was sent one within a day gets none. Exit status 0: all are out, or in"
        " the queue of the worker."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_conference_option(parser)
        parser.add_argument("--product", metavar="NAME", help="only tickets of this product")
        recipients = parser.add_mutually_exclusive_group()
        for option, value, text in (
            ("--only-new", Recipients.NEW, "only who was never sent one"),
            ("--remind", Recipients.NOT_IN_YET, "only who has not signed in within two weeks"),
        ):
            recipients.add_argument(
                option, action="store_const", dest="recipients", const=value, help=text
            )
        parser.add_argument("--again", action="store_true", help="also who was sent one today")
        parser.add_argument("--limit", type=_positive, metavar="N", help="no more than N mails")
        parser.add_argument(
            "--per-minute",
            type=_positive,
            default=PER_MINUTE,
            metavar="N",
            help=f"how fast; default: {PER_MINUTE}",
        )
        parser.add_argument(
            "--site", metavar="URL", help="of a conference without a domain: https://…"
        )
        parser.add_argument(
            "--bounced",
            type=Path,
            metavar="FILE",
            help="send nothing: note that mail to these addresses, one a line, came back",
        )
        parser.add_argument("--dry-run", action="store_true", help="say how many, send none")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, conference: str | None, bounced: Path | None, **options: Any) -> None:
        chosen = chosen_conference(conference)
        if bounced is not None:
            try:
                count = mark_came_back(chosen, bounced.read_text(errors="replace").split())
            except OSError as error:
                raise CommandError(f"{bounced}: {error.strerror}") from None
            self._report({"came_back": count}, as_json=options["json"])
            return
        mailing = plan_mailing(
            chosen,
            recipients=options["recipients"] or Recipients.ALL,
            product=_product(chosen, options["product"]),
            sends_again=options["again"],
        )
        mailing.ticket_ids = mailing.ticket_ids[: options["limit"]]
        counts = {"to_send": len(mailing.ticket_ids), "sent": 0}
        if not options["dry_run"]:
            counts["sent"] = self._send(mailing, options["site"] or _site(chosen), options)
        counts |= {skip.value: mailing.skipped[skip] for skip in SkipReason}
        self._report(counts, as_json=options["json"])

    def _send(self, mailing: LinkMailing, site: str, options: dict[str, Any]) -> int:
        pause, sent, total = 60 / options["per_minute"], 0, len(mailing.ticket_ids)
        for number, ticket_id in enumerate(mailing.ticket_ids, start=1):
            began = time.monotonic()
            try:
                sent += send_link(ticket_id, site, sends_again=options["again"])
            except NotSent:
                raise CommandError(
                    _("No relay takes mail. %(sent)s are out; begin again later.") % {"sent": sent}
                ) from None
            if number % PROGRESS_EVERY == 0:
                self.stderr.write(_("%(number)s of %(total)s") % {"number": number, "total": total})
            if number < total:
                time.sleep(max(0.0, began + pause - time.monotonic()))
        return sent

    def _report(self, counts: dict[str, int], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(counts, indent=2))
            return
        labels = {
            "to_send": _("to send:                        %(count)s"),
            "sent": _("sent:                           %(count)s"),
            "opens_nothing": _("tickets that open nothing:      %(count)s"),
            "without_address": _("tickets without an address:     %(count)s"),
            "same_address": _("further tickets of one address: %(count)s"),
            "held_by_another": _("in use under another address:   %(count)s"),
            "came_back": _("came back before:               %(count)s"),
            "sent_already": _("have it already:                %(count)s"),
            "in_already": _("have signed in:                 %(count)s"),
        }
        for key, count in counts.items():
            self.stdout.write(labels[key] % {"count": count})


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _product(conference: Conference, name: str | None) -> Product | None:
    if name is None:
        return None
    found = conference.products.filter(name=name).first()
    if found is None:
        known = ", ".join(conference.products.values_list("name", flat=True)) or _("none")
        raise CommandError(_("There is no such product. There are: %(names)s") % {"names": known})
    return found


def _site(conference: Conference) -> str:
    if not conference.domain:
        raise CommandError(_("The conference has no domain: say --site https://live.example.org"))
    return f"{'https' if settings.HTTPS else 'http'}://{conference.domain}"
