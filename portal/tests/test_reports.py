"""What a program of ours sends to SENTRY_DSN, as a small server gets it."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PROGRAM = """
import logging, django
django.setup()
from django.core.exceptions import BadRequest
def fails(ticket, error):
    raise error
for error in (BadRequest("of a visitor"), ValueError("ada@example.org at /t/SECRETLINK/ ?q=private")):
    try:
        fails("planted" + "-variable", error)
    except Exception:
        logging.getLogger("portal").exception("It failed for %s", "ada@example.org")
"""


@pytest.fixture
def receiver():
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            data = self.rfile.read(int(self.headers["Content-Length"]))
            is_packed = self.headers.get("Content-Encoding") == "gzip"
            got.append(gzip.decompress(data) if is_packed else data)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, got
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_mistake_is_reported_without_people(receiver):
    port, got = receiver
    env = {"SENTRY_DSN": f"http://key@127.0.0.1:{port}/1", "RELEASE": "abc123", "HAS_WORKER": "off"}
    settings = {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    subprocess.run([sys.executable, "-c", PROGRAM], env=os.environ | settings | env, check=True)
    (envelope,) = got
    words = envelope.decode()
    event = json.loads(words.splitlines()[2])
    assert event["release"] == "abc123"
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["fingerprint"]
    for secret in ("ada@", "SECRETLINK", "private", "planted-variable", os.uname().nodename):
        assert secret not in words
