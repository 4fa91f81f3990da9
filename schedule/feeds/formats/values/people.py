"""The people of a file, each once, however often and however differently they are mentioned."""

from dataclasses import replace

from schedule.feeds.formats.programme import ProgrammeSpeaker
from schedule.feeds.formats.raw import RawPerson
from schedule.feeds.formats.values import identity
from schedule.feeds.formats.values.words import TextReader, absolute_link, read_code


class PersonReader:
    def __init__(self, words: TextReader, base_url: str) -> None:
        self._words = words
        self._base_url = base_url
        self._index: identity.KeyIndex[int] = identity.KeyIndex()
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
        guid = identity.read_guid(raw.guid.strip())
        keys = identity.person_keys(guid=guid, code=code, id=raw.id.strip(), name=name)
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
