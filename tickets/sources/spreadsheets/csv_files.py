import csv
import io
import json
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from tickets.sources.spreadsheets.tables import Row, refuse

# What programs still write that do not write Unicode. They cannot be told apart by their bytes, so
# somebody has to say which it is.
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
