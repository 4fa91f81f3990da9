"""What an admission opens: conference, day:DATE, room:SLUG, talk:CODE, replay. How scopes are written,
which there are, and when they are open is said here alone.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from schedule.models import Conference, Talk
from tickets.models.lost_deletes import delete_for_good

logger = logging.getLogger(__name__)

# Of the days or rooms that there are, to whoever has named another.
MOST_NAMED = 20

# Workshop tickets open their room a little before the talk, and do not cut off a speaker.
EARLY = timedelta(minutes=15)
GRACE = timedelta(minutes=15)


class Scope(NamedTuple):
    kind: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else self.kind


# What everybody has who comes in at all: the programme and the lobby. Who works here has it by itself,
# and no ticket or grant may name it.
PAGES = Scope("pages")


def parse_scope(text: str) -> Scope:
    """Raises ValueError with a sentence for people."""
    kind, colon, value = text.partition(":")
    if kind in ("conference", "replay") and not colon:
        return Scope(kind)
    if kind in ("room", "talk") and value:
        return Scope(kind, value)
    if kind == "day" and value:
        try:
            return Scope(kind, date.fromisoformat(value).isoformat())
        except ValueError:
            raise ValueError(f"“{value}” is not a day. Write day:2026-11-21.") from None
    raise ValueError(
        f"“{text}” is not a scope. Write conference, day:2026-11-21, room:SLUG, talk:CODE or replay."
    )


def split_scopes(text: str) -> list[str]:
    """Scopes with commas, semicolons or spaces between. As a list of JSON, with brackets and quotes,
    they mean the same.
    """
    return [scope for scope in re.split(r"[\s,;\[\]\"'“”]+", text) if scope]


def parse_scopes(texts: object) -> Iterator[Scope]:
    """Leaves out stored texts that are no scopes: what cannot be read opens nothing."""
    for text in texts if isinstance(texts, list) else ():
        try:
            yield parse_scope(text)
        except (ValueError, AttributeError):
            logger.warning("A stored scope is none, and opens nothing: %r", text)


class HeldScope(NamedTuple):
    """A scope that somebody has in [starts_at, ends_at), by a ticket, a grant or a role; None:
    no bound.
    """

    scope: Scope
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def held_scopes(
    texts: object, starts_at: datetime | None, ends_at: datetime | None
) -> list[HeldScope]:
    """Reads what a ticket or a grant has stored."""
    return [HeldScope(scope, starts_at, ends_at) for scope in parse_scopes(texts)]


def validate_scopes(scopes: object) -> None:
    """Checks that they can be read. Whether such things exist, KnownScopes says."""
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise ValidationError(
            _('Write a list of scopes, like ["conference"] or ["day:2026-11-21"].')
        )
    for scope in scopes:
        _typed_scope(scope)


def _typed_scope(text: str) -> Scope:
    """Raises ValidationError."""
    try:
        return parse_scope(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def whole_conference() -> list[str]:
    return ["conference"]


class KnownScopes:
    """The scopes that exist in a conference. Any other is a typing error: it would open nothing,
    and nobody would see why. Two queries at most, however many scopes are checked.
    """

    def __init__(self, conference: Conference) -> None:
        self.conference = conference

    @cached_property
    def _rooms(self) -> set[str]:
        return set(self.conference.rooms.values_list("slug", flat=True))

    @cached_property
    def _talks(self) -> set[str]:
        return set(self.conference.talks.values_list("code", flat=True))

    def check(self, texts: Iterable[str]) -> None:
        """Raises ValidationError."""
        for text in texts:
            scope = _typed_scope(text)
            if not self._has(scope):
                text = _("%(conference)s has no %(scope)s.")
                if there := self._of_kind(scope.kind):
                    text = _("%(conference)s has no %(scope)s. There are: %(there)s.")
                values = {"conference": self.conference, "scope": scope, "there": there}
                raise ValidationError(text % values)

    @cached_property
    def _days(self) -> set[str]:
        first, last = self.conference.starts_on, self.conference.ends_on
        count = (last - first).days + 1
        return {(first + timedelta(days=number)).isoformat() for number in range(count)}

    def _has(self, scope: Scope) -> bool:
        match scope.kind:
            case "room":
                return scope.value in self._rooms
            case "talk":
                return scope.value in self._talks
            case "day":
                return scope.value in self._days
        return True

    def _of_kind(self, kind: str) -> str:
        """Those that there are, as they are written. There are too many talks to name them."""
        match kind:
            case "day":
                there = self._days
            case "room":
                there = self._rooms
            case _:
                return ""
        named = [f"{kind}:{value}" for value in sorted(there)]
        return ", ".join(named[:MOST_NAMED] + ["…"] * (len(named) > MOST_NAMED))


class ScopeWindow(NamedTuple):
    """A scope that is open in [starts_at, ends_at); None: no bound. `room` is the slug of the room
    where a talk takes place, so that a workshop's ticket opens its room for that time.
    """

    scope: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    room: str = ""

    def covers(self, wanted: Scope | None) -> bool:
        """Whether the scope, whenever it is open, includes the wanted one; None wants any."""
        if wanted is None or self.scope == "conference":
            return True
        if self.scope == str(PAGES):
            return False
        held = parse_scope(self.scope)
        if held == wanted:
            return True
        # A day opens every room and talk while it lasts: its window is that day.
        if held.kind == "day":
            return wanted.kind in ("room", "talk")
        return held.kind == "talk" and wanted == Scope("room", self.room)

    def has_begun_at(self, at: datetime) -> bool:
        return self.starts_at is None or self.starts_at <= at

    def is_over_at(self, at: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at

    def within(self, starts_at: datetime | None, ends_at: datetime | None) -> Self | None:
        """The part of it that lies in [starts_at, ends_at). None: nothing does."""
        first = max(filter(None, [self.starts_at, starts_at]), default=None)
        last = min(filter(None, [self.ends_at, ends_at]), default=None)
        if first is not None and last is not None and last <= first:
            return None
        return self._replace(starts_at=first, ends_at=last)


# By their codes.
type TalkWindows = Mapping[str, ScopeWindow]


def talk_window(code: str, starts_at: datetime, ends_at: datetime, room: str | None) -> ScopeWindow:
    return ScopeWindow(f"talk:{code}", starts_at - EARLY, ends_at + GRACE, room or "")


def talk_codes(held: Iterable[HeldScope]) -> set[str]:
    return {each.scope.value for each in held if each.scope.kind == "talk"}


def talk_windows(conference: Conference, held: Iterable[HeldScope]) -> TalkWindows:
    """The windows of the talks that these scopes name. There is no query where they name none."""
    codes = talk_codes(held)
    if not codes:
        return {}
    talks = Talk.objects.filter(conference=conference, code__in=codes).order_by()
    rows = talks.values_list("code", "starts_at", "ends_at", "room__slug")
    return {row[0]: talk_window(*row) for row in rows}


def windows(
    held: Iterable[HeldScope], conference: Conference, talks: TalkWindows
) -> Iterator[ScopeWindow]:
    """When these scopes are open, as long as what gives them lasts. A talk that is not there never is."""
    for scope, starts_at, ends_at in held:
        window: ScopeWindow | None = ScopeWindow(str(scope))
        if scope.kind == "day":
            day = conference.day_window(date.fromisoformat(scope.value))
            window = ScopeWindow(str(scope), *day)
        elif scope.kind == "talk":
            window = talks.get(scope.value)
        if window is not None and (part := window.within(starts_at, ends_at)):
            yield part


# Where the rule (tickets/admission/rule.py) keeps an admission between two requests: by conference and
# person. It is here, below the rule, so that a row which changes an admission can drop it.
admission_key = f"admission:{settings.RELEASE}:{{}}:{{}}".format


def forget_admissions(whose: Iterable[tuple[int, int]]) -> None:
    """Drop what is kept, once the change that made it wrong is committed. `whose`: the keys of
    conference and person.
    """
    keys = [admission_key(*key) for key in whose]
    if keys:
        transaction.on_commit(lambda: delete_for_good(keys), robust=True)
