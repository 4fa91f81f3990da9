"""An OpenID Connect provider that speaks real HTTP on this machine and says what it is told."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


class FakeProvider(ThreadingHTTPServer):
    """`claims` are what it says of whoever comes next; None: they push "cancel"."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.claims: dict[str, Any] | None = {}
        self.codes: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: FakeProvider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            pages = ("authorization", "token", "userinfo")
            self._say({f"{page}_endpoint": f"{self.server.url}/{page}" for page in pages})
        elif parts.path == "/authorization":
            self._send_back({name: values[0] for name, values in parse_qs(parts.query).items()})
        elif parts.path == "/userinfo":
            self._say(self.server.codes[self.headers["Authorization"].partition(" ")[2]])

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked = parse_qs(self.rfile.read(length).decode())
        code = asked["code"][0]
        known = code in self.server.codes and asked["client_secret"] == ["the secret"]
        self._say({"access_token": code, "token_type": "bearer"} if known else {"error": "invalid"})

    def _send_back(self, asked: dict[str, str]) -> None:
        answer = {"state": asked["state"]}
        if self.server.claims is None:
            answer["error"] = "access_denied"
        else:
            answer["code"] = f"code-{len(self.server.codes)}"
            self.server.codes[answer["code"]] = self.server.claims
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.end_headers()

    def _say(self, content: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        thread = threading.Thread(target=provider.serve_forever, args=[0.05])
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()
