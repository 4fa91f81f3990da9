"""When scopes are open: said here alone, for admissions, for claims and for the help desk."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self

from schedule.models import Conference, Talk
from tickets.models.scopes import HeldScope, Scope, parse_scope

# Workshop tickets open their room a little before the talk, and do not cut off a speaker.
EARLY = timedelta(minutes=15)
GRACE = timedelta(minutes=15)


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
        first = max((at for at in (self.starts_at, starts_at) if at), default=None)
        last = min((at for at in (self.ends_at, ends_at) if at), default=None)
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


def window_of(scope: Scope, conference: Conference, talks: TalkWindows) -> ScopeWindow | None:
    """When the scope is open. None: never, because there is no such talk."""
    match scope.kind:
        case "day":
            day = conference.day_window(date.fromisoformat(scope.value))
            return ScopeWindow(str(scope), *day)
        case "talk":
            return talks.get(scope.value)
    return ScopeWindow(str(scope))


def windows(
    held: Iterable[HeldScope], conference: Conference, talks: TalkWindows
) -> Iterator[ScopeWindow]:
    """When these scopes are open, as long as what gives them lasts."""
    for scope, starts_at, ends_at in held:
        window = window_of(scope, conference, talks)
        if window is not None and (part := window.within(starts_at, ends_at)):
            yield part
