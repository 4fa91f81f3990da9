"""Reads one sheet of a workbook, from stdin to stdout, in a process that may not grow.

files.py starts it by its path, isolated: it knows nothing of ours. A workbook of 1 kB can
make its reader ask for 500 GB (two cells in opposite corners), which ends the process.
"""

import contextlib
import datetime
import io
import json
import resource
import sys

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum
from python_calamine import SheetVisibleEnum as Visible

# More digits than that a spreadsheet does not keep.
EXACT = 10**15


def main(sheet: str, max_bytes: int, max_seconds: int, max_cells: int, max_chars: int) -> None:
    # macOS does not know the first.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (max_seconds, max_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = _read(sheet, max_cells, max_chars)
    except PasswordError:
        answer = {"problem": "password"}
    except CalamineError as error:
        answer = {"problem": "damaged", "error": str(error)}
    json.dump(answer, sys.stdout)


def _read(wanted: str, max_cells: int, max_chars: int) -> dict[str, object]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == Visible.Visible
    ]
    fitting = [name for name in names if not wanted or name.casefold() == wanted.casefold()]
    if not fitting:
        return {"problem": "sheet", "sheets": names}
    sheet = workbook.get_sheet_by_name(fitting[0])
    if sheet.total_height * sheet.total_width > max_cells:
        return {"problem": "size"}
    rows = [
        (line, [_text(cell) for cell in row])
        for line, row in enumerate(sheet.to_python(skip_empty_area=False), 1)
        if any(cell != "" for cell in row)
    ]
    if sum(len(cell) for _line, row in rows for cell in row) > max_chars:
        return {"problem": "size"}
    return {"sheet": fitting[0], "sheets": names, "rows": rows}


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
    return str(cell)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
