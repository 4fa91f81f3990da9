"""Every act on the programme goes through here: it writes the talks and one Change beside them.

    with transaction.atomic():
        changing = ChangeRecorder(conference, Change.Act.DESK, actor=user, summary="Main hall: +10 min")
        changing.set(talk, starts_at=later, ends_at=later_still)
        change = changing.write()

The number of statements does not depend on the number of talks.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from schedule.changes import row_changes
from schedule.changes.row_changes import RowChanges
from schedule.models import TIMES, Change, Conference, Feed, FieldChange, Override, Talk

# Calendars take a change only when SEQUENCE has grown (RFC 5545, 3.8.7.4).
SEQUENCED = TIMES | {"room", "is_canceled"}
# What a feed tells of a talk, and an organizer can therefore override.
FEED_FIELDS = (
    *("kind", "is_canceled", "series", "title", "subtitle", "abstract", "description", "language"),
    *("room", "track", "starts_at", "ends_at", "is_all_day", "links"),
)
FEED_LINKS = ("speakers", "also_in")
MANY = frozenset({"speakers", "chairs", "also_in"})
LINKED = frozenset(field.name for field in Talk._meta.fields if field.is_relation)


class UndoRefused(Exception):
    """An undo met fields that have changed since. `fields` are the FieldChanges in the way."""

    def __init__(self, fields: list[FieldChange]) -> None:
        super().__init__(", ".join(str(field) for field in fields))
        self.fields = fields


class ChangeRecorder:
    """Collects what one act does; `write()` does it. Fields of many (speakers, chairs, also_in)
    are given as lists of objects. `overrides`: fields that a feed tells become the organizer's.
    `items`: what it does to feed items.
    """

    def __init__(
        self,
        conference: Conference,
        act: Change.Act,
        *,
        actor: models.Model | None = None,
        summary: str = "",
        feed: Feed | None = None,
        undoes: Change | None = None,
        at: datetime | None = None,
    ) -> None:
        self.change = Change(
            conference=conference,
            act=act,
            actor=actor,  # type: ignore[misc]  # the user model is known by setting alone
            summary=summary,
            feed=feed,
            undoes=undoes,
            made_at=at or timezone.now(),
        )
        self.overrides = act in (Change.Act.DESK, Change.Act.ADMIN)
        self.items = row_changes.ItemChanges()
        # Before the first day a new time is the programme; from then on people know the old one.
        self._moves_are_shown = self.overrides and conference.window[0] <= self.change.made_at
        self._talks: RowChanges[Talk] = RowChanges(Talk)
        self._values: dict[Talk, dict[str, Any]] = defaultdict(dict)
        self._old: dict[tuple[int, str], object] = {}

    def set(self, talk: Talk, **values: object) -> None:
        """What is the same already is left out. A talk that moves keeps its first published place."""
        for field, value in values.items():
            old = plain(talk, field)
            if plain_value(value) == old:
                continue
            self._old.setdefault((talk.pk, field), old)
            if field == "starts_at" and self._moves_are_shown and talk.planned_starts_at is None:
                self.set(talk, planned_starts_at=talk.starts_at)
            if field == "room" and self._moves_are_shown and talk.planned_room_id is None:
                self.set(talk, planned_room=talk.room)
            if field == "is_hidden" and self.overrides and talk.pk:
                self._take_from_feed(talk)
            self._values[talk][field] = value
            if field not in MANY:
                setattr(talk, field, value)
                self._talks.touch(talk, [field])

    def _take_from_feed(self, talk: Talk) -> None:
        """An organizer hides or shows it: what the feed has or lacks changes nothing about that."""
        for item in talk.feed_items.all():
            if item.has_hidden_talk or item.missing_since is not None:
                is_settled = item.missing_since is not None
                self.items.set(item, has_hidden_talk=False, is_settled=is_settled)

    def add(self, talk: Talk) -> None:
        self._talks.new.append(talk)

    def write(self) -> Change | None:
        """None: there was nothing to do. Call it in a transaction."""
        if not self._values and not self._talks.new and not self.items:
            return None
        self.change.save()
        for talk, values in self._values.items():
            if SEQUENCED & values.keys():
                talk.sequence += 1
                self._talks.touch(talk, ["sequence"])
        self._talks.write()
        self._write_links()
        FieldChange.objects.bulk_create(self._field_changes())
        if self.overrides:
            self._write_overrides()
        self.items.write(self.change)
        return self.change

    def _write_links(self) -> None:
        for field in sorted(MANY):
            changed = {
                talk: values[field] for talk, values in self._values.items() if field in values
            }
            if not changed:
                continue
            if field == "chairs":
                # Chairs come in by this, so whoever keeps who may come in hears of it (m2m_changed).
                for talk, objects in changed.items():
                    talk.chairs.set(objects)
                continue
            through: Any = getattr(Talk, field).through
            target = Talk._meta.get_field(field).m2m_reverse_name()  # type: ignore[union-attr]  # a link
            through.objects.filter(talk__in=changed).delete()
            through.objects.bulk_create(
                through(talk_id=talk.pk, **{target: linked.pk})
                for talk, objects in changed.items()
                for linked in objects
            )

    def _field_changes(self) -> Iterable[FieldChange]:
        for talk in self._talks.new:
            yield FieldChange(change=self.change, talk=talk, field="talk", old=None, new=talk.code)
        for talk, values in self._values.items():
            for field, value in values.items():
                yield FieldChange(
                    change=self.change,
                    talk=talk,
                    field=field,
                    old=self._old[talk.pk, field],
                    new=plain_value(value),
                )

    def _write_overrides(self) -> None:
        by, at = self.change.actor, self.change.made_at
        Override.objects.bulk_create(
            [
                Override(talk=talk, field=field, by=by, set_at=at)
                for talk, values in self._values.items()
                for field in {*FEED_FIELDS, *FEED_LINKS} & values.keys()
            ],
            ignore_conflicts=True,
        )


def plain(talk: Talk, field: str) -> object:
    """The value as a FieldChange keeps it."""
    if field in MANY:
        return sorted(related.pk for related in getattr(talk, field).all())
    # A room's number is there without asking for the room.
    return plain_value(getattr(talk, Talk._meta.get_field(field).attname))  # type: ignore[union-attr]  # a column


def plain_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (list, tuple, models.QuerySet)) and all(
        isinstance(item, models.Model) for item in value
    ):
        return sorted(item.pk for item in value)
    return value


def undo(change: Change, *, actor: models.Model | None, summary: str) -> Change | None:
    """The inverse change. Refuses when a field has changed since: raises UndoRefused, which says which.

    A talk that the act made is hidden, since talks are never deleted. After the undo of an import
    its feed proposes the same again, and no longer applies it by itself.
    """
    with transaction.atomic():
        conference = change.conference
        conference.one_writer("programme")
        fields = list(change.fields.select_related("talk"))
        talks = {
            talk.pk: talk
            for talk in Talk.objects.filter(pk__in={field.talk_id for field in fields})
            .select_for_update(of=("self",))
            .prefetch_related(*sorted(MANY))
        }
        in_the_way = [
            field
            for field in fields
            if field.field != "talk" and plain(talks[field.talk_id], field.field) != field.new
        ]
        in_the_way += _moved_since(change, fields, talks)
        if in_the_way:
            raise UndoRefused(in_the_way)
        inverse = ChangeRecorder(
            conference,
            Change.Act.UNDO,
            actor=actor,
            summary=summary,
            feed=change.feed,
            undoes=change,
        )
        named = _named(fields)
        for field in fields:
            talk = talks[field.talk_id]
            if field.field == "talk":
                inverse.set(talk, is_hidden=True)
            else:
                inverse.set(talk, **{field.field: _restored(field, named)})
        Override.objects.filter(
            talk__in=talks, set_at=change.made_at, field__in={field.field for field in fields}
        ).delete()
        row_changes.restore(change, inverse.items)
        if change.act == Change.Act.IMPORT and change.feed_id is not None:
            Feed.objects.filter(pk=change.feed_id).stop_applying()
        return inverse.write()


def _moved_since(
    change: Change, fields: Iterable[FieldChange], talks: Mapping[int, Talk]
) -> list[FieldChange]:
    """Of talks that would get an old time back, what else of their time has been changed since."""
    own = {(field.talk_id, field.field) for field in fields}
    moved = {talk_id for talk_id, field in own if field in TIMES}
    if not moved:
        return []
    later = FieldChange.objects.filter(talk__in=moved, field__in=TIMES, change__gt=change.pk)
    first: dict[tuple[int, str], FieldChange] = {}
    for each in later.select_related("talk").order_by("change"):
        if (each.talk_id, each.field) not in own:
            first.setdefault((each.talk_id, each.field), each)
    return [
        each for (talk_id, field), each in first.items() if plain(talks[talk_id], field) != each.old
    ]


def _named(fields: Iterable[FieldChange]) -> dict[str, dict[int, models.Model]]:
    """The rows that old values name, by field and number."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for field in fields:
        if field.field in MANY:
            numbers[field.field].update(field.old)
        elif field.field in LINKED and field.old is not None:
            numbers[field.field].add(field.old)
    managers: dict[str, Any] = {
        name: Talk._meta.get_field(name).related_model._default_manager  # type: ignore[union-attr]  # a link
        for name in numbers
    }
    return {name: managers[name].in_bulk(found) for name, found in numbers.items()}


def _restored(field: FieldChange, named: dict[str, dict[int, models.Model]]) -> object:
    """The old value as a talk takes it. What it named and is gone meanwhile becomes none."""
    rows = named.get(field.field, {})
    if field.field in MANY:
        return [rows[number] for number in field.old if number in rows]
    if field.field in LINKED:
        return rows.get(field.old)
    talk_field = Talk._meta.get_field(field.field)
    if isinstance(talk_field, models.DateTimeField) and field.old is not None:
        return parse_datetime(field.old)
    return field.old
