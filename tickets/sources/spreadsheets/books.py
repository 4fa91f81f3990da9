"""A file of sheets as it was read, before somebody says which of them counts and from which row."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.utils.translation import gettext as _

from tickets.sources.spreadsheets.columns import HEADERS, same_header
from tickets.sources.spreadsheets.tables import Row, Table, refuse

# Notes above the tickets are shorter.
NAMES_WITHIN = 20
KNOWN_NAMES = {
    name
    for names in HEADERS.values()
    for choice in names.split(", ")
    for name in choice.split(" + ")
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows`: those that are not empty, with those above the names of the columns."""

    name: str
    rows: list[Row]

    @property
    def first_rows(self) -> list[Row]:
        """Among which the names of the columns are looked for."""
        return self.rows[:NAMES_WITHIN]

    @property
    def names_at(self) -> int:
        """The best line for a sheet of tickets."""
        return self.best()[0]

    @property
    def known_names(self) -> int:
        return self.best()[1]

    def best(self, known_names: Set[str] = KNOWN_NAMES) -> tuple[int, int]:
        """The line that has most of these names, and how many; the first one, unless another is better
        beyond doubt: a ticket may be called like a column.
        """
        if not self.rows:
            return 0, 0
        (first, cells), *others = self.first_rows
        best, most = first, _count(known_names, cells)
        is_title = _filled(cells) == 1
        for line, cells in others:
            known = _count(known_names, cells)
            if known > most and (known > 1 or (is_title and _filled(cells) > 1)):
                best, most = line, known
        return best, most


@dataclass(frozen=True, slots=True)
class Book:
    """`sheets`: those that were read; a CSV is one without a name. `names`: of all that are not hidden;
    `too_large`: of those that could not be read. `encoding` was guessed ("": there was nothing to guess); `converted` is a
    word to see by whether that was right. `sheet` and `names_at` are chosen: a name, a line.
    """

    sheets: list[Sheet]
    names: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)
    encoding: str = ""
    converted: str = ""
    sheet: str = ""
    names_at: int = 0

    def at(self, sheet: str = "", names_at: int = 0, known_names: Set[str] = KNOWN_NAMES) -> Self:
        """Where it is to be read: "" and 0 are guessed, by the names that its columns may have. Raises
        BadSpreadsheet.
        """
        if sheet:
            fitting = [each for each in self.sheets if each.name.casefold() == sheet.casefold()]
        else:
            fitting = sorted(self.sheets, key=lambda each: -each.best(known_names)[1])
        if not fitting:
            message = _("There is no such sheet. There are: %(sheets)s.")
            raise refuse(message % {"sheets": ", ".join(each.name for each in self.sheets)})
        chosen = fitting[0]
        return replace(self, sheet=chosen.name, names_at=names_at or chosen.best(known_names)[0])

    @property
    def chosen(self) -> Sheet:
        return next(sheet for sheet in self.sheets if sheet.name == self.sheet)

    @property
    def other_sheets(self) -> list[str]:
        return [name for name in self.names if name != self.sheet]

    @property
    def table(self) -> Table:
        """Raises BadSpreadsheet."""
        return Table.of(self.chosen.rows, self.names_at)

    @property
    def not_read(self) -> int:
        """How many rows stand above the names of the columns."""
        return sum(line < self.names_at for line, _cells in self.chosen.rows)

    def pack(self) -> dict[str, Any]:
        """Plain values for a JSON field."""
        sheets = [{"name": sheet.name, "rows": sheet.rows} for sheet in self.sheets]
        return {**{name: getattr(self, name) for name in self.__slots__}, "sheets": sheets}

    @classmethod
    def unpack(cls, packed: dict[str, Any]) -> Self:
        sheets = [
            Sheet(sheet["name"], [(line, cells) for line, cells in sheet["rows"]])
            for sheet in packed["sheets"]
        ]
        return cls(**{**packed, "sheets": sheets})


def _count(known_names: Set[str], cells: Sequence[str]) -> int:
    return len(known_names & {same_header(cell) for cell in cells})


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)
