"""Values out of a JSON document by their pointers (RFC 6901), noting what is not of the expected type."""

from typing import Any

from schedule.feeds.formats.problems import Problems
from schedule.feeds.formats.raw import RawPerson
from schedule.feeds.formats.source import step
from schedule.feeds.formats.values.words import says_yes

type JsonObject = dict[str, object]
# The words of a programme (see RawEvent) → the members of the JSON object that hold them.
type Names = dict[str, str]
# What a file may tell of a person, or not.
ABOUT = ("biography", "avatar")


class JsonReader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def word(self, parent: JsonObject, name: str, place: str) -> str:
        """Text of a member: numbers are spelled, of {"de": …, "en": …} English or the first is taken."""
        value = _in_one_language(parent.get(name))
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None:
            self.problems.add("wrong-type", step(place, name), str(value))
        return ""

    def words(self, parent: JsonObject, place: str, names: Names) -> dict[str, str]:
        return {word: self.word(parent, name, place) for word, name in names.items()}

    def text(self, parent: JsonObject, name: str, place: str) -> str | None:
        """None: the document does not tell, which is not the same as telling that there is none."""
        return self.word(parent, name, place) if name in parent else None

    def flag(self, parent: JsonObject, name: str) -> bool:
        """Whether the document says so, in whichever spelling: true, "true", 1."""
        return says_yes(str(parent.get(name) or ""))

    def person(self, value: JsonObject, place: str, names: Names) -> RawPerson:
        """`names`: the fields of a RawPerson → the members that hold them."""
        words = {field: name for field, name in names.items() if field not in ABOUT}
        person = RawPerson(place, **self.words(value, place, words))
        for field in ABOUT:
            setattr(person, field, self.text(value, names.get(field, ""), place))
        return person

    def reference[T](
        self, known: dict[str, T], parent: JsonObject, name: str, place: str
    ) -> T | None:
        """What a member names by its id."""
        id = self.word(parent, name, place)
        if id and id not in known:
            self.problems.add("unknown-reference", step(place, name), id)
        return known.get(id)

    def mapping(self, value: Any, place: str) -> JsonObject:
        return value if self._is(dict, value, place) else {}

    def items(self, value: Any, place: str) -> list[tuple[object, str]]:
        """The members of a list, each with its place."""
        values = value if self._is(list, value, place) else []
        return [(item, step(place, at)) for at, item in enumerate(values)]

    def strings(self, value: object, place: str) -> list[tuple[str, str]]:
        found = []
        for item, at in self.items(value, place):
            if isinstance(item, str):
                found.append((item, at))
            else:
                self.problems.add("wrong-type", at, str(item))
        return found

    def objects(self, value: object, place: str) -> list[tuple[JsonObject, str]]:
        return [(self.mapping(item, at), at) for item, at in self.items(value, place)]

    def _is(self, kind: type, value: object, place: str) -> bool:
        """What is not there, or null, is no mistake."""
        if value is not None and not isinstance(value, kind):
            self.problems.add("wrong-type", place, str(value))
        return isinstance(value, kind)


def places(place: str, names: Names) -> dict[str, str]:
    return {word: step(place, name) for word, name in names.items()}


def _in_one_language(value: object) -> object:
    while isinstance(value, dict):
        texts = [text for text in value.values() if isinstance(text, str) and text]
        value = value.get("en") or value.get("name") or next(iter(texts), None)
    return value
