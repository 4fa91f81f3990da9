"""The lines of a plan: what an import would do to one talk, and how that is said in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from html import unescape
from os.path import commonprefix
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lib.plans import digest_of
from schedule.feeds.formats.programme import ProgrammeTalk
from schedule.models import TIMES, FeedItem, Override, Room, Speaker, Talk

MOVES = TIMES | {"room"}
# What a line of a new talk says; the others are read on its page.
HEADLINE = ("starts_at", "ends_at", "room", "track", "kind", "speakers")
TEXTS = frozenset({"abstract", "description"})
EXCERPT_CHARS = 240


class LineKind(models.TextChoices):
    NEW = "new", _("new")
    BACK = "back", _("back again")
    MISSING = "missing", _("missing")
    CONFLICT = "conflict", _("in conflict with an organizer")
    TIME = "time", _("moved in time")
    ROOM = "room", _("moved to another room")
    CANCELED = "canceled", _("canceled or restored")
    TEXT = "text", _("changed")
    REKEYED = "re-keyed", _("under another key")
    UNCHANGED = "unchanged", _("unchanged")


@dataclass
class ImportLine:
    """`changes`: field → (old, new). `renewed`: what is then written down in the feed item; in a
    line of conflict its values alone, which are merged. A talk has two lines when some of its
    fields are in conflict. `incoming` None: the feed no longer has it. `overrides` are those that
    the line would end.
    """

    kinds: tuple[LineKind, ...]
    talk: Talk
    item: FeedItem
    incoming: ProgrammeTalk | None = None
    speakers: list[Speaker] = field(default_factory=list)
    also_in: list[Room] = field(default_factory=list)
    changes: dict[str, tuple[object, object]] = field(default_factory=dict)
    renewed: dict[str, Any] = field(default_factory=dict)
    overrides: list[Override] = field(default_factory=list)

    @property
    def kind(self) -> LineKind:
        """The first of its kinds, under which it is listed."""
        return self.kinds[0]

    @property
    def is_new(self) -> bool:
        """The talk's row has to be made; the talk of an undone import has one already."""
        return self.talk.pk is None

    @property
    def is_moved(self) -> bool:
        return not MOVES.isdisjoint(self.changes)

    @property
    def is_changed(self) -> bool:
        return bool(self.changes.keys() - MOVES - {"is_hidden"})

    @property
    def key(self) -> str:
        return str(self.renewed.get("key", self.item.key))

    @cached_property
    def digest(self) -> str:
        """Of all that it would do, and to what: old values, new values and whose they are."""
        values = {name: self._old_and_new(name) for name in self._shown_fields()}
        ordinal = self.renewed.get("ordinal", self.item.ordinal)
        # A new talk is identified by all that the feed says of it, not by its headline alone.
        texts = self.renewed.get("values") if self.is_new else None
        what = [self.kinds, self.talk.pk, self.key, ordinal, values, texts]
        return digest_of(what)[:20]

    def as_dict(self) -> dict[str, Any]:
        """Plain values with names instead of numbers. Old values of a new talk are None.

        `asked_until`: what is missing took place once it is over, and nobody is asked any more.
        """
        return {
            "digest": self.digest,
            "kinds": [kind.value for kind in self.kinds],
            "key": self.key,
            "title": self.talk.title if self.incoming is None else self.incoming.title,
            "talk": self.talk.pk,
            "code": self.talk.code,
            "starts_at": self.talk.starts_at.isoformat(),
            "is_all_day": self.talk.is_all_day,
            "asked_until": self.talk.ends_at.isoformat() if self.incoming is None else None,
            "fields": [
                {"field": name, "old": old, "new": new}
                for name in self._shown_fields()
                for old, new in [self._old_and_new(name)]
            ],
        }

    def _shown_fields(self) -> Iterable[str]:
        if self.is_new:
            return (*HEADLINE, "is_all_day") if self.talk.is_all_day else HEADLINE
        return self.changes

    def _old_and_new(self, name: str) -> tuple[object, object]:
        if name in self.changes:
            old, new = self.changes[name]
            return shown(old), shown(new)
        return None, shown(self.speakers if name == "speakers" else getattr(self.talk, name))


def shown(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, list):
        return [shown(one) for one in value]
    return value


def excerpts(old: object, new: object) -> tuple[str, str]:
    """Two texts in HTML as plain words, around the place where they begin to differ."""
    before, after = (_words(text) for text in (old, new))
    common = len(commonprefix([before, after]))
    start = max(0, common - EXCERPT_CHARS // 4)
    return _cut(before, start), _cut(after, start)


def _words(html: object) -> str:
    return " ".join(unescape(strip_tags(str(html or ""))).split())


def _cut(text: str, start: int) -> str:
    end = start + EXCERPT_CHARS
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


class FieldWords(NamedTuple):
    """`old` "": there was none."""

    label: str
    old: str
    new: str


def kinds_in_words(line: dict[str, Any]) -> str:
    return ", ".join(str(LineKind(kind).label) for kind in line["kinds"])


def moment(at: datetime, zone: ZoneInfo, *, is_all_day: bool) -> str:
    return date_format(at.astimezone(zone), "D j M" if is_all_day else "D j M, H:i")


def begin_of(line: dict[str, Any], zone: ZoneInfo) -> str:
    """When the talk of a line begins, or on which day."""
    at = datetime.fromisoformat(line["starts_at"])
    return moment(at, zone, is_all_day=line["is_all_day"])


def fields_in_words(line: dict[str, Any], zone: ZoneInfo) -> list[FieldWords]:
    words = []
    all_day = [line["is_all_day"]] * 2
    for change in line["fields"]:
        if change["field"] == "is_all_day":
            all_day = [change["old"], change["new"]]
    for change in line["fields"]:
        name, values = change["field"], (change["old"], change["new"])
        if name in TEXTS:
            values = excerpts(*values)
        old, new = (
            value_in_words(name, value, zone, is_all_day=bool(is_all_day))
            for value, is_all_day in zip(values, all_day, strict=True)
        )
        words.append(FieldWords(Talk.field_label(name), old, new))
    return words


def value_in_words(name: str, value: Any, zone: ZoneInfo, *, is_all_day: bool = False) -> str:
    if value in (None, "", []):
        return ""
    if name in ("starts_at", "ends_at"):
        at = datetime.fromisoformat(value)
        if is_all_day and name == "ends_at":  # where the day after the last one begins
            at -= timedelta(days=1)
        return moment(at, zone, is_all_day=is_all_day)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name in ("kind", "delivery"):
        choices = Talk.Kind.choices if name == "kind" else Talk.Delivery.choices
        return str(dict(choices).get(value, value))
    if name == "links":
        return ", ".join(f"{link['title']} <{link['url']}>" for link in value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
