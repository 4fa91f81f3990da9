"""The rows that were set aside as a file of their own, to be corrected and uploaded again."""

import csv
import io
from collections.abc import Sequence

from tickets.sources.spreadsheets.formulas import quoted
from tickets.sources.spreadsheets.rows import TicketRow
from tickets.sources.spreadsheets.tables import Table, problem_column


def cells_of(table: Table, rows: Sequence[TicketRow]) -> list[list[str]]:
    """The header and these rows, with what is wrong as the last column."""
    reason = problem_column()
    # A file that was set aside before has that column already.
    kept = [at for at, name in enumerate(table.header) if name != reason]
    width = max((len(row.cells) for row in rows), default=0)
    kept += range(len(table.header), width)
    cells = [[*table.header, *[""] * width]]
    cells += ([*row.cells, *[""] * width] for row in rows)
    reasons = [reason, *(" ".join(row.problems) for row in rows)]
    return [[*(row[at] for at in kept), why] for row, why in zip(cells, reasons, strict=True)]


def csv_of(cells: Sequence[Sequence[str]]) -> bytes:
    """As spreadsheet programs open it: with their mark of UTF-8, and without formulas."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([map(quoted, row) for row in cells])
    return text.getvalue().encode("utf-8-sig")
