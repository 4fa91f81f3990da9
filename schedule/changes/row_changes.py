"""What an act does to the rows of a table, to feed items and to overrides, noted so that its undo can
put them back.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from lib.plans import digest_of
from schedule.models import Change, FeedItem, ItemChange, Override

FIELDS = (
    *("key", "ordinal", "guid", "values"),
    *("missing_since", "missing_looks", "is_settled", "has_hidden_talk"),
)


@dataclass
class RowChanges[Row: models.Model]:
    """The rows of one table that an act makes or changes."""

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


class ItemChanges:
    """Collects what one act does to feed items; `write()` does it, in a number of statements that
    does not depend on how many there are.
    """

    def __init__(self) -> None:
        self._old: dict[int, dict[str, Any]] = {}
        self._items: RowChanges[FeedItem] = RowChanges(FeedItem)
        self._dropped: list[Override] = []
        self._put_back: list[Override] = []

    def __bool__(self) -> bool:
        return bool(self._old or self._items.new)

    def set(self, item: FeedItem, **values: object) -> None:
        self._note(item)
        for name, value in values.items():
            setattr(item, name, value)

    def add(self, item: FeedItem) -> None:
        self._items.new.append(item)

    def drop(self, item: FeedItem, override: Override) -> None:
        """From now on the feed's value counts again."""
        made = {"by": override.by_id, "set_at": override.set_at.isoformat()}
        self._note(item)["overrides"][override.field] = made
        self._dropped.append(override)

    def put_back(self, item: FeedItem, override: Override) -> None:
        self._note(item)["overrides"][override.field] = None
        self._put_back.append(override)

    def write(self, change: Change) -> None:
        self._items.write()
        if self._dropped:
            Override.objects.filter(pk__in=[override.pk for override in self._dropped]).delete()
        Override.objects.bulk_create(self._put_back, ignore_conflicts=True)
        notes = [(item, self._old[pk]) for pk, item in self._items.changed.items()]
        notes += [(item, _not_accepted(item)) for item in self._items.new]
        ItemChange.objects.bulk_create(
            ItemChange(change=change, item=item, old=old, new_digest=digest_of(_plain(item)))
            for item, old in notes
        )

    def _note(self, item: FeedItem) -> dict[str, Any]:
        self._items.touch(item, FIELDS)
        return self._old.setdefault(item.pk, {**_plain(item), "overrides": {}})


def restore(change: Change, inverse: ItemChanges) -> None:
    """Puts the items of a change back, as far as they are still as it left them."""
    notes = list(change.items.select_related("item"))
    overrides = {
        (override.talk_id, override.field): override
        for override in Override.objects.filter(talk__feed_items__in=[note.item for note in notes])
    }
    for note in notes:
        if digest_of(_plain(note.item)) != note.new_digest:
            continue
        old = dict(note.old)
        before = old.pop("overrides", {})
        since = old["missing_since"]
        inverse.set(note.item, **{**old, "missing_since": since and datetime.fromisoformat(since)})
        for name, made in before.items():
            now = overrides.get((note.item.talk_id, name))
            if made is None and now is not None:
                inverse.drop(note.item, now)
            elif made is not None and now is None:
                known = {"by_id": made["by"], "set_at": datetime.fromisoformat(made["set_at"])}
                inverse.put_back(
                    note.item, Override(talk_id=note.item.talk_id, field=name, **known)
                )


def _plain(item: FeedItem) -> dict[str, object]:
    since = item.missing_since
    return {
        **{field: getattr(item, field) for field in FIELDS},
        "missing_since": None if since is None else since.isoformat(),
    }


def _not_accepted(item: FeedItem) -> dict[str, object]:
    """A new item as the undo leaves it: known by its keys, so that its talk keeps its address."""
    return {
        **_plain(item),
        "values": {name: item.values[name] for name in ("keys", "starts_at")},
        "has_hidden_talk": True,
        "overrides": {},
    }
