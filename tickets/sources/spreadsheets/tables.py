"""A spreadsheet as rows of text, whatever kind of file it came in."""

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

from lib.text import one_line, same_name
from tickets.sources.spreadsheets.formulas import unquoted

# The largest conferences have 20,000 tickets; their exports 5 MB and 60 columns.
MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class BadRow:
    """`line` is where the row begins, as an editor counts; 0: the whole file."""

    line: int
    message: str

    def __str__(self) -> str:
        return (
            _("Line %(line)s: ") % {"line": self.line} + self.message if self.line else self.message
        )


class BadSpreadsheet(Exception):
    def __init__(self, rows: Sequence[BadRow]) -> None:
        self.rows = rows
        super().__init__(str(rows[0]))


def problem_column() -> str:
    """The name of the column that says what was wrong with a row that was set aside."""
    return _("Problem")


def refuse(message: str, line: int = 0) -> BadSpreadsheet:
    return BadSpreadsheet([BadRow(line, message)])


type Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """`header`: every name once, none empty. `rows`: those that are not empty, each with its line;
    in a bad file they have more or fewer cells than the header.
    """

    header: list[str]
    rows: list[Row]

    @classmethod
    def of(cls, rows: Iterable[Row], names_at: int = 0) -> Self:
        """`names_at`: the line of the header; what stands above it is not read. 0: the first row
        that is not empty. Raises BadSpreadsheet.
        """
        header: list[str] = []
        kept: list[Row] = []
        for line, cells in rows:
            if line < names_at or not any(map(str.strip, cells)):
                continue
            if len(cells) > MAX_COLUMNS:
                raise refuse(_("More than %(count)s columns.") % {"count": MAX_COLUMNS}, line)
            if len(kept) == MAX_ROWS:
                raise refuse(_("More than %(count)s rows.") % {"count": MAX_ROWS}, line)
            if header:
                kept.append((line, [unquoted(cell) for cell in cells]))
            else:
                header = _named(cells)
        if not header:
            raise refuse(_("The file is empty."))
        return cls(header, kept)

    @property
    def is_correction(self) -> bool:
        """Whether it has the rows of another file that were set aside, and not all tickets."""
        return problem_column() in self.header

    def wrong_width(self, cells: Sequence[str]) -> str:
        """What is wrong with a row that has more or fewer cells than the header."""
        counts = {"found": len(cells), "expected": len(self.header)}
        message = _("%(found)s cells, but the header has %(expected)s.") % counts
        if len(cells) > len(self.header):
            message += " " + _(
                "Write a text with a comma, a semicolon or a tab in quotes, or name the column."
            )
        return message

    def records(
        self, names: Mapping[str, Sequence[str]], *, needed: Iterable[str]
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """The line of each row and what it says, by key; "" where it says nothing. `names`: what the
        column of each key may be called. Raises BadSpreadsheet where a needed one is not there, or a
        row says something under no name at all.
        """
        at = {same_name(name.replace("_", " ")): place for place, name in enumerate(self.header)}
        places = {
            key: next((at[name] for name in known if name in at), None)
            for key, known in names.items()
        }
        if missing := [key for key in needed if places[key] is None]:
            message = _("There is no column “%(name)s”. There are: %(header)s.")
            raise refuse(message % {"name": missing[0], "header": ", ".join(self.header)}, 1)
        beyond = len(self.header)
        if unnamed := [
            BadRow(line, self.wrong_width(cells))
            for line, cells in self.rows
            if any(map(str.strip, cells[beyond:]))
        ]:
            raise BadSpreadsheet(unnamed)
        for line, cells in self.rows:
            record = {
                key: cells[place].strip() if place is not None and place < len(cells) else ""
                for key, place in places.items()
            }
            yield line, record


def _named(cells: list[str]) -> list[str]:
    """A column without a name is called by its letter, a second one of the same name too."""
    names: list[str] = []
    for at, cell in enumerate(cells):
        name = one_line(cell)
        if not name or name in names:
            name = f"{name} ({_letter(at)})".strip()
        names.append(name)
    return names


def _letter(at: int) -> str:
    """Columns are lettered A … Z, AA …, which is enough for MAX_COLUMNS."""
    first, last = divmod(at, 26)
    letters = string.ascii_uppercase
    return (letters[first - 1] if first else "") + letters[last]
