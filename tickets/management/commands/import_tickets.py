import argparse
import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from schedule.management.conferences import add_conference_option, chosen_conference
from schedule.models import Conference
from tickets.management.bad_rows import SHOWN_PROBLEMS, report_bad_rows, report_problems
from tickets.models import Ticket
from tickets.sources.importing import TicketRemovalsRefused, import_tickets
from tickets.sources.reports import counts_in_words
from tickets.sources.spreadsheets.books import Book
from tickets.sources.spreadsheets.columns import (
    HEADERS,
    Columns,
    places_of,
    recognised_columns,
    same_header,
)
from tickets.sources.spreadsheets.files import ENCODINGS, read_book
from tickets.sources.spreadsheets.rows import TicketRows, read_tickets
from tickets.sources.spreadsheets.set_aside import cells_of, csv_of
from tickets.sources.spreadsheets.states import (
    MAX_WORDS,
    PROPOSED,
    STATE_OF,
    StateLike,
    state_like,
    unknown_words,
)
from tickets.sources.spreadsheets.summary import FileSummary
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet, Table
from tickets.sources.waiting import WaitingProduct, opened_in_words

REFUSED = 3
SHOWN_WORDS = 6


class Command(BaseCommand):
    help = (
        "Import tickets from a spreadsheet: all of it, or, with a bad row, nothing (see --set-aside)."
        " The code tells which ticket a row is about. Columns are found by their names, as pretix,"
        " Tito and Eventbrite call them, or as you name them. A column that looks as if it told the"
        " state, and is not used, has to be named too: as --state or as --no-state. Exit status 0:"
        " done. 1: it could not be read, or something has to be said first."
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
            "--set-aside",
            metavar="FILE",
            help="write rows with a problem to this CSV, and import the others",
        )
        self._add_reading_arguments(parser)

    def _add_reading_arguments(self, parser: CommandParser) -> None:
        """How the file is to be understood."""
        parser.add_argument(
            "--word",
            type=_word,
            action="append",
            metavar="WORD=STATE",
            help="what a word in the state's column means, like Bezahlt=valid; repeatable",
        )
        parser.add_argument(
            "--no-state",
            action="append",
            default=[],
            metavar="NAME",
            help="a column that looks like a state and is none; repeatable",
        )
        parser.add_argument(
            "--encoding", choices=ENCODINGS, default="", help="of a CSV that is not Unicode"
        )
        parser.add_argument(
            "--sheet", default="", metavar="NAME", help="of a workbook; default: guessed"
        )
        parser.add_argument(
            "--names-at",
            type=int,
            default=0,
            metavar="LINE",
            help="the row with the names of the columns; default: guessed",
        )
        parser.add_argument(
            "--without-codes",
            action="store_true",
            help="the file has no codes: make them of the address and the product",
        )
        columns = parser.add_argument_group(
            "columns",
            "By their names in the file. Given twice, two columns are joined; of two states the"
            " worse counts.",
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
        advice = ""
        try:
            data = Path(file).read_bytes()
            book = read_book(data, encoding=options["encoding"], sheet=options["sheet"])
            book = book.at(options["sheet"], options["names_at"])
            columns = _columns(book.table, options)
            words = dict(options["word"] or ())
            read = read_tickets(
                book.table, chosen, columns, words=words, makes_codes=options["without_codes"]
            )
            advice = _word_advice(book.table, columns, words)
            _refuse_problems(book, columns, read, options)
            # What was refused leaves no file behind, and without the file nothing is imported.
            with transaction.atomic():
                counts, waiting = self._import(file, chosen, read, options)
                if options["set_aside"] and read.set_aside and not options["dry_run"]:
                    with Path(options["set_aside"]).open("xb") as set_aside:
                        set_aside.write(csv_of(cells_of(book.table, read.set_aside)))
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except BadSpreadsheet as error:
            report_bad_rows(self, error, as_json=options["json"])
            text = _("%(file)s: nothing was imported. Bad rows: %(count)s.")
            text %= {"file": file, "count": len(error.rows)}
            raise CommandError(text + advice) from None
        summary = FileSummary(book.table, columns, read)
        self._report(counts, chosen, book, summary, waiting, as_json=options["json"])

    def _import(
        self, file: str, conference: Conference, read: TicketRows, options: dict[str, Any]
    ) -> tuple[dict[str, Any], list[WaitingProduct]]:
        try:
            result = import_tickets(
                conference=conference,
                tickets=read.tickets,
                also_named=read.codes,
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
        problems = [{"line": row.line, "message": row.message} for row in read.problems]
        counts = {"dry_run": options["dry_run"], **asdict(result), "problems": problems}
        counts["became_canceled"] = counts["canceled"]
        counts["canceled"] = counts.pop("absent_canceled")
        counts["waiting"] = [waiting.packed for waiting in result.waiting]
        return counts, result.waiting

    def _report(
        self,
        counts: dict[str, Any],
        conference: Conference,
        book: Book,
        summary: FileSummary,
        waiting: list[WaitingProduct],
        *,
        as_json: bool,
    ) -> None:
        if as_json:
            self.stdout.write(json.dumps(counts, indent=2))
            return
        self._report_file(book, summary)
        self.stdout.write(
            f"{conference}: {counts_in_words(counts | {'canceled': counts['became_canceled']})}."
        )
        for name in counts["opened_products"]:
            self.stdout.write(opened_in_words(name))
        for product in waiting:
            self.stdout.write(str(product))
        self._report_people(counts)
        for code in counts["foreign"][:SHOWN_PROBLEMS]:
            self.stdout.write(
                _("The ticket %(code)s belongs to a ticket shop; it stays as it is.")
                % {"code": code}
            )
        if problems := summary.read.problems:
            self.stdout.write(
                _("%(count)s rows are set aside; their tickets stay as they are:")
                % {"count": len(summary.read.set_aside)}
            )
            report_problems(self.stdout, problems)
        if counts["dry_run"]:
            self.stdout.write(self.style.WARNING(_("Dry run: nothing was written.")))

    def _report_people(self, counts: dict[str, Any]) -> None:
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

    def _report_file(self, book: Book, summary: FileSummary) -> None:
        if book.encoding:
            text = _("Not Unicode: read as %(encoding)s, as in “%(word)s”. Else say --encoding.")
            self.stdout.write(text % {"encoding": book.encoding, "word": book.converted})
        if book.other_sheets:
            self.stdout.write(_("Sheet: %(sheet)s") % {"sheet": book.sheet})
        if book.not_read:
            text = _("The names of the columns are on line %(line)s; above it nothing is read.")
            self.stdout.write(text % {"line": book.names_at})
        counted = {_("State: %s"): summary.states, _("Product: %s"): summary.products}
        for label, counts in counted.items():
            if counts:
                told = ", ".join(f"{count} {name}" for name, count in counts)
                self.stdout.write(label % told)
        if shared := summary.shared_addresses:
            text = _("%(count)s addresses have several tickets.")
            self.stdout.write(text % {"count": len(shared)})
        for column in summary.unused_columns:
            text = _("Not used: %(name)s (%(examples)s)")
            examples = ", ".join(column.examples) or "–"
            self.stdout.write(text % {"name": column.name, "examples": examples})


def _columns(table: Table, options: dict[str, Any]) -> dict[str, list[str]]:
    """Those that are recognised, and those that are named instead."""
    named = {key: names for key in HEADERS if (names := options[key.replace("-", "_")])}
    no_states = {same_header(name) for name in options["no_state"]}
    return {
        key: names
        for key, names in recognised_columns(table.header).items()
        if key not in ("state", "blocked", "canceled")
        or not no_states & set(map(same_header, names))
    } | named


def _refuse_problems(
    book: Book, columns: Columns, read: TicketRows, options: dict[str, Any]
) -> None:
    """Raises BadSpreadsheet."""
    no_states = {same_header(name) for name in options["no_state"]}
    used = {same_header(name) for names in columns.values() for name in names} | no_states
    left = [name for name in book.table.header if same_header(name) in used]
    unasked = state_like(book.table, left)
    problems = [BadRow(book.names_at, _question(found, columns)) for found in unasked]
    if options["cancel_missing"] and book.table.is_correction:
        text = _("This file has only the rows that were set aside. Leave out --cancel-missing.")
        problems.append(BadRow(0, text))
    elif options["cancel_missing"] and options["set_aside"] and not read.tells_all_codes:
        text = _(
            "With --cancel-missing every row has to say which ticket it is about, and these do not: %s"
        )
        lines = [str(row.line) for row in read.rows if row.code is None]
        problems.append(BadRow(0, text % ", ".join(lines[:SHOWN_WORDS])))
    if not options["set_aside"]:
        problems += read.problems
    if problems:
        raise BadSpreadsheet(problems)


def _question(found: StateLike, columns: Columns) -> str:
    states = [*columns.get("state", ()), found.name]
    words = {word: PROPOSED.get(word.casefold(), "STATE") for word in found.words[:SHOWN_WORDS]}
    said = [f"--state {shlex.quote(name)}" for name in states]
    said += [
        f"--word {shlex.quote(f'{word}={state}')}"
        for word, state in words.items()
        if word.casefold() not in STATE_OF
    ]
    text = _(
        "“%(name)s” looks like a state and is not used. It holds: %(words)s. If it tells which tickets"
        " are valid: %(yes)s. If not: %(no)s."
    )
    return text % {
        "name": found.name,
        "words": ", ".join(words),
        "yes": " ".join(said),
        "no": f"--no-state {shlex.quote(found.name)}",
    }


def _word_advice(table: Table, columns: Columns, words: dict[str, Ticket.State]) -> str:
    """What to type about words that are not known."""
    at = places_of({"state": columns.get("state", ())}, table.header).get("state", [])
    names = [table.header[place] for place in at]
    known = STATE_OF | {word.casefold(): state for word, state in words.items()}
    unknown = unknown_words(table, names, known)[:MAX_WORDS]
    if not unknown:
        return ""
    said = [
        f"--word {shlex.quote(f'{word}={PROPOSED.get(word.casefold(), "STATE")}')}"
        for word in unknown
    ]
    text = " " + _("Say what the words of the state mean: %(words)s; or that it is none: %(no)s.")
    no_states = " ".join(f"--no-state {shlex.quote(name)}" for name in names)
    return text % {"words": " ".join(said), "no": no_states}


def _word(text: str) -> tuple[str, Ticket.State]:
    word, equals, state = text.rpartition("=")
    if not equals or state not in Ticket.State.values:
        known = ", ".join(Ticket.State.values)
        raise argparse.ArgumentTypeError(f"write WORD=STATE, where STATE is one of: {known}")
    return word, Ticket.State(state)
