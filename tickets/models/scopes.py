"""The words for what an admission opens: conference, day:DATE, room:SLUG, talk:CODE, replay."""

import logging
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from schedule.models import Conference

logger = logging.getLogger(__name__)


class Scope(NamedTuple):
    kind: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else self.kind


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


def parse_scopes(texts: object) -> Iterator[Scope]:
    """Leaves out stored texts that are no scopes: what cannot be read opens nothing."""
    for text in texts if isinstance(texts, list) else ():
        try:
            yield parse_scope(text)
        except (ValueError, AttributeError):
            logger.warning("A stored scope is none, and opens nothing: %r", text)


class HeldScope(NamedTuple):
    """A scope that somebody has in [starts_at, ends_at), by a ticket or a grant; None: no bound."""

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
                raise ValidationError(
                    _("%(conference)s has no %(scope)s.")
                    % {"conference": self.conference, "scope": scope}
                )

    def _has(self, scope: Scope) -> bool:
        match scope.kind:
            case "room":
                return scope.value in self._rooms
            case "talk":
                return scope.value in self._talks
            case "day":
                day = date.fromisoformat(scope.value)
                return self.conference.starts_on <= day <= self.conference.ends_on
        return True
