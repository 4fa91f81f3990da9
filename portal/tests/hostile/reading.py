"""Which parameters there are: those that a view asks for while it runs, and the fields of its forms."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

type Fields = dict[str, list[Any]]

_ASKING = ("__getitem__", "__contains__", "get", "getlist", "pop", "setdefault")
# Django's own, of any list of the admin.
OF_LISTS = {"q", "p", "o", "all", "e", "_facets", "_popup", "_to_field", "_changelist_filters"}
_LOOKUPS = ("", "__exact", "__gte", "__lt", "__in", "__isnull", "__contains", "__year", "__date")


class Spy:
    """The names that were asked of each dictionary of a request."""

    def __init__(self) -> None:
        self._asked: list[tuple[object, str]] = []

    def note(self, asked: object, name: object) -> None:
        if isinstance(name, str):
            self._asked.append((asked, name))

    def forget(self) -> None:
        self._asked.clear()

    def names(self, request: HttpRequest) -> dict[str, set[str]]:
        """By "GET", "POST" and "FILES". A request that nobody read has none."""
        read = {kind: getattr(request, kind) for kind in ("GET", "POST", "FILES")}
        found: dict[str, set[str]] = {kind: set() for kind in read}
        for asked, name in self._asked:
            for kind, data in read.items():
                if asked is data:
                    found[kind].add(name)
        return found


@contextmanager
def spying(monkeypatch: Any) -> Iterator[Spy]:
    spy = Spy()
    with monkeypatch.context() as patch:
        for name in _ASKING:
            original = getattr(MultiValueDict, name)

            def asked(self: Any, key: Any, *rest: Any, _original: Any = original, **kw: Any) -> Any:
                spy.note(self, key)
                return _original(self, key, *rest, **kw)

            patch.setattr(MultiValueDict, name, asked)
        for name in ("pop", "setdefault"):
            patch.setattr(QueryDict, name, getattr(QueryDict, name))
        yield spy


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[tuple[str, str, Fields]] = []
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.url, given.get("action", "") or self.url)
            self.forms.append((given.get("method", "get").upper(), action, {}))
        if not self.forms:
            return
        fields, name = self.forms[-1][2], given.get("name", "")
        if tag in ("input", "button") and name:
            unchecked = given.get("type") in ("checkbox", "radio") and "checked" not in given
            values = fields.setdefault(name, [])
            if not (unchecked and values) and tag == "input":
                values.append(given.get("value", "1" if unchecked else ""))
        elif tag == "textarea" and name:
            fields[name] = [""]
            self._area = name
        elif tag == "select" and name:
            fields[name] = []
            self._select = name
        elif (
            tag == "option"
            and self._select
            and ("selected" in given or not fields.get(self._select))
        ):
            fields[self._select] = [given.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area and self.forms:
            self.forms[-1][2][self._area] = [data.removeprefix("\n")]


def forms_of(url: str, page: str) -> list[tuple[str, str, Fields]]:
    """Method, path and fields of each form, as a browser would send them untouched."""
    parser = _Forms(url)
    parser.feed(page)
    return [(method, urlsplit(action).path, fields) for method, action, fields in parser.forms]


def lookups_of(model_admin: ModelAdmin[Any]) -> set[str]:
    """What the addresses of a list may filter by."""
    fields = [each[0] if isinstance(each, tuple) else each for each in model_admin.list_filter]
    fields += [model_admin.date_hierarchy] if model_admin.date_hierarchy else []
    names = {str(each) for each in fields if isinstance(each, str)}
    own = {each.parameter_name for each in fields if hasattr(each, "parameter_name")}
    hierarchy = {
        f"{model_admin.date_hierarchy}__{part}"
        for part in ("year", "month", "day")
        if model_admin.date_hierarchy
    }
    return OF_LISTS | own | hierarchy | {name + lookup for name in names for lookup in _LOOKUPS}
