import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tools.security.audit import PROJECT, main, packages


@contextmanager
def serving(answer):
    """A service that gives this answer, made of what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = answer(asked["queries"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def folder(tmp_path):
    lines = "# made\ndjango==1.0 ; marker \\\n    --hash=sha256:0\na-b.c==2.0rc1 \\\n"
    (tmp_path / "requirements.lock").write_text(lines)
    (tmp_path / "requirements-dev.lock").write_text("pytest==9.0 \\\n")
    (tmp_path / "static" / "vendor").mkdir(parents=True)
    (tmp_path / "static" / "vendor" / "hls-1.7.4.worker.mjs").touch()
    (tmp_path / "static" / "vendor" / "README.md").touch()
    return tmp_path


def test_every_locked_package_is_asked_for(folder):
    assert packages(folder) == [
        ("PyPI", "a-b.c", "2.0rc1"),
        ("PyPI", "django", "1.0"),
        ("PyPI", "pytest", "9.0"),
        ("npm", "hls.js", "1.7.4"),
    ]
    ours = {(ecosystem, name) for ecosystem, name, _version in packages(PROJECT)}
    assert {("PyPI", "django"), ("PyPI", "pytest"), ("npm", "hls.js")} <= ours


@pytest.mark.slow
def test_a_known_hole_fails(folder, capsys):
    def answer(queries):
        old = {"package": {"ecosystem": "PyPI", "name": "django"}, "version": "1.0"}
        holes = [{"vulns": [{"id": "CVE-1"}]} if query == old else {} for query in queries]
        return json.dumps({"results": holes}).encode()

    with serving(answer) as service:
        assert main(folder, service) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["django 1.0: CVE-1, https://osv.dev/CVE-1", "4 packages, known holes: 1."]


@pytest.mark.slow
@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"results": []}'])
def test_a_service_without_an_answer_is_said_and_no_failure(folder, capsys, body):
    with serving(lambda _queries: body) as service:
        assert main(folder, service) == 0
    assert main(folder, "http://127.0.0.1:1/") == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert all(line.startswith("Dependencies were not audited: ") for line in said)
