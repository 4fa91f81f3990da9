"""Sends: each address first as it is meant, then with each of its parameters spoiled."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from django.contrib import admin
from django.db import transaction
from django.test import Client

from conftest import forget_everything_kept
from portal.logs import JsonFormatter
from portal.tests.hostile.reading import Fields, Spy, forms_of, lookups_of
from portal.tests.hostile.values import LONG_IN_BODY, LONG_IN_QUERY, Deck
from portal.tests.hostile.world import World, filled, parameters_of, paths_of
from portal.tests.test_access import Entry

FORM = "application/x-www-form-urlencoded"


class Fault(NamedTuple):
    who: str
    method: str
    path: str
    what: str
    said: str


class Failures(logging.Handler):
    """What the log would say of mistakes of ours: lines of errors, and tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = json.loads(self.format(record))
        if line["level"] in ("error", "critical") or "exception" in line:
            last = line.get("exception", "").rpartition("\n")[2]
            self.said.append(f"{line['logger']}: {line['message'][:200]} {last[:300]}")


@contextmanager
def listening() -> Iterator[Failures]:
    failures, root = Failures(), logging.getLogger()
    usual, root.handlers = root.handlers, [failures]
    try:
        yield failures
    finally:
        root.handlers = usual


class Walk:
    """Of one person. Whatever a request writes is rolled back."""

    def __init__(
        self, world: World, who: str, client: Client, spy: Spy, failures: Failures, deck: Deck
    ) -> None:
        self.world, self.who, self.client = world, who, client
        client.raise_request_exception = False
        self.spy, self.failures, self.deck = spy, failures, deck
        self.faults: list[Fault] = []
        self.sent = 0
        self.names: set[str] = set()
        self.forms: dict[str, Fields] = {}
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def send(self, method: str, path: str, what: str, **options: Any) -> Any:
        self.spy.forget()
        self.failures.said.clear()
        self.sent += 1
        with transaction.atomic():
            answer = self.client.generic(method, path, **options)
            transaction.set_rollback(True)
        self.client.cookies.clear()
        for name, value in self.cookies.items():
            self.client.cookies[name] = value
        method == "GET" or forget_everything_kept()
        if answer.status_code >= 500 or self.failures.said:
            said = "; ".join(self.failures.said) or str(answer.status_code)
            self.faults.append(Fault(self.who, method, path[:150], what, said))
        return answer

    def get(self, path: str, query: list[tuple[str, Any]], what: str) -> Any:
        return self.send("GET", path, what, QUERY_STRING=urlencode(query))

    def post(self, path: str, fields: list[tuple[str, Any]], what: str, query: str = "") -> Any:
        data = urlencode(fields).encode()
        return self.send("POST", path, what, data=data, content_type=FORM, QUERY_STRING=query)

    # --- One address -------------------------------------------------------------------------

    def learn(self, entry: Entry) -> None:
        """The forms of its pages, which lead to other addresses."""
        for values in paths_of(self.world, entry.name, entry.path):
            path = filled(entry.path, values)
            answer = self.get(path, [], "as it is")
            if answer.status_code == 200 and "html" in answer.headers.get("Content-Type", ""):
                for method, action, fields in forms_of(path, answer.text):
                    if method == "POST":
                        self.forms.setdefault(action, {}).update(fields)

    def visit(self, entry: Entry) -> None:
        for values in paths_of(self.world, entry.name, entry.path):
            path = filled(entry.path, values)
            if self._queries(entry, path) not in (301, 302, 401, 403, 404) or self._is_form(path):
                self._bodies(path)
        self._paths(entry)

    def _is_form(self, path: str) -> bool:
        return path in self.forms

    def _queries(self, entry: Entry, path: str) -> int:
        answer = self.get(path, [], "as it is")
        names = self.spy.names(answer.wsgi_request)["GET"] | _lookups(entry)
        self.names |= names
        is_inside = answer.status_code not in (301, 302, 401, 403, 404)
        everything = [(name, b"foo") for name in sorted(names)]
        more = self.spy.names(self.get(path, everything, "all foo").wsgi_request)["GET"] - names
        for name in sorted(names | more) if is_inside else ():
            for kind, value in self.deck.deal():
                self.get(path, [(name, value)], f"{name}={kind}")
            self.get(path, [(name, b"a"), (name, b"")], f"{name} twice")
            self.get(path, [(f"{name}[]", b"1")], f"{name}[]")
        self.get(path, [(name, LONG_IN_QUERY) for name in names or {"q"}], "long")
        return answer.status_code

    def _bodies(self, path: str) -> None:
        fields = {name: list(values) for name, values in self.forms.get(path, {}).items()}
        answer = self._post_spoiled(path, fields, None, None, "as it is")
        read = self.spy.names(answer.wsgi_request)
        for name in read["POST"] | read["FILES"]:
            fields.setdefault(name, [])
        self.names |= set(fields)
        filled_in = {name: values or ["1"] for name, values in fields.items()}
        answer = self._post_spoiled(path, filled_in, None, None, "filled in")
        for name in self.spy.names(answer.wsgi_request)["POST"]:
            filled_in.setdefault(name, ["1"])
        for name in sorted(filled_in):
            for kind, value in self.deck.deal():
                self._post_spoiled(path, filled_in, name, [value], f"{name}={kind}")
        if answer.status_code in (401, 403, 404):
            return
        longest = {name: [LONG_IN_BODY] for name in sorted(fields)[:2]}
        self._post_spoiled(path, longest, None, None, "long")
        self.bad_bodies(path)
        for name in sorted(read["FILES"]):
            self.files(path, filled_in, name)

    def _post_spoiled(
        self,
        path: str,
        fields: dict[str, list[Any]],
        name: str | None,
        values: list[Any] | None,
        what: str,
    ) -> Any:
        sent = {**fields, name: values} if name is not None and values is not None else fields
        pairs = [(key, value) for key, each in sent.items() for value in each]
        return self.post(path, pairs, what)

    def bad_bodies(self, path: str) -> None:
        for content_type, body in BAD_BODIES:
            self.send(
                "POST", path, f"{content_type} {body[:20]!r}", data=body, content_type=content_type
            )

    def files(self, path: str, fields: dict[str, list[Any]], name: str) -> None:
        for file_name in FILE_NAMES:
            for content in FILES:
                head = (
                    f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="'.encode()
                    + file_name
                    + b'"\r\nContent-Type: text/csv\r\n\r\n'
                )
                others = b"".join(
                    f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                    for key, values in fields.items()
                    for value in values
                    if key != name
                )
                self.send(
                    "POST", path, f"file {file_name[:20]!r} {content[:10]!r}",
                    data=others + head + content + b"\r\n--x--\r\n",
                    content_type="multipart/form-data; boundary=x",
                )  # fmt: skip

    def _paths(self, entry: Entry) -> None:
        """Spoiled themselves, by each method."""
        choices = paths_of(self.world, entry.name, entry.path)
        for parameter in parameters_of(entry.path):
            for kind, value in self.deck.deal():
                spoiled = filled(
                    entry.path, {**choices[0], parameter: quote(value, safe="")[:4000] or "-"}
                )
                self.send("GET", spoiled, f"{parameter}={kind}")
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"):
            self.send(
                method,
                filled(entry.path, choices[0]),
                "another method",
                data=b"a=1",
                content_type=FORM,
            )


def _lookups(entry: Entry) -> set[str]:
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        if entry.name == name:
            return lookups_of(model_admin)
    return (
        {"_popup", "_to_field", "_changelist_filters"} if entry.name.startswith("admin:") else set()
    )


BAD_BODIES = [
    ("application/json", b'{"a": 1}'),
    ("application/json", b"\xff"),
    ("text/plain; charset=utf-7", b"+2AA-"),
    ("multipart/form-data", b"a=1"),
    ("multipart/form-data; boundary=x", b""),
    ("multipart/form-data; boundary=x", b"--x\r\n"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a\0"\r\n\r\n\0\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x; charset=utf-7", b'--x\r\nContent-Disposition: form-data; name="next"\r\n\r\n+2AA-\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x; charset=rot13", b'--x\r\nContent-Disposition: form-data; name="next"\r\n\r\nx\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x; charset=idna", b'--x\r\nContent-Disposition: form-data; name="next"\r\n\r\n\xff\r\n--x--\r\n'),
    ("multipart/form-data; boundary=\xff", b"--x"),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a=1"),
    ("application/x-www-form-urlencoded; charset=hex", b"a=1"),
    ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(1100))),
    ("", b"a=1"),
    ("///", b"a=1"),
]  # fmt: skip
FILE_NAMES = [
    b"", b"a", b"a\0.csv", b"../../a.csv", b"/etc/passwd", b"C:\\a.xlsx", b"a" * 300 + b".csv",
    b"\xff\xfe.csv", ("\U0001f600" * 80 + ".xlsx").encode(), b".", b"..", b"a.xlsx", b"a.xml", b"a.json", b"a.ics", b"a.vtt", b"a.png",
]  # fmt: skip
FILES = [
    b"",
    b"\0",
    b"\xff\xfe\0",
    b"a,b\n1,\0\n",
    b"{",
    b"<a",
    b"PK\x03\x04",
    b'{"a": "\\ud800\\u0000"}',
]
