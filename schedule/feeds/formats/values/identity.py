"""What makes two mentions the same thing: keys like "guid:…", compared from strong to weak."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from lib.text import one_line, same_name

_MAX_KEY_CHARS = 300  # what a feed item can hold


def key(kind: str, value: str) -> str:
    """A key that fits into the database; very long ones by their digest."""
    whole = f"{kind}:{one_line(value)}"
    if len(whole) <= _MAX_KEY_CHARS:
        return whole
    return f"{kind}:{hashlib.sha256(whole.encode()).hexdigest()}"


def keys_by_kind(keys: Iterable[str]) -> dict[str, str]:
    """The values of the keys, without their kinds."""
    return {kind: value for kind, _colon, value in (key.partition(":") for key in keys)}


def read_guid(text: str) -> str:
    """UUIDs in one spelling; anything else as it is."""
    try:
        return str(UUID(text))
    except ValueError:
        return text


def is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def person_keys(*, guid: str, code: str, id: str, name: str) -> tuple[str, ...]:
    found = [
        ("guid", guid),
        ("code", code),
        ("id", "" if id == "0" else id),
        ("name", same_name(name)),
    ]
    return tuple(key(kind, value) for kind, value in found if value)


class KeyIndex[T]:
    """Finds things by their keys.

    A weaker key only counts when no stronger one speaks against it: two people of one name with
    different guids are two people.
    """

    def __init__(self) -> None:
        self._things: dict[str, T] = {}
        self._kinds: dict[str, dict[str, str]] = {}  # key → all keys of the thing, by kind

    def add(self, keys: Iterable[str], thing: T) -> None:
        """What an earlier thing is known by stays its own; one thing may be added again."""
        kinds = {key.partition(":")[0]: key for key in keys}
        known = next(
            (self._kinds[key] for key in kinds.values() if self._things.get(key) == thing), {}
        )
        for kind, value in kinds.items():
            if value not in self._things:
                self._things[value] = thing
                self._kinds[value] = known
            known.setdefault(kind, value)

    def find(self, keys: Iterable[str]) -> T | None:
        stronger: list[str] = []
        for wanted in keys:
            kinds = self._kinds.get(wanted, {})
            if wanted in self._things and all(
                kinds.get(other.partition(":")[0], other) == other for other in stronger
            ):
                return self._things[wanted]
            stronger.append(wanted)
        return None
