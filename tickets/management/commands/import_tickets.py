import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from schedule.management.conferences import add_conference_option, chosen_conference
from schedule.models import Conference
from tickets.management.bad_rows import SHOWN_PROBLEMS, report_bad_rows
from tickets.models import Ticket
from tickets.sources.importing import TicketRemovalsRefused, import_tickets
from tickets.sources.reports import counts_in_words
from tickets.sources.spreadsheets.columns import HEADERS, recognised_columns
from tickets.sources.spreadsheets.files import ENCODINGS, read_table
from tickets.sources.spreadsheets.rows import read_tickets
from tickets.sources.spreadsheets.tables import BadSpreadsheet
from tickets.sources.waiting import WaitingProduct, opened_in_words

REFUSED = 3


class Command(BaseCommand):
    help = (
        "Import tickets from a spreadsheet: all of it, or, with a bad row, nothing. The code tells"
        " which ticket a row is about. Columns are found by their names, as pretix, Tito and"
        " Eventbrite call them, or as you name them. Exit status 0: done. 1: it could not be read."
        " 3: too many tickets would be canceled, so nothing was written; see --accept-removals."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="CSV (commas, semicolons or tabs), XLSX or ODS")
        add_conference_option(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--cancel-missing",
            action="store_true",
            help="cancel the tickets of former files that are not in this one",
        )
        parser.add_argument(
            "--accept-removals",
            action="store_true",
            help="also when that is more than a fifth of the valid ones",
        )
        parser.add_argument(
            "--word",
            type=_word,
            action="append",
            metavar="WORD=STATE",
            help="what a word in the state's column means, like Bezahlt=valid; repeatable",
        )
        parser.add_argument(
            "--encoding", choices=ENCODINGS, default="", help="of a CSV that is not Unicode"
        )
        parser.add_argument(
            "--sheet", default="", metavar="NAME", help="of a workbook; default: the first"
        )
        parser.add_argument(
            "--without-codes",
            action="store_true",
            help="the file has no codes: make them of the address and the product",
        )
        columns = parser.add_argument_group(
            "columns", "By their names in the first row. Given twice, two columns are joined."
        )
        for key, headers in HEADERS.items():
            columns.add_argument(
                f"--{key}",
                metavar="NAME",
                action="append",
                help=f"instead of: {headers}",
            )

    def handle(self, *, file: str, conference: str | None, **options: Any) -> None:
        chosen = chosen_conference(conference)
        named = {key: names for key in HEADERS if (names := options[key.replace("-", "_")])}
        try:
            data = Path(file).read_bytes()
            table = read_table(data, encoding=options["encoding"], sheet=options["sheet"])
            tickets = read_tickets(
                table,
                chosen,
                recognised_columns(table.header) | named,
                words=dict(options["word"] or ()),
                makes_codes=options["without_codes"],
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except BadSpreadsheet as error:
            report_bad_rows(self, error, as_json=options["json"])
            raise CommandError(
                _("%(file)s: nothing was imported. Bad rows: %(count)s.")
                % {"file": file, "count": len(error.rows)}
            ) from None
        try:
            result = import_tickets(
                conference=chosen,
                tickets=tickets,
                is_dry_run=options["dry_run"],
                cancels_missing=options["cancel_missing"],
                accepts_removals=options["accept_removals"],
            )
        except TicketRemovalsRefused as refused:
            text = _(
                "%(file)s: %(reason)s Nothing was written. If that is right: --accept-removals"
            )
            values = {"file": file, "reason": refused}
            raise CommandError(text % values, returncode=REFUSED) from None
        counts = {"dry_run": options["dry_run"], **asdict(result), "problems": []}
        counts["became_canceled"] = counts["canceled"]
        counts["canceled"] = counts.pop("absent_canceled")
        counts["waiting"] = [waiting.packed for waiting in result.waiting]
        self._report(counts, chosen, result.waiting, as_json=options["json"])

    def _report(
        self,
        counts: dict[str, Any],
        conference: Conference,
        waiting: list[WaitingProduct],
        *,
        as_json: bool,
    ) -> None:
        if as_json:
            self.stdout.write(json.dumps(counts, indent=2))
            return
        self.stdout.write(
            f"{conference}: {counts_in_words(counts | {'canceled': counts['became_canceled']})}."
        )
        for name in counts["opened_products"]:
            self.stdout.write(opened_in_words(name))
        for product in waiting:
            self.stdout.write(str(product))
        if counts["canceled"]:
            absent = _("%(canceled)s tickets are not in the file; they are canceled.")
        else:
            absent = _("%(absent)s tickets are not in the file; they stay as they are.")
        sentences = {
            "absent": absent,
            "passed_on": _("%(passed_on)s have a new holder; the old one is out."),
            "claimed": _("%(claimed)s belong to people who have signed in before."),
        }
        for key, sentence in sentences.items():
            if counts[key]:
                self.stdout.write(sentence % counts)
        for code in counts["foreign"][:SHOWN_PROBLEMS]:
            self.stdout.write(
                _("The ticket %(code)s belongs to a ticket shop; it stays as it is.")
                % {"code": code}
            )
        if counts["dry_run"]:
            self.stdout.write(self.style.WARNING(_("Dry run: nothing was written.")))


def _word(text: str) -> tuple[str, Ticket.State]:
    word, _equals, state = text.rpartition("=")
    if not word or state not in Ticket.State.values:
        known = ", ".join(Ticket.State.values)
        raise argparse.ArgumentTypeError(f"write WORD=STATE, where STATE is one of: {known}")
    return word, Ticket.State(state)
