"""What a file says as a whole, so that a wrong column is seen before it lets people in."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lib.text import one_line
from tickets.models import Ticket
from tickets.sources.spreadsheets.columns import Columns, candidates
from tickets.sources.spreadsheets.rows import TicketRows
from tickets.sources.spreadsheets.tables import Table, problem_column

EXAMPLES = 3
MAX_EXAMPLE = 30


class UnusedColumn(NamedTuple):
    """`instead`: the columns that are used, where this one could have been taken as well."""

    name: str
    examples: list[str]
    instead: list[str]


@dataclass(frozen=True)
class FileSummary:
    table: Table
    columns: Columns
    read: TicketRows

    @property
    def states(self) -> list[tuple[str, int]]:
        counts = Counter(Ticket.State(ticket.values["state"]) for ticket in self.read.tickets)
        return [(str(state.label), counts[state]) for state in Ticket.State if counts[state]]

    @property
    def products(self) -> list[tuple[str, int]]:
        counts = Counter(ticket.product for ticket in self.read.tickets)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    @cached_property
    def shared_addresses(self) -> list[tuple[str, int]]:
        """With more than one ticket each, most of them first."""
        values = (ticket.values for ticket in self.read.tickets)
        counts = Counter(each.get("holder_email") or each.get("buyer_email") for each in values)
        return [(email, count) for email, count in counts.most_common() if email and count > 1]

    @property
    def unused_columns(self) -> list[UnusedColumn]:
        used = {problem_column(), *(name for names in self.columns.values() for name in names)}
        return [
            UnusedColumn(name, examples_of(self.table, name), self._instead(name))
            for name in self.table.header
            if name not in used
        ]

    def _instead(self, name: str) -> list[str]:
        for key, choices in candidates(self.table.header).items():
            if key in self.columns and any(name in names for names in choices):
                return list(self.columns[key])
        return []


def examples_of(table: Table, name: str, count: int = EXAMPLES) -> list[str]:
    """Enough of what stands in a column to know it by."""
    at, seen = table.header.index(name), {""}
    found: list[str] = []
    for _line, cells in table.rows:
        if len(cells) <= at or cells[at] in seen:
            continue
        seen.add(cells[at])
        word = one_line(cells[at])
        if word and word not in found:
            found.append(word)
        if len(found) == count:
            break
    return [f"{word[:MAX_EXAMPLE]}…" if len(word) > MAX_EXAMPLE else word for word in found]
