"""What makes two mentions the same thing: keys like "guid:…", compared from strong to weak; and the
people of a file by them, each once, however often and however differently they are mentioned.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from lib.text import one_line, same_name
from schedule.feeds.formats.programme import ProgrammeSpeaker
from schedule.feeds.formats.raw import RawPerson
from schedule.feeds.formats.values.words import TextReader, absolute_link, read_code

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


class PersonReader:
    def __init__(self, words: TextReader, base_url: str) -> None:
        self._words = words
        self._base_url = base_url
        self._index: KeyIndex[int] = KeyIndex()
        self._speakers: list[ProgrammeSpeaker] = []

    def all(self) -> tuple[ProgrammeSpeaker, ...]:
        return tuple(self._speakers)

    def of(self, persons: list[RawPerson]) -> tuple[str, ...]:
        """The keys of these people, each once."""
        keys = (self._key(person) for person in persons)
        return tuple(dict.fromkeys(key for key in keys if key))

    def _key(self, raw: RawPerson) -> str:
        name = self._words.line(raw.name, 200, raw.location)
        if not name:
            self._words.problems.add("no-name", raw.location, raw.guid or raw.code or raw.id)
            return ""
        code = read_code(raw.code, self._words.problems, raw.location)
        guid = read_guid(raw.guid.strip())
        keys = person_keys(guid=guid, code=code, id=raw.id.strip(), name=name)
        at = self._index.find(keys)
        if at is None:
            at = len(self._speakers)
            self._speakers.append(ProgrammeSpeaker(keys=keys, name=name, code=code))
        self._index.add(keys, at)
        self._complete(at, raw)
        return self._speakers[at].key

    def _complete(self, at: int, raw: RawPerson) -> None:
        """The first mention that has a biography or a picture gives it."""
        speaker = self._speakers[at]
        if raw.biography is not None and not speaker.biography:
            biography = self._words.html(raw.biography, raw.location)
            speaker = replace(speaker, biography=biography)
        if raw.avatar is not None and not speaker.avatar_url:
            avatar_url = absolute_link(raw.avatar, self._base_url)
            # What the database takes for an address of a picture.
            speaker = replace(speaker, avatar_url=avatar_url if len(avatar_url) <= 500 else "")
        self._speakers[at] = speaker
