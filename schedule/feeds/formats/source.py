"""The bytes of a schedule file, opened as XML, JSON or text without trusting them."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast
from xml.etree import ElementTree  # noqa: S405 - only holds the tree
from xml.parsers import expat  # noqa: S407 - told to refuse document types

from lib.text import without_controls
from schedule.feeds.formats.problems import refuse

MAX_BYTES = 15 * 1024 * 1024  # the largest real file has 2.9 MB
MAX_DEPTH = 50  # real files have 9
MAX_ELEMENTS = 500_000  # 5,000 talks of 100 elements
MAX_LINES = 500_000  # of a text: 5,000 talks of 100 lines
MAX_ENTRIES = 10_000  # of one JSON list or object


class XmlNode(ElementTree.Element):
    line = 0

    def words(self) -> str:
        """The text in it. HTML written as elements is kept."""
        return (self.text or "") + "".join(
            ElementTree.tostring(inner, encoding="unicode", method="html") for inner in self
        )

    def words_of(self, name: str) -> str:
        """The text of a child; "" when there is none."""
        child = self.find(name)
        return child.words() if isinstance(child, XmlNode) else ""


class _TreeBuilder(ElementTree.TreeBuilder):
    """Notes the line of every element and refuses what no schedule has.

    Among that is every document type, and with it every entity: only there could one be declared,
    to read our files, to fetch an address or to grow without end.
    """

    def __init__(self) -> None:
        super().__init__(element_factory=XmlNode)
        self.depth = self.count = 0
        self.reader = expat.ParserCreate(namespace_separator="}")
        self.reader.buffer_text = True
        self.reader.StartDoctypeDeclHandler = self.document_type
        self.reader.StartElementHandler = self.start
        self.reader.EndElementHandler = self.end
        self.reader.CharacterDataHandler = self.data

    def read(self, data: bytes) -> XmlNode:
        self.reader.Parse(data, True)
        return cast(XmlNode, self.close())

    def document_type(self, name: str, *_more: object) -> None:
        place = f"line {self.reader.CurrentLineNumber}"
        if name.lower() == "html":
            raise refuse("unknown-format", place, "<!DOCTYPE html>")
        raise refuse("dtd", place)

    def start(self, tag: str, attrs: dict[str, str], /) -> XmlNode:
        self.depth += 1
        self.count += 1
        line = self.reader.CurrentLineNumber
        if self.depth > MAX_DEPTH:
            raise refuse("too-deep", f"line {line}")
        if self.count > MAX_ELEMENTS:
            raise refuse("too-many", f"line {line}")
        # expat writes {namespace}name without the first brace.
        attrs = {f"{{{name}" if "}" in name else name: value for name, value in attrs.items()}
        node = cast(XmlNode, super().start(tag.rpartition("}")[2], attrs))
        node.line = line
        return node

    def end(self, tag: str, /) -> ElementTree.Element:
        self.depth -= 1
        return super().end(tag.rpartition("}")[2])


@dataclass
class SourceFile:
    data: bytes

    @cached_property
    def kind(self) -> Literal["xml", "json", ""]:
        """Told by the first sign. "": neither."""
        if self.beginning.startswith("<"):
            return "xml"
        return "json" if self.beginning.startswith(("{", "[")) else ""

    @cached_property
    def beginning(self) -> str:
        """Enough to recognise a format by. Never refused: what cannot be decoded is replaced."""
        encoding = json.detect_encoding(self.data)
        return self.data[:4_000].decode(encoding, "replace").lstrip("\ufeff \t\r\n")

    @cached_property
    def text(self) -> str:
        """All of it, where it is neither XML nor JSON."""
        if self.data.count(b"\n") + self.data.count(b"\r") > 2 * MAX_LINES:
            raise refuse("too-many", read=f"> {MAX_LINES} lines")
        return _decode(self.data).removeprefix("\ufeff")

    @cached_property
    def xml(self) -> XmlNode:
        try:
            return _TreeBuilder().read(self.data)
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise refuse("not-well-formed", place, expat.ErrorString(error.code)) from None
        except (LookupError, ValueError) as error:
            raise refuse("bad-encoding", "line 1", str(error)) from None

    @property
    def json_object(self) -> dict[str, Any]:
        """Empty where the file is something else than one JSON object."""
        is_object = self.kind == "json" and isinstance(self.json, dict)
        return self.json if is_object else {}

    @cached_property
    def json(self) -> Any:
        try:
            value = json.loads(
                _decode(self.data), object_pairs_hook=_object, parse_constant=_constant
            )
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise refuse("not-well-formed", place, error.msg) from None
        except RecursionError:
            raise refuse("too-deep") from None
        except ValueError:  # a number of more than 4,300 digits
            raise refuse("not-json") from None
        _check(value)
        return value


def _decode(data: bytes) -> str:
    """UTF-8, UTF-16 or UTF-32, with a byte order mark or without."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refuse("bad-encoding", f"line {line}", error.reason) from None


@dataclass(frozen=True)
class _Refused:
    """Stands where Python's reader saw what no schedule has, until the place is known."""

    code: str
    read: str


def _object(pairs: list[tuple[str, object]]) -> object:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    counts = Counter(name for name, _value in pairs)
    return _Refused("repeated-name", counts.most_common(1)[0][0])


def _constant(name: str) -> _Refused:
    """NaN or Infinity."""
    return _Refused("not-json", name)


def _check(root: Any) -> None:
    """Refuses with a JSON pointer what the reader let through."""
    todo: list[tuple[Any, str, int]] = [(root, "", 1)]
    while todo:
        value, pointer, depth = todo.pop()
        if isinstance(value, _Refused):
            raise refuse(value.code, pointer, value.read)
        if depth > MAX_DEPTH:
            raise refuse("too-deep", pointer)
        if len(value) > MAX_ENTRIES:
            raise refuse("too-many", pointer, f"> {MAX_ENTRIES}")
        named = value.items() if isinstance(value, dict) else enumerate(value)
        todo += [
            (item, step(pointer, name), depth + 1)
            for name, item in named
            if isinstance(item, dict | list | _Refused)
        ]


def step(pointer: str, name: str | int) -> str:
    """One step further in a JSON pointer (RFC 6901)."""
    return f"{pointer}/{without_controls(str(name)).replace('~', '~0').replace('/', '~1')}"
