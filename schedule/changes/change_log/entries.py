"""What attendees are told of changes: time, room, title, taking place. Never by whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils.dateparse import parse_datetime

from schedule.models import Change, Conference, FieldChange, Room, Talk

TOLD = ("starts_at", "ends_at", "room", "is_canceled", "title", "talk")
LAST_ACTS = 50
# An import of a whole programme is one act.
TALKS_PER_ACT = 20


@dataclass(frozen=True)
class News:
    """What one act did to one talk. Old and new are None where the act left it alone."""

    talk: Talk
    is_new: bool = False
    is_canceled: bool | None = None
    starts_at: tuple[datetime, datetime] | None = None
    ends_at: tuple[datetime, datetime] | None = None
    room: tuple[Room | None, Room | None] | None = None
    title: tuple[str, str] | None = None

    @classmethod
    def of(cls, talk: Talk, changed: Iterable[FieldChange], rooms: Mapping[int, Room]) -> Self:
        told: dict[str, Any] = {}
        for each in changed:
            match each.field:
                case "talk":
                    told["is_new"] = True
                case "is_canceled":
                    told["is_canceled"] = each.new
                case "room":
                    told["room"] = (rooms.get(each.old or 0), rooms.get(each.new or 0))
                case "title":
                    told["title"] = (each.old, each.new)
                case "starts_at" | "ends_at":
                    told[each.field] = (parse_datetime(each.old), parse_datetime(each.new))
        return cls(talk, **told)

    @property
    def is_on_another_day(self) -> bool:
        if self.starts_at is None:
            return False
        old, new = self.starts_at
        return self.talk.conference.day_of(old) != self.talk.conference.day_of(new)


@dataclass(frozen=True)
class LogEntry:
    """One act. `more`: how many talks beyond those in `news`."""

    pk: int
    made_at: datetime
    news: list[News] = field(default_factory=list)
    more: int = 0


def entries(conference: Conference) -> list[LogEntry]:
    """The last acts that attendees should know, the newest first. Of hidden talks nothing."""
    told = FieldChange.objects.filter(
        Q(field__in=TOLD), talk__is_hidden=False, talk__conference=conference
    )
    changes = (
        Change.objects.filter(conference=conference)
        .filter(Exists(told.filter(change=OuterRef("pk"))))
        .newest_first()
        .prefetch_related(
            Prefetch(
                "fields", told.select_related("talk").order_by("talk__starts_at", "talk", "pk")
            )
        )[:LAST_ACTS]
    )
    rooms = {room.pk: room for room in conference.rooms.all()}
    return [_entry(change, conference, rooms) for change in changes]


def _entry(change: Change, conference: Conference, rooms: Mapping[int, Room]) -> LogEntry:
    talks: dict[int, Talk] = {}
    changed: dict[int, list[FieldChange]] = {}
    for each in change.fields.all():
        talk = talks.setdefault(each.talk_id, each.talk)
        talk.conference = conference
        changed.setdefault(talk.pk, []).append(each)
    shown = list(talks.values())[:TALKS_PER_ACT]
    news = [News.of(talk, changed[talk.pk], rooms) for talk in shown]
    return LogEntry(change.pk, change.made_at, news, len(talks) - len(shown))
