import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db import transaction
from django.test import Client

from conftest import forget_everything_kept
from portal.observing.logs import JsonFormatter
from portal.tests.hostile.reading import Spy

FORM = "application/x-www-form-urlencoded"
# deploy/nginx.conf; gunicorn takes half of it.
LONGEST_IN_QUERY = 8_000
REFUSED = (400, 401, 403, 404, 405)
type Pairs = list[tuple[str, Any]]


class Fault(NamedTuple):
    who: str
    method: str
    path: str
    what: str
    said: str


class Log(logging.Handler):
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
def listening() -> Iterator[Log]:
    """Nothing else hears of it, for it would print thousands of lines."""
    log, root = Log(), logging.getLogger()
    usual, root.handlers = root.handlers, [log]
    try:
        yield log
    finally:
        root.handlers = usual


class Sender:
    """Of one person. Whatever a request writes, also to cookies and caches, is undone."""

    def __init__(self, who: str, client: Client, spy: Spy, log: Log) -> None:
        self.who, self.client, self.spy, self.log = who, client, spy, log
        self.client.raise_request_exception = False
        self.faults: list[Fault] = []
        self._cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def send(self, method: str, path: str, what: str, **options: Any) -> Any:
        self.spy.forget()
        self.log.said.clear()
        with transaction.atomic():
            answer = self.client.generic(method, path, **options)
            transaction.set_rollback(True)
        self._undo(may_have_written=method == "POST" and answer.status_code not in REFUSED)
        if answer.status_code >= 500 or self.log.said:
            said = "; ".join(self.log.said) or str(answer.status_code)
            self.faults.append(Fault(self.who, method, path[:150], what, said))
        return answer

    def _undo(self, *, may_have_written: bool) -> None:
        self.client.cookies.clear()
        for name, value in self._cookies.items():
            self.client.cookies[name] = value
        if may_have_written:
            forget_everything_kept()

    def get(self, path: str, query: Pairs, what: str) -> Any:
        """No server passes on longer queries."""
        asked = urlencode([(name, value[:LONGEST_IN_QUERY]) for name, value in query])
        return self.send("GET", path, what, QUERY_STRING=asked)

    def post(self, path: str, fields: Pairs, what: str, query: Pairs) -> Any:
        data, asked = urlencode(fields).encode(), urlencode(query)
        return self.send("POST", path, what, data=data, content_type=FORM, QUERY_STRING=asked)

    def upload(self, path: str, fields: Pairs, name: str, file_name: bytes, content: bytes) -> Any:
        head = b'--x\r\nContent-Disposition: form-data; name="%s"'
        parts = [head % key.encode() + f"\r\n\r\n{value}\r\n".encode() for key, value in fields]
        file = head % name.encode() + b'; filename="%s"\r\n\r\n%s\r\n' % (file_name, content)
        return self.send(
            "POST",
            path,
            f"{name} is {content[:10]!r} named {file_name[:20]!r}",
            data=b"".join([*parts, file, b"--x--\r\n"]),
            content_type="multipart/form-data; boundary=x",
        )
