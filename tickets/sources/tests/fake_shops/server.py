"""What the fake shops share: the server, the faults that are asked of it, a sender of webhooks."""

import argparse
import contextlib
import http.client
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Query = dict[str, list[str]]


@dataclass(frozen=True)
class Answer:
    """`wait` is set by the test when the answer may go out; `cut_at`: only so many bytes do."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    cut_at: int | None = None


def as_json(document: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(document).encode(), headers)


def too_many(retry_after: object = 1) -> Answer:
    return as_json({"detail": "Too many requests"}, 429, **{"Retry-After": str(retry_after)})


def too_busy() -> Answer:
    text = "The server was too busy to process your request. Please try again."
    return as_json({"detail": text}, 409, **{"Retry-After": "5"})


def web_page(status: int = 200) -> Answer:
    return Answer(
        status, b"<!doctype html><title>Sorry</title>", {"Content-Type": "text/html; charset=utf-8"}
    )


def broken() -> Answer:
    return web_page(500)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Query
    headers: dict[str, str]


class FakeShop:
    """Use it as a context manager. Each of `once` answers one request in place of the shop, None
    leaves it to the shop; `always` answers all that follow. `asked` are the requests.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.once: deque[Answer | None] = deque()
        self.always: Answer | None = None
        self.lock = threading.RLock()
        self._last = datetime(2000, 1, 1, tzinfo=UTC)
        self._server: ThreadingHTTPServer | None = None

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def now(self) -> datetime:
        """Later each time, so that of two changes one is always the later."""
        with self.lock:
            self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
            return self._last

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self, port: int = 0) -> Self:
        self._server = _Server(("127.0.0.1", port), _handler_of(self))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Also one that has stopped already."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def respond(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.once and (fault := self.once.popleft()) is not None:
            return fault
        if self.always is not None:
            return self.always
        with self.lock:
            return self.answer(asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_arguments: object) -> None:
        """Clients that go away, or are killed, are what is tested."""


def _handler_of(shop: FakeShop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query, keep_blank_values=True)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = shop.respond(Asked(self.command, parts.path, query, headers))
            if answer.wait is not None:
                answer.wait.wait(60)
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut_at])
            self.close_connection = answer.cut_at is not None

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status; 0 when nobody answers. A shop does not follow redirects."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    with contextlib.closing(connection):
        try:
            connection.request("POST", parts.path, body, headers)
            return connection.getresponse().status
        except OSError:
            return 0


def deliver(send: Callable[[], int], waits: Iterable[float], sleep: Callable[[float], None]) -> int:
    """Again after each of the waits until the answer is 2xx, or 410 for "never again"."""
    status = send()
    for seconds in waits:
        if 200 <= status < 300 or status == 410:
            break
        sleep(seconds)
        status = send()
    return status


def run(make: Callable[[int], FakeShop]) -> None:
    """As a process of its own: prints its port, and serves until it is stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tickets", type=int, default=100)
    options = parser.parse_args()
    shop = make(options.tickets).start(options.port)
    print(urlsplit(shop.url).port, flush=True)  # noqa: T201
    threading.Event().wait()
