"""Cells that a spreadsheet program would run, written so that it shows them, and read back.

An apostrophe stands before what would begin a formula, also after a separator within a cell: programs
of other countries split at another one than ours. Shops write their exports in the same way.
"""

import re

_begins_formula = re.compile(r"(^|[;,\t\r\n])(?=\s*[=+\-@＝＋－＠\t\r])")  # noqa: RUF001
_was_quoted = re.compile(r"(^|[;,\t\r\n])'(?=\s*[=+\-@＝＋－＠\t\r])")  # noqa: RUF001


def quoted(cell: str) -> str:
    return _begins_formula.sub(r"\1'", cell)


def unquoted(cell: str) -> str:
    return _was_quoted.sub(r"\1", cell) if "'" in cell else cell
