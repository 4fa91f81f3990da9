"""What nginx answers by itself is as careful as the app, and its log of errors names nobody."""

import shutil
import socket

import pytest

from tools.nginx import SEARCH_PATH
from tools.tests.test_nginx import site  # noqa: F401 - a fixture, with an app of its own here

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx", path=SEARCH_PATH), reason="nginx is not installed"
)
# What the app says as well (portal/tests/test_security_headers.py).
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def assert_careful(headers):
    for name, value in HEADERS.items():
        assert headers.get_all(name) == [value], name
    [policy] = headers.get_all("Content-Security-Policy")
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe" not in policy
    [permissions] = headers.get_all("Permissions-Policy")
    assert "camera=(), " in permissions
    assert headers["Strict-Transport-Security"] is None, "there is no TLS here"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/static/site.css", 200),
        ("/static/stream.m3u8", 200),
        ("/static/gone.css", 404),
        ("/media/logo.svg", 200),
        ("/media/gone.png", 404),
        ("/media/", 403),
        ("/emergency.txt", 204),
        ("/_origin/key/", 404),
        ("/busy.html", 404),
        ("/too-long-" + "x" * 9_000, 414),
    ],
)
def test_what_nginx_answers_by_itself_is_careful(site, path, status):  # noqa: F811
    answer = site.get(path)
    assert answer.status == status
    assert_careful(answer.headers)


def test_refused_bodies_and_words_for_everybody_are_careful(site):  # noqa: F811
    refused = site.get("/", method="POST", body=b"x" * 2_000_000)
    assert refused.status == 413
    assert_careful(refused.headers)
    (site.log.parent / "emergency.txt").write_text("Please leave the building")
    words = site.get("/emergency.txt")
    (site.log.parent / "emergency.txt").unlink()
    assert words.status == 200
    assert_careful(words.headers)


def test_what_is_no_request_is_careful(site):  # noqa: F811
    with socket.create_connection(("127.0.0.1", site.port)) as link:
        link.sendall(b"nonsense\r\n\r\n")
        answer = b"".join(iter(lambda: link.recv(4_096), b"")).decode()
    assert "400 Bad Request" in answer
    for name, value in HEADERS.items():
        assert f"{name}: {value}\r\n" in answer


@pytest.mark.parametrize("path", ["/careful/", "/live.json", "/desk/"])
def test_what_the_app_says_itself_is_said_once(site, path):  # noqa: F811
    headers = site.get(path, host="careful.localhost").headers
    assert headers.get_all("Content-Security-Policy") == ["of the app"]
    assert headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]
    assert headers.get_all("Referrer-Policy") == ["strict-origin"]
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/live.json", "/desk/"])
def test_what_the_app_left_out_is_added(site, path):  # noqa: F811
    assert_careful(site.get(path).headers)


@pytest.mark.slow
def test_the_log_of_errors_names_nobody_while_the_app_is_away(site):  # noqa: F811
    """The last test: it stops the app."""
    log = site.log.parent / "nginx.log"
    site.app.close()
    secrets = ["/t/1.secret/", "/my/agenda/secret.ics", "/hooks/shop/secret/", "/?email=secret"]
    for path in (*secrets, "/static/gone", "/media/", "/too-long-secret" + "x" * 9_000):
        answer = site.get(path, {"Referer": "http://localhost/t/1.secret/"})
        assert answer.status in (403, 404, 414, 503)
        assert_careful(answer.headers)
    site.get("/t/1.secret/", method="POST", body=b"x" * 2_000_000)
    said = log.read_text()
    assert "secret" not in said
    assert "client:" not in said
    assert "127.0.0.1" not in said
