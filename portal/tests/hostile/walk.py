"""Each address first as it is meant, then with each of its parameters spoiled."""

from collections.abc import Iterator
from itertools import batched
from urllib.parse import quote

from django.contrib import admin

from portal.tests.hostile.reading import Fields, forms_of, lookups_of
from portal.tests.hostile.sending import FORM, REFUSED, Pairs, Sender
from portal.tests.hostile.values import (
    BODIES,
    FILE_NAMES,
    FILES,
    LONG,
    METHODS,
    OTHERS,
    USUAL,
    Deck,
)
from portal.tests.hostile.world import QUERIES, World, filled, parameters_of, paths_of
from portal.tests.test_access import Entry

OUTSIDE = (301, 302, 401, 403, 404)
AT_ONCE = 4
OF_ADMIN = {"_popup", "_to_field", "_changelist_filters"}


class Walk:
    def __init__(self, world: World, sender: Sender) -> None:
        self.world, self.sender = world, sender
        # The names that were spoiled.
        self.names: set[str] = set()
        # The addresses that were closed to this person.
        self.closed: set[str] = set()
        self._forms: dict[str, Fields] = {}
        self._searches: dict[str, Fields] = {}
        self._values = Deck([*OTHERS.items()])
        self._all_values = Deck([*USUAL.items(), *OTHERS.items()])
        self._bodies = Deck(BODIES)
        self._methods = Deck(METHODS)
        self._file_names, self._files = Deck(FILE_NAMES), Deck(FILES)

    def learn(self, entry: Entry) -> None:
        """The forms of its pages, which lead to other addresses."""
        for values in paths_of(self.world, entry.name, entry.path):
            path = filled(entry.path, values)
            answer = self.sender.get(path, [], "as it is")
            if answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
                for method, action, fields in forms_of(path, answer.text):
                    kept = self._forms if method == "POST" else self._searches
                    kept.setdefault(action, {}).update(fields)

    def visit(self, entry: Entry) -> None:
        for values in paths_of(self.world, entry.name, entry.path):
            path = filled(entry.path, values)
            self._spoil_query(entry, path)
            self._spoil_form(entry, path)
        self._spoil_path(entry)

    def pass_by(self, entry: Entry) -> None:
        """In short, for each of the many people: all parameters at once, one value in turn."""
        values = paths_of(self.world, entry.name, entry.path)[0]
        path = filled(entry.path, values)
        answer = self.sender.get(path, [], "as it is")
        [(kind, value)] = self._all_values.deal(1)
        names = self._read("GET", answer) | {"next"}
        self.sender.get(path, [(name, value) for name in names], f"all {kind}")
        answer = self.sender.post(path, [("next", value)], f"next={kind}", [])
        if answer.status_code not in REFUSED:
            names |= self._read("POST", answer)
            self.sender.post(path, [(name, value) for name in names], f"all {kind}", [])
        self.names |= names

    def _deal(self, entry: Entry) -> Pairs:
        """The admin's own pages are many, and read all their parameters alike."""
        if entry.name.startswith("admin:"):
            return self._all_values.deal(1)
        return [*USUAL.items(), *self._values.deal(2)]

    def _spoiled(self, entry: Entry, names: list[str]) -> Iterator[dict[str, tuple[str, bytes]]]:
        """What is wrong in each sending of a form, by name. A form of the admin looks at all of
        its fields, whatever is wrong with one, so there are a few at once.
        """
        if entry.name.startswith("admin:"):
            for some in batched(names, AT_ONCE, strict=False):
                yield dict(zip(some, self._all_values.deal(len(some)), strict=True))
            return
        for name in names:
            for value in self._deal(entry):
                yield {name: value}

    def _spoil_query(self, entry: Entry, path: str) -> None:
        send, asked = self.sender.get, QUERIES.get(entry.name, {})
        usual = self._searches.get(path, {}) | {name: [value] for name, value in asked.items()}
        answer = send(path, [*asked.items()], "as it is")
        if answer.status_code in (401, 403):
            self.closed.add(entry.name)
        names = self._read("GET", answer) | set(usual) | _of_admin(entry)
        for kind, value in self._all_values.deal(1):
            query = [*((name, value) for name in names), *asked.items()]
            names |= self._read("GET", send(path, query, f"all {kind}"))
        self.names |= names
        if answer.status_code in OUTSIDE:
            return
        for name in sorted(names):
            others = [(key, each[0]) for key, each in usual.items() if each and key != name]
            for kind, value in self._deal(entry):
                send(path, [*others, (name, value)], f"{name}={kind}")
        send(path, [(name, b"a") for name in [*names, *names]], "all twice")
        send(path, [(f"{name}[]", b"1") for name in names], "all with []")
        send(path, [(name, LONG) for name in names or {"q"}], "long")

    def _spoil_form(self, entry: Entry, path: str) -> None:
        fields = {name: [*values] for name, values in self._forms.get(path, {}).items()}
        query = [*QUERIES.get(entry.name, {}).items()]
        answer = self.sender.post(path, _pairs(fields), "as it is", query)
        files = self._read("FILES", answer)
        for name in self._read("POST", answer):
            fields.setdefault(name, [])
        fields = {name: values or ["1"] for name, values in fields.items()}
        for kind, value in self._all_values.deal(1):
            spoiled = [(name, value) for name in fields]
            answer = self.sender.post(path, spoiled, f"all {kind}", query)
            for name in self._read("POST", answer):
                fields.setdefault(name, ["1"])
        self.names |= set(fields)
        if answer.status_code in (401, 403, 404, 405):
            return
        # The admin's pages of a new row have the form of those of an old one.
        names = [] if entry.name.endswith("_add") else sorted(fields)
        for spoiled in self._spoiled(entry, names):
            what = ", ".join(f"{name}={kind}" for name, (kind, _value) in spoiled.items())
            values = {name: [value] for name, (_kind, value) in spoiled.items()}
            self.sender.post(path, _pairs(fields | values), what, query)
        longest = {name: [LONG] for name in sorted(fields)[:2]}
        self.sender.post(path, _pairs(fields | longest), "long", query)
        for content_type, body in self._bodies.deal(4):
            what = f"{content_type} {body[:20]!r}"
            self.sender.send("POST", path, what, data=body, content_type=content_type)
        for name in sorted(files):
            self._spoil_file(path, _pairs(fields), name)

    def _spoil_file(self, path: str, fields: Pairs, name: str) -> None:
        others = [(key, value) for key, value in fields if key != name]
        for file_name in FILE_NAMES:
            [content] = self._files.deal(1)
            self.sender.upload(path, others, name, file_name, content)
        for content in FILES:
            [file_name] = self._file_names.deal(1)
            self.sender.upload(path, others, name, file_name, content)

    def _spoil_path(self, entry: Entry) -> None:
        values = paths_of(self.world, entry.name, entry.path)[0]
        for parameter in parameters_of(entry.path):
            for kind, value in self._deal(entry):
                spoiled = quote(value[:4_000], safe="") or "-"
                path = filled(entry.path, {**values, parameter: spoiled})
                self.sender.send("GET", path, f"{parameter}={kind}")
        for method in self._methods.deal(2):
            path = filled(entry.path, values)
            self.sender.send(method, path, method, data=b"a=1", content_type=FORM)

    def _read(self, kind: str, answer: object) -> set[str]:
        request = getattr(answer, "wsgi_request")  # noqa: B009 - the test client sets it
        return self.sender.spy.names(request)[kind]


def _pairs(fields: Fields) -> Pairs:
    return [(name, value) for name, values in fields.items() for value in values]


def _of_admin(entry: Entry) -> set[str]:
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        if entry.name == name:
            return lookups_of(model_admin)
    return OF_ADMIN if entry.name.startswith("admin:") else set()
