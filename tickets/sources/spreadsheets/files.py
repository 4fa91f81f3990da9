"""A file of whatever kind as a book: CSV here, workbooks by a process of their own."""

import csv
import io
import json
import re
import subprocess  # noqa: S404 - our own program with fixed arguments
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from tickets.sources.spreadsheets.books import NAMES_WITHIN, Book, Sheet
from tickets.sources.spreadsheets.tables import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    BadSpreadsheet,
    Row,
    Table,
    refuse,
)

# What programs still write that do not write Unicode. They cannot be told apart by their bytes: the
# first is guessed where the text can be that, and somebody has to look whether it was right.
ENCODINGS = {
    "cp1252": "Windows-1252: English, Deutsch, Español, Français …",
    "cp1250": "Windows-1250: Čeština, Magyar, Polski …",
    "cp1251": "Windows-1251: Български, Русский, Українська …",
    "cp1253": "Windows-1253: Ελληνικά",
    "cp1254": "Windows-1254: Türkçe",
    "mac_roman": "Mac Roman",
    "cp932": "Shift JIS: 日本語",
    "gb18030": "GB 18030: 中文",
    "big5hkscs": "Big5: 繁體中文",
    "cp949": "EUC-KR: 한국어",
}
GUESSED = "cp1252"
# Two bytes that are one letter in UTF-8, and hardly ever two in a text of GUESSED.
_utf8_letter = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
# Letters with accents do not follow each other in the languages that are written in GUESSED.
_other_alphabet = re.compile(r"[À-ÖØ-öø-ÿ]{4}")
_converted_word = re.compile(r"[^\W\d_]*[^\W\d_a-zA-Z][^\W\d_]*")
_converted_text = re.compile(r"\S*[^\x00-\x7f]\S*")
READER = Path(__file__).with_name("workbook_reader.py")
ZIP = b"PK\x03\x04"  # XLSX and ODS
OLE = b"\xd0\xcf\x11\xe0"  # XLS, and XLSX with a password
# 50,000 tickets of 60 columns take 250 MB and 3 s.
MAX_MEMORY_BYTES = 512 * 1024 * 1024
MAX_SECONDS = 8
# The limit of the reader is of work; a busy machine may take longer for it. nginx waits for 30 s, and
# what was read has to be kept and shown.
MAX_WAIT_SECONDS = 18
MAX_CELLS = 4_000_000
MAX_CHARS = 30_000_000
# Of a sheet, those that are not empty: enough to see that there are too many.
ROWS_LOOKED_AT = NAMES_WITHIN + MAX_ROWS + 1

# The JSON of workbook_reader.py.
type ReaderAnswer = dict[str, Any]


def read_table(data: bytes, *, encoding: str = "", sheet: str = "", names_at: int = 0) -> Table:
    """The sheet and the line of names are guessed unless they are named. Raises BadSpreadsheet."""
    return read_book(data, encoding=encoding, sheet=sheet).at(sheet, names_at).table


def read_book(data: bytes, *, encoding: str = "", sheet: str = "") -> Book:
    """`encoding` (of CSV; "": Unicode, or guessed) is one of ENCODINGS, `sheet` the name of the only
    one that is needed of a workbook. Raises BadSpreadsheet.
    """
    if len(data) > MAX_BYTES:
        raise refuse(_("At most %(size)s MB.") % {"size": MAX_BYTES // 1024**2})
    if data.startswith((ZIP, OLE)):
        return read_workbook(data, sheet)
    guessed = "" if encoding else _guessed_encoding(data)
    text = csv_text(data, encoding or guessed)
    filled = ((line, cells) for line, cells in csv_rows(text) if any(map(str.strip, cells)))
    example = guessed and (_converted_word.search(text) or _converted_text.search(text))
    return Book(
        [Sheet("", list(islice(filled, ROWS_LOOKED_AT)))],
        encoding=guessed,
        converted=example[0] if example else "",
    )


def _guessed_encoding(data: bytes) -> str:
    """ "": this is Unicode, or nothing that can be guessed."""
    if json.detect_encoding(data) != "utf-8":
        return ""
    try:
        data.decode()
    except UnicodeDecodeError:
        try:
            text = data.decode(GUESSED)
        except UnicodeDecodeError:
            return ""
        is_another = _utf8_letter.search(data) or _other_alphabet.search(text)
        return "" if is_another else GUESSED
    return ""


def csv_rows(text: str) -> Iterator[Row]:
    """Raises BadSpreadsheet."""
    lines = list(io.StringIO(text, newline=""))
    skipped = next((at for at, line in enumerate(lines) if line.strip()), 0)
    first_line = "".join(lines[skipped : skipped + 1])
    # Excel's way to name the delimiter, in a line before the header.
    named = re.fullmatch(r"sep=(.)\s*", first_line, re.IGNORECASE)
    skipped += bool(named)
    delimiter = named[1] if named else max(",;\t", key=first_line.count)
    rows = csv.reader(lines[skipped:], delimiter=delimiter, strict=True)
    line = skipped + 1
    try:
        for cells in rows:
            yield line, cells
            line = skipped + rows.line_num + 1
    except csv.Error as error:
        message = _("The quotes do not match, or: %(error)s.") % {"error": error}
        raise refuse(message, line) from None


def csv_text(data: bytes, encoding: str = "") -> str:
    """`encoding` "": UTF-8, or UTF-16 as Excel's “Unicode text” is. Raises BadSpreadsheet."""
    try:
        text = data.decode(encoding or json.detect_encoding(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if encoding:
            message = _("This is not %(encoding)s.") % {"encoding": ENCODINGS[encoding]}
        else:
            message = _(
                "This is not UTF-8. Save the file as “CSV UTF-8” or as XLSX, or say which encoding"
                " it has."
            )
        raise refuse(message, line) from None
    if "\0" in text:
        raise refuse(_("This is neither a text nor a workbook."))
    return text


def read_workbook(data: bytes, sheet: str = "") -> Book:
    """`sheet` "": all that are not hidden. Raises BadSpreadsheet."""
    if data.startswith(OLE):
        raise refuse(_("This is an old or a protected workbook. Save it as XLSX, no password."))
    answer = _ask_reader(data, sheet)
    if problem := answer.get("problem"):
        raise _refusal(problem, answer)
    sheets = [
        Sheet(each["name"], [(line, cells) for line, cells in each["rows"]])
        for each in answer["sheets"]
    ]
    return Book(sheets, names=answer["names"], too_large=answer["too_large"])


def _ask_reader(data: bytes, sheet: str) -> ReaderAnswer:
    limits = (MAX_MEMORY_BYTES, MAX_SECONDS, MAX_CELLS, MAX_CHARS, ROWS_LOOKED_AT)
    try:
        done = subprocess.run(  # noqa: S603 - as above
            [sys.executable, "-I", str(READER), sheet, *map(str, limits)],
            input=data,
            capture_output=True,
            timeout=MAX_WAIT_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return {"problem": "size"}
    answer: ReaderAnswer = json.loads(done.stdout)
    return answer


def _refusal(problem: str, answer: ReaderAnswer) -> BadSpreadsheet:
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
        " stands below and beside the tickets, or save the sheet as CSV. If another sheet is the"
        " large one, name the sheet of the tickets."
    )
    return refuse(message % {"rows": MAX_ROWS, "columns": MAX_COLUMNS})
