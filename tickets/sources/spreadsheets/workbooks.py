import json
import subprocess  # noqa: S404 - our own program with fixed arguments
import sys
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from tickets.sources.spreadsheets.tables import MAX_COLUMNS, MAX_ROWS, BadSpreadsheet, Table, refuse

READER = Path(__file__).with_name("workbook_reader.py")
ZIP = b"PK\x03\x04"  # XLSX and ODS
OLE = b"\xd0\xcf\x11\xe0"  # XLS, and XLSX with a password
# 20,000 tickets of 60 columns take 180 MB and 2 s.
MAX_MEMORY_BYTES = 512 * 1024 * 1024
MAX_SECONDS = 20
MAX_CELLS = 4_000_000
MAX_CHARS = 30_000_000


def is_workbook(data: bytes) -> bool:
    return data.startswith((ZIP, OLE))


def read_workbook(data: bytes, sheet: str = "") -> Table:
    """`sheet` "": the first one that is not hidden. Raises BadSpreadsheet."""
    if data.startswith(OLE):
        raise refuse(_("This is an old or a protected workbook. Save it as XLSX, no password."))
    answer = _ask_reader(data, sheet)
    if problem := answer.get("problem"):
        raise _refusal(problem, answer)
    others = tuple(name for name in answer["sheets"] if name != answer["sheet"])
    return Table.of(answer["rows"], sheet=answer["sheet"], other_sheets=others)


def _ask_reader(data: bytes, sheet: str) -> dict[str, Any]:
    limits = (MAX_MEMORY_BYTES, MAX_SECONDS, MAX_CELLS, MAX_CHARS)
    try:
        done = subprocess.run(  # noqa: S603 - as above
            [sys.executable, "-I", str(READER), sheet, *map(str, limits)],
            input=data,
            capture_output=True,
            # The reader's own limit is of work; a busy machine may take longer for it.
            timeout=3 * MAX_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return {"problem": "size"}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _refusal(problem: str, answer: dict[str, Any]) -> BadSpreadsheet:
    match problem:
        case "sheet":
            message = _("There is no such sheet. There are: %(sheets)s.")
            return refuse(message % {"sheets": ", ".join(answer["sheets"])})
        case "password":
            return refuse(_("This workbook is protected by a password."))
        case "damaged":
            message = _("This workbook cannot be read: %(error)s. Save it as XLSX or CSV again.")
            return refuse(message % answer)
    message = _(
        "This workbook is too large. At most %(rows)s rows and %(columns)s columns: delete what"
        " stands below and beside the tickets, or save the sheet as CSV."
    )
    return refuse(message % {"rows": MAX_ROWS, "columns": MAX_COLUMNS})
