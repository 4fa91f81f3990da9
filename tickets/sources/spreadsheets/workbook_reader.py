"""Reads the sheets of a workbook, from stdin to stdout, in a process that may not grow.

files.py starts it by its path, isolated: it knows nothing of ours. A workbook of 1 kB can
make its reader ask for 500 GB (two cells in opposite corners), which ends the process.
"""

import contextlib
import datetime
import io
import json
import resource
import sys

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
)
from python_calamine import SheetVisibleEnum as Visible

# More digits than that a spreadsheet does not keep.
EXACT = 10**15


def main(
    sheet: str, max_bytes: int, max_seconds: int, max_cells: int, max_chars: int, max_rows: int
) -> None:
    # macOS does not know the first.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (max_seconds, max_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = _read(sheet, _Limits(max_cells, max_chars, max_rows))
    except PasswordError:
        answer = {"problem": "password"}
    except CalamineError as error:
        answer = {"problem": "damaged", "error": str(error)}
    json.dump(answer, sys.stdout)


class _TooLarge(Exception):
    pass


class _Limits:
    """Cells and characters of all sheets together, rows of each."""

    def __init__(self, cells: int, chars: int, rows: int) -> None:
        self.cells, self.chars, self.rows = cells, chars, rows

    def read(self, sheet: CalamineSheet) -> list[tuple[int, list[str]]]:
        """Those that are not empty, at most `rows` of them. Raises _TooLarge."""
        # Both are one too small.
        area = (sheet.total_height + 1) * (sheet.total_width + 1)
        if area > self.cells:
            raise _TooLarge
        rows: list[tuple[int, list[str]]] = []
        chars = 0
        for line, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
            if not any(cell != "" for cell in row):
                continue
            cells = [_text(cell) for cell in row]
            chars += sum(map(len, cells))
            if chars > self.chars:
                raise _TooLarge
            rows.append((line, cells))
            if len(rows) == self.rows:
                break
        self.cells -= area
        self.chars -= chars
        return rows


def _read(wanted: str, limits: _Limits) -> dict[str, object]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == Visible.Visible
    ]
    fitting = [name for name in names if not wanted or name.casefold() == wanted.casefold()]
    if not fitting:
        return {"problem": "sheet", "sheets": names}
    sheets: list[dict[str, object]] = []
    too_large: list[str] = []
    for name in fitting:
        try:
            rows = limits.read(workbook.get_sheet_by_name(name))
        except _TooLarge:
            too_large.append(name)
        else:
            sheets.append({"name": name, "rows": rows})
    if not sheets:
        return {"problem": "size"}
    return {"sheets": sheets, "names": names, "too_large": too_large}


def _text(cell: object) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() | int():
            if abs(cell) >= EXACT:
                return f"{cell:.9E}"
            return str(cell).removesuffix(".0")
        case datetime.datetime():
            # Times are fractions of a day: 10:20 is 0.430555….
            at = (cell + datetime.timedelta(milliseconds=500)).replace(microsecond=0)
            return at.isoformat(" ")
        case datetime.date() | datetime.time():
            return cell.isoformat()
    # XLSX can spell it, and PostgreSQL refuses to keep it.
    return str(cell).replace("\0", "")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
