"""The words for what an admission opens: conference, day:DATE, room:SLUG, talk:CODE, replay."""

import logging
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

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


def parse_scopes(texts: Any) -> Iterator[Scope]:
    """Those of the stored texts that are scopes. What cannot be read opens nothing."""
    for text in texts if isinstance(texts, list) else ():
        try:
            yield parse_scope(text)
        except (ValueError, AttributeError):
            logger.warning("A stored scope is none, and opens nothing: %r", text)
