"""Undoing an act is looked at before it is done, as the act itself was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Self

from django.db import models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lib.plans import digest_of, refuse_changed
from schedule.changes.recorder import undo
from schedule.changes.removals import RemovalDanger, RemovalsRefused, dangers_of_removal
from schedule.models import Change, FieldChange, Talk

# Who has opened a page may be on the way to these.
SOON = timedelta(hours=1)
# So many talks.
SEEN_AT_A_GLANCE = 4
# So many lines are read by nobody; the numbers above them say the rest.
MAX_SHOWN = 50


@dataclass(frozen=True)
class UndoLine:
    """A talk, and the fields that get their old values back."""

    talk: Talk
    fields: tuple[FieldChange, ...]

    @property
    def goes(self) -> bool:
        """Whether attendees see it taking place now, and would not afterwards."""
        takes_place = not (self.talk.is_hidden or self.talk.is_canceled)
        return takes_place and any(
            each.field == "talk" or (each.field in ("is_hidden", "is_canceled") and each.old)
            for each in self.fields
        )

    @property
    def comes_back(self) -> bool:
        return any(each.field == "is_hidden" and not each.old for each in self.fields)

    @property
    def was_all_day(self) -> bool:
        told = [each.old for each in self.fields if each.field == "is_all_day"]
        return told[0] if told else self.talk.is_all_day

    def in_words(self, rooms: Mapping[int, str]) -> str:
        return "; ".join(self._in_words(each, rooms) for each in self.fields)

    def _in_words(self, change: FieldChange, rooms: Mapping[int, str]) -> str:
        if change.field in ("starts_at", "ends_at"):
            new = _moment(change, change.new, is_all_day=self.talk.is_all_day)
            old = _moment(change, change.old, is_all_day=self.was_all_day)
            return f"{Talk.field_label(change.field)}: {new} → {old}"
        return _in_words(change, rooms)


def _in_words(change: FieldChange, rooms: Mapping[int, str]) -> str:
    label = Talk._meta.get_field(change.field).verbose_name if change.field != "talk" else ""  # type: ignore[union-attr]  # a column
    match change.field:
        case "talk":
            return _("is hidden")
        case "is_hidden":
            return _("is hidden") if change.old else _("is shown again")
        case "is_canceled":
            return _("is canceled") if change.old else _("takes place")
        case "is_all_day":
            return _("goes on all day") if change.old else _("does not go on all day")
        case "room":
            old, new = (rooms.get(each or 0, "–") for each in (change.new, change.old))
            return f"{label}: {old} → {new}"
    return str(label)


def _moment(change: FieldChange, text: str | None, *, is_all_day: bool) -> str:
    at = parse_datetime(text) if text else None
    if at is None:
        return "–"
    if is_all_day and change.field == "ends_at":  # where the day after the last one begins
        at -= timedelta(days=1)
    return date_format(timezone.localtime(at), "D j M" if is_all_day else "D H:i")


@dataclass(frozen=True)
class UndoPlan:
    """What undoing a change would do now."""

    change: Change
    lines: tuple[UndoLine, ...]
    at: datetime

    @classmethod
    def of(cls, change: Change, at: datetime) -> Self:
        changed = change.fields.select_related("talk__room").order_by(
            "talk__starts_at", "talk", "pk"
        )
        lines = [
            UndoLine(talk, tuple(fields))
            for talk, fields in groupby(changed, key=lambda each: each.talk)
        ]
        return cls(change, tuple(lines), at)

    @property
    def digest(self) -> str:
        """Of the talks as they are now, too: each act on one raises its sequence or its fields."""
        return digest_of(
            [
                self.change.pk,
                [
                    [line.talk.pk, line.talk.sequence, line.talk.is_hidden, line.talk.is_canceled]
                    for line in self.lines
                ],
                [danger.code for danger in self.dangers],
            ]
        )

    @property
    def going(self) -> list[Talk]:
        return [line.talk for line in self.lines if line.goes]

    @property
    def coming_back(self) -> int:
        return sum(line.comes_back for line in self.lines)

    @property
    def soon(self) -> int:
        """How many of the talks are on now, or begin within the hour."""
        until = self.at + SOON
        talks = [line.talk for line in self.lines if not line.talk.is_all_day]
        return sum(talk.ends_at > self.at and talk.starts_at <= until for talk in talks)

    @property
    def shown(self) -> list[tuple[Talk, str]]:
        rooms = dict(self.change.conference.rooms.values_list("pk", "name"))
        return [(line.talk, line.in_words(rooms)) for line in self.lines[:MAX_SHOWN]]

    @property
    def more(self) -> int:
        return max(0, len(self.lines) - MAX_SHOWN)

    @cached_property
    def dangers(self) -> list[RemovalDanger]:
        """The same as of an import; a handful of talks of any other act is seen at a glance."""
        if not (self.change.is_import or len(self.going) > SEEN_AT_A_GLANCE):
            return []
        return dangers_of_removal(self.change.conference, self.going, at=self.at)


def undo_as_seen(
    change: Change,
    *,
    actor: models.Model | None,
    summary: str,
    digest: str,
    accepts_removals: bool,
    at: datetime,
) -> Change | None:
    """Raises PlanChanged when that is not what was looked at, RemovalsRefused when too much would go,
    and UndoRefused.
    """
    with transaction.atomic():
        change.conference.one_writer("programme")
        plan = UndoPlan.of(change, at)
        refuse_changed(plan, digest)
        if plan.dangers and not accepts_removals:
            raise RemovalsRefused(plan.dangers)
        return undo(change, actor=actor, summary=summary[:300])
