"""Tickets in a spreadsheet, as ticket shops export it and people edit it: CSV, XLSX or ODS.

Columns are found by their names, in any order, or named by a person; the others are ignored.
"""

from django.utils.translation import gettext as _

from tickets.sources.spreadsheets.columns import (
    HEADERS,
    STATE_OF,
    STATES,
    Columns,
    recognised_columns,
    unknown_words,
)
from tickets.sources.spreadsheets.csv_files import ENCODINGS, csv_rows, csv_text
from tickets.sources.spreadsheets.rows import read_tickets
from tickets.sources.spreadsheets.tables import MAX_BYTES, BadRow, BadSpreadsheet, Table, refuse
from tickets.sources.spreadsheets.workbooks import is_workbook, read_workbook

__all__ = [
    "ENCODINGS",
    "HEADERS",
    "MAX_BYTES",
    "STATES",
    "STATE_OF",
    "BadRow",
    "BadSpreadsheet",
    "Columns",
    "Table",
    "csv_rows",
    "read_table",
    "read_tickets",
    "recognised_columns",
    "refuse",
    "unknown_words",
]


def read_table(data: bytes, *, encoding: str = "", sheet: str = "") -> Table:
    """`encoding` (of CSV; "": Unicode) is one of ENCODINGS, `sheet` (of a workbook; "": the first)
    a name. Raises BadSpreadsheet.
    """
    if len(data) > MAX_BYTES:
        raise refuse(_("At most %(size)s MB.") % {"size": MAX_BYTES // 1024**2})
    if is_workbook(data):
        return read_workbook(data, sheet)
    return Table.of(csv_rows(csv_text(data, encoding)))
