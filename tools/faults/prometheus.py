"""A real Prometheus that scrapes gunicorn's unix socket once a second, for tests."""

import contextlib
import json
import shutil
import socket
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.process import on_free_port, running

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: front-row
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def scrape(address: Path, host: str = "127.0.0.1") -> bytes:
    """What the socket at `address` answers for /metrics, its head included."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(address))
        link.sendall(f"GET /metrics HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return b"".join(iter(partial(link.recv, 65536), b""))


def ask(url: str, expression: str) -> list[dict[str, Any]]:
    """The samples of an expression at this moment. What Prometheus cannot read is an HTTPError."""
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{url}/api/v1/query?{query}") as answer:  # noqa: S310 - ours
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return result


@contextlib.contextmanager
def prometheus(folder: Path, address: Path, rules: str = "") -> Iterator[str]:
    """Yields where it answers. `rules` are those of alerts, as YAML. What it keeps and says lies in `folder`; it is Debian's."""
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        door = stack.enter_context(_door(address))
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(port=door))
        (folder / "rules.yml").write_text(rules)
        yield on_free_port(stack, partial(_serving, folder, config))


@contextlib.contextmanager
def _serving(folder: Path, config: Path, port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    binary = shutil.which("prometheus") or "prometheus"
    command = [binary, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}"]

    def is_ready(_server: object) -> bool:
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(f"{url}/-/ready").status == 200)  # noqa: S310 - ours
        return False

    with running(command, folder / "prometheus.log", is_ready):
        yield url


@contextlib.contextmanager
def _door(address: Path) -> Iterator[int]:
    """A port that leads to the socket, as Prometheus asks no unix sockets."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Without an answer Prometheus sees that nobody is there.
            with contextlib.suppress(OSError):
                self.wfile.write(scrape(address))

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
