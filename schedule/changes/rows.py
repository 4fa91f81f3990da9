"""The rows of one table that an act makes or changes."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from django.db import models


@dataclass
class RowChanges[Row: models.Model]:
    model: type[Row]
    new: list[Row] = field(default_factory=list)
    changed: dict[int, Row] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)

    def set(self, row: Row, **values: object) -> None:
        """Sets what differs, and remembers that the row has to be written."""
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
                if row.pk is not None:
                    self.touch(row, [name])

    def touch(self, row: Row, fields: Iterable[str]) -> None:
        self.changed[row.pk] = row
        self.fields.update(fields)

    def write(self, wanted: Container[int] | None = None) -> None:
        """Two statements, however many rows. Changes come first: they may free a name.

        `wanted`: of new rows only those with these id()s are made. None: all.
        """
        manager = self.model._default_manager
        if self.changed:
            # Thousands of rows as one upsert: bulk_update's CASE … WHEN takes Django six times as long.
            manager.bulk_create(
                self.changed.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=sorted(self.fields),
            )
        manager.bulk_create([row for row in self.new if wanted is None or id(row) in wanted])
