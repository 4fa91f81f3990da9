"""The lines of Procfile, as a host without nginx runs them."""

import contextlib
import os
import re
import secrets
import socket
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.core.management import get_commands

from tools.process import answers, run, running, temporary_directory
from tools.stack import PROJECT

pytestmark = [pytest.mark.services, pytest.mark.slow]

LINES = dict(re.findall(r"^(\w+): (.+)$", (PROJECT / "Procfile").read_text(), re.MULTILINE))


def test_its_commands_are_there():
    assert LINES.keys() == {"release", "web", "worker"}
    assert set(re.findall(r"manage\.py (\w+)", " ".join(LINES.values()))) <= get_commands().keys()


def test_the_app_serves_its_static_files_by_itself():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with temporary_directory() as home:
        env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ENV_FILE": "",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": "live.example.org",
            "TRUSTED_PROXIES": "1",
            "EMAIL_URL": "memorymail://",
            "DEFAULT_FROM_EMAIL": "live@example.org",
            "DATABASE_URL": f"sqlite:///{home}/site.sqlite3",
            "STATIC_ROOT": f"{home}/static",
            "GUNICORN_BIND": f"127.0.0.1:{port}",
            "PORT": str(port),
        }
        run(["sh", "-c", LINES["release"]], cwd=PROJECT, env=env)
        web = ["sh", "-c", LINES["web"]]
        there = ("127.0.0.1", port)
        with (
            running(web, home / "web.log", lambda _: answers(there), cwd=PROJECT, env=env),
            contextlib.closing(HTTPConnection(*there, timeout=30)) as visitor,
        ):
            headers = {"Host": "live.example.org", "X-Forwarded-Proto": "https"}
            visitor.request("GET", "/no-such-page/", headers=headers)
            page = visitor.getresponse().read().decode()
            style = re.search(r'"(/static/css/[\w-]+\.[0-9a-f]{12}\.css)"', page)[1]
            visitor.request("GET", style, headers={**headers, "Accept-Encoding": "gzip"})
            answer = visitor.getresponse()
            answer.read()
            assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
            assert "immutable" in answer.headers["Cache-Control"]
