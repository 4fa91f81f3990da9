"""deploy/nginx.conf in a real nginx, before an app that says what reached it."""

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import Message
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import tools.nginx
from tools.nginx import nginx
from tools.process import on_free_port, temporary_directory
from tools.stack import gunicorn

PROJECT = Path(__file__).resolve().parents[2]
BUSY, TOO_MANY = PROJECT / "static" / "busy.html", PROJECT / "static" / "too-many.html"
HASHED = "site.0123456789ab.css"


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes


class Site:
    """`app` is closed to stop the app."""

    def __init__(self, directory: Path, url: str, app: ExitStack) -> None:
        self.app = app
        self.log = directory / "access.log"
        self.port = int(url.rpartition(":")[2])

    def get(
        self,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        host: str = "localhost",
        method: str = "GET",
        body: bytes | None = None,
        address: str = "127.0.0.1",
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, source_address=(address, 0))
        sent = {"Host": f"{host}:{self.port}", "Accept-Encoding": "identity"} | (headers or {})
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return Answer(response.status, response.headers, body)

    def asked(
        self, path: str, headers: dict[str, str] | None = None, *, host: str = "localhost"
    ) -> dict[str, Any]:
        """What the app was asked."""
        asked: dict[str, Any] = json.loads(self.get(path, headers, host=host).body)
        return asked


@contextmanager
def nginx_site(*, trusted: str = "") -> Iterator[Site]:
    """`trusted`: the address that may say in X-Forwarded-For where a visitor comes from."""
    with ExitStack() as stack:
        directory = stack.enter_context(temporary_directory())
        (directory / "media").mkdir()
        (directory / "media" / "logo.svg").write_text("<svg/>")
        (directory / "static").mkdir()
        for name in ("site.css", HASHED, "talk.vtt", "stream.m3u8"):
            (directory / "static" / name).write_text("p { color: red }" * 100)
        (directory / "static" / f"{HASHED}.gz").write_bytes(gzip.compress(b"made before"))
        for page in (BUSY, TOO_MANY):
            shutil.copy(page, directory / "static")
        app = ExitStack()
        stack.enter_context(app)
        app.enter_context(gunicorn(directory, "tools.tests.echo:application", os.environ))
        if trusted:
            stack.enter_context(_trust(trusted))
        url, _ = on_free_port(stack, partial(nginx, directory, "desk/"))
        yield Site(directory, url, app)


def _trust(address: str) -> Any:
    written = tools.nginx._machine_files

    def files(*arguments: Any) -> dict[str, str]:
        lines = f"set_real_ip_from {address};\nreal_ip_header X-Forwarded-For;\n"
        names = written(*arguments)
        return names | {"http.conf": names["http.conf"] + lines}

    return mock.patch.object(tools.nginx, "_machine_files", files)
