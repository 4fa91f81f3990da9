"""What is wrong with a file, as the commands that import one say it."""

import json
from collections.abc import Sequence

from django.core.management.base import BaseCommand, OutputWrapper
from django.utils.translation import gettext as _

from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet

# More would hide the first, and the rest is often the same mistake.
SHOWN_PROBLEMS = 20


def report_bad_rows(command: BaseCommand, error: BadSpreadsheet, *, as_json: bool) -> None:
    if as_json:
        problems = [{"line": row.line, "message": row.message} for row in error.rows]
        command.stdout.write(json.dumps({"problems": problems}, indent=2))
        return
    report_problems(command.stderr, error.rows)


def report_problems(out: OutputWrapper, problems: Sequence[BadRow]) -> None:
    for row in problems[:SHOWN_PROBLEMS]:
        out.write(str(row))
    if (more := len(problems) - SHOWN_PROBLEMS) > 0:
        out.write(_("… and %(count)s more") % {"count": more})
