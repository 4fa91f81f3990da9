"""deploy/nginx.conf in a real nginx, before an app that says what reached it."""

import base64
import gzip
import hashlib
import json
import re
import shutil
import socket
import ssl
import time
from http.client import RemoteDisconnected

import pytest

from tools.nginx import CONFIGS, SEARCH_PATH
from tools.tests.echo import RELEASE
from tools.tests.nginx_site import BUSY, HASHED, nginx_site

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx", path=SEARCH_PATH), reason="nginx is not installed"
)


@pytest.fixture(scope="module")
def site():
    with nginx_site() as site:
        yield site


PATHS = ["/", "/live.json", "/metrics", "/desk/"]


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_every_location_tells_the_app_who_asks_for_what(site, path):
    forged = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Real-IP": "192.0.2.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=192.0.2.1",
        "Proxy": "http://evil.example",
    }
    asked = site.asked(path, forged)
    assert asked["PATH_INFO"] == path
    assert asked["HTTP_HOST"] == f"localhost:{site.port}"
    assert asked["HTTP_X_FORWARDED_FOR"] == asked["HTTP_X_REAL_IP"] == "127.0.0.1"
    assert asked["HTTP_X_FORWARDED_PROTO"] == "http"
    assert len(asked["HTTP_X_REQUEST_ID"]) == 32
    assert not {"HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_PROXY"} & asked.keys()


def test_an_unknown_host_gets_no_answer(site):
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        site.get("/", host="evil.example")


def test_trace_is_answered_by_nobody(site):
    answer = site.get("/", {"Cookie": "sessionid=secret"}, method="TRACE")
    assert answer.status == 405
    assert b"secret" not in answer.body


@pytest.mark.parametrize("folder", ["/static/", "/media/"])
def test_no_folder_is_listed(site, folder):
    assert site.get(folder).status == 403


def test_tls_is_new_and_its_ciphers_are_strong():
    """As OpenSSL reads what the configuration says."""
    config = (CONFIGS / "nginx.conf").read_text()
    [protocols] = re.findall(r"^ *ssl_protocols (.*);", config, re.MULTILINE)
    [ciphers] = re.findall(r"^ *ssl_ciphers (.*);", config, re.MULTILINE)
    assert protocols.split() == ["TLSv1.2", "TLSv1.3"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)
    found = {cipher["name"]: cipher for cipher in context.get_ciphers()}
    assert {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"} <= found.keys()
    older = [cipher for cipher in found.values() if cipher["protocol"] != "TLSv1.3"]
    assert [c["name"] for c in older if not (c["aead"] and c["kea"] == "kx-ecdhe")] == []


def test_the_host_of_the_request_line_wins_over_the_header(site):
    with socket.create_connection(("127.0.0.1", site.port)) as link:
        link.sendall(b"GET http://a.localhost/live.json HTTP/1.1\r\nHost: b.localhost\r\n")
        link.sendall(b"Connection: close\r\n\r\n")
        answer = b"".join(iter(lambda: link.recv(4096), b""))
    assert f'"HTTP_HOST": "a.localhost:{site.port}"'.encode() in answer


def test_private_answers_are_asked_for_each_time(site):
    first, second = (site.asked("/me.json", {"Cookie": "sessionid=1"}) for _ in range(2))
    assert first["number"] != second["number"]
    assert first["HTTP_COOKIE"] == "sessionid=1"


def test_what_nginx_asks_the_app_by_itself_is_not_for_visitors(site):
    for method, path in (("POST", "/_origin/key/?secret=x"), ("GET", "/_origin/gate/room/main/")):
        answer = site.get(path, method=method)
        assert answer.status == 404
        assert b"PATH_INFO" not in answer.body


@pytest.mark.slow
def test_live_json_is_one_answer_for_everybody(site):
    personal = {"Cookie": "sessionid=1", "Authorization": "Basic x", "Accept-Language": "de"}
    first = site.asked("/live.json?a=1", personal | {"Accept-Encoding": "br"}, host="one.localhost")
    second = site.asked("/live.json?a=2", {"Cookie": "sessionid=2"}, host="one.localhost")
    assert first == second
    assert first["QUERY_STRING"] == ""
    assert not {key for key in first if key.startswith(("HTTP_COOKIE", "HTTP_A"))}


@pytest.mark.slow
def test_live_json_is_of_its_host_and_a_second_or_two_old(site):
    numbers = {site.asked("/live.json", host=f"{name}.localhost")["number"] for name in "xyx"}
    assert len(numbers) == 2
    time.sleep(2.1)
    assert site.asked("/live.json", host="x.localhost")["number"] not in numbers


def test_live_json_is_revalidated_and_compressed(site):
    assert site.get("/live.json", {"If-None-Match": '"1"'}).status == 304
    response = site.get("/live.json", {"If-None-Match": '"0"', "Accept-Encoding": "gzip"})
    assert response.status == 200
    assert response.headers["Date"]


@pytest.mark.slow
def test_live_json_outlives_the_app_and_says_so(site):
    first = site.get("/live.json", host="broken.localhost")
    assert first.headers["Front-Row-Cache"] == "MISS"
    deadline = time.monotonic() + 10
    while (last := site.get("/live.json", host="broken.localhost")).headers[
        "Front-Row-Cache"
    ] != "STALE":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (last.status, last.body) == (200, first.body)


def test_the_operator_s_words_need_nothing_but_nginx(site):
    nothing = site.get("/emergency.txt")
    assert (nothing.status, nothing.body) == (204, b"")
    file = site.log.parent / "emergency.txt"
    file.write_text("Please leave the building\n")
    words = site.get("/emergency.txt")
    assert (words.status, words.body) == (200, b"Please leave the building\n")
    assert words.headers["Content-Type"] == "text/plain; charset=utf-8"
    file.unlink()
    assert site.get("/emergency.txt").status == 204


def test_a_cookie_on_live_json_is_neither_stored_nor_given(site):
    first, second = (site.get("/live.json", host="cookie.localhost") for _ in range(2))
    assert json.loads(first.body)["number"] != json.loads(second.body)["number"]
    assert first.headers["Set-Cookie"] is None
    assert site.get("/", host="cookie.localhost").headers["Set-Cookie"] == "sessionid=somebody"


@pytest.mark.parametrize(
    ("name", "media_type", "cache_control"),
    [
        (HASHED, "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("site.css", "text/css; charset=utf-8", "public, max-age=60"),
        ("talk.vtt", "text/vtt; charset=utf-8", "public, max-age=60"),
        ("stream.m3u8", "application/vnd.apple.mpegurl", "public, max-age=60"),
    ],
)
def test_static_files_have_their_type_and_life(site, name, media_type, cache_control):
    response = site.get(f"/static/{name}")
    assert response.status == 200
    assert response.headers["Content-Type"] == media_type
    assert response.headers["Cache-Control"] == cache_control
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.slow
def test_static_files_are_compressed_once(site):
    ready = site.get(f"/static/{HASHED}", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(ready.body) == b"made before"
    now = site.get("/static/site.css", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(now.body).startswith(b"p {")


def test_a_missing_static_file_is_not_kept(site):
    response = site.get("/static/gone.0123456789ab.css")
    assert response.status == 404
    assert response.headers["Cache-Control"] is None


def test_an_upload_cannot_run_scripts(site):
    response = site.get("/media/logo.svg")
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [*PATHS, "/static/site.css", "/media/logo.svg", "/static/gone"])
def test_cameras_and_microphones_stay_off(site, path):
    assert "camera=(), " in site.get(path).headers["Permissions-Policy"]


def test_big_bodies_are_for_organizers(site):
    body = b"x" * 2_000_000
    refused = site.get("/", method="POST", body=body)
    assert refused.status == 413
    assert b"PATH_INFO" not in refused.body
    taken = json.loads(site.get("/desk/", method="POST", body=body).body)
    assert (taken["PATH_INFO"], taken["CONTENT_LENGTH"]) == ("/desk/", "2000000")


def test_the_log_names_nobody_and_opens_no_door(site):
    for path in ("/talks/?q=word", "/t/secret/", "/my/agenda/secret.ics", "/hooks/pretix/secret/"):
        site.get(path)
    logged = {"/talks/", "/t/***", "/my/agenda/***", "/hooks/pretix/***"}
    deadline = time.monotonic() + 180
    # A line is written when the answer has gone out, by any of nginx' processes.
    while True:
        log = site.log.read_text()
        paths = {json.loads(line)["path"] for line in log.splitlines() if line.endswith("}")}
        if logged <= paths or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    assert logged <= paths
    assert "127.0.0.1" not in log
    assert "secret" not in log
    assert "word" not in log


def test_the_log_has_what_the_app_said_and_which_release_it_was(site):
    for path in ("/release/", "/says-503", "/live.json"):
        answer = site.get(path)
        assert "Front-Row-Release" not in answer.headers
    wanted = {("/release/", "200"), ("/says-503", "503")}
    deadline = time.monotonic() + 180
    named = set()
    while not wanted <= named and time.monotonic() < deadline:
        lines = [json.loads(line) for line in site.log.read_text().splitlines() if line[-1:] == "}"]
        named = {(each["path"], each["app_status"]) for each in lines if each["release"] == RELEASE}
        time.sleep(0.01)
    assert wanted <= named


@pytest.mark.slow
def test_what_the_app_says_itself_is_passed_on(site):
    answer = site.get("/says-503")
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/json")
    assert json.loads(answer.body)["PATH_INFO"] == "/says-503"
    hidden = site.get("/busy.html")
    assert hidden.status == 404
    assert BUSY.read_bytes() != hidden.body


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_when_the_app_is_away_a_page_tries_again_by_itself(site, method):
    """The last test: it stops the app."""
    site.get("/live.json")
    site.app.close()
    answer = site.get("/accounts/login/", method=method, body=b"x=1" if method == "POST" else None)
    page = answer.body.decode()
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<meta http-equiv="refresh" content="10">' in page
    assert 'content="light dark"' in page
    assert "http://" not in page
    assert "https://" not in page
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert site.get("/live.json").status == 200
