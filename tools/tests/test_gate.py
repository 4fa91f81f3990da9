"""deploy/origin-*.conf in a real nginx, before an app that knows one session."""

import json
import os
import shutil
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from itertools import count

import pytest

from tools.nginx import CONFIGS, SEARCH_PATH, nginx
from tools.origin import Origin, rtmp_module
from tools.process import on_free_port, temporary_directory
from tools.stack import gunicorn

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx", path=SEARCH_PATH) or rtmp_module() is None,
    reason="needs nginx and its RTMP module: apt install nginx libnginx-mod-rtmp",
)
PLAYLIST = "/hls/main/index.m3u8"
SEGMENT = "/hls/main/1795271353930.ts"
RECORDING = "/recordings/aBc123/recording.mp4"
HOLDER = {"Cookie": "theme=dark; sessionid=holder; x=y"}
# Of a host of its own, so that what is kept of one test is nothing to the next.
_host = count(1)


class Site:
    def __init__(self, url, app, origin):
        self.port = int(url.rpartition(":")[2])
        self.app = app
        self.origin = origin
        self.host = "localhost"

    def get(self, path, headers=None, *, method="GET", body=None, port=None):
        connection = HTTPConnection("127.0.0.1", port or self.port)
        sent = {"Host": f"{self.host}:{self.port}"} | (headers or {})
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        response.body = response.read()
        connection.close()
        return response

    def status(self, path, headers=None, **options):
        return self.get(path, headers, **options).status

    def asked(self):
        """What the gate was asked of this host."""
        asked = json.loads(self.get("/asked").body)
        return [each for each in asked if each["HTTP_HOST"] == f"{self.host}:{self.port}"]


@contextmanager
def serve():
    with ExitStack() as stack:
        directory = stack.enter_context(temporary_directory())
        origin = Origin(directory)
        (directory / "static").mkdir()
        origin.prepare()
        files = {
            origin.hls_root / "1-main": ("index.m3u8", "audio.m3u8", "1795271353930.ts"),
            origin.recordings_root / "aBc123": ("index.m3u8", "recording.mp4"),
        }
        for folder, names in files.items():
            folder.mkdir()
            folder.chmod(0o755)
            for name in names:
                (folder / name).write_text("#EXTM3U\n" * 200)
        (origin.recordings_root / "incoming" / "1-main-1700000000.flv").write_text("raw")
        environment = {**os.environ, "WEB_CONCURRENCY": "1"}
        app = stack.enter_context(
            gunicorn(directory, "tools.tests.gatekeeper:application", environment)
        )
        url, _ = on_free_port(stack, partial(nginx, directory, "admin/", origin=origin))
        yield Site(url, app, origin)


@pytest.fixture(scope="module")
def running():
    with serve() as site:
        yield site


@pytest.fixture
def site(running):
    running.host = f"h{next(_host)}.localhost"
    return running


@pytest.mark.slow
@pytest.mark.parametrize("path", [PLAYLIST, "/hls/main/audio.m3u8", SEGMENT, RECORDING])
def test_each_file_is_for_who_may_have_it(site, path):
    assert site.status(path) == 401
    assert site.status(path, {"Cookie": "sessionid=other"}) == 403
    answer = site.get(path, HOLDER)
    assert (answer.status, answer.body[:7]) == (200, b"#EXTM3U")
    assert answer.headers["Cache-Control"].startswith("private, ")
    assert answer.headers["Set-Cookie"] is None
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # Not again what was kept of the holder.
    assert site.status(path, {"Cookie": "sessionid=other"}) == 403
    assert site.status(path) == 401


def test_a_playlist_is_never_kept_and_a_segment_by_the_person_alone(site):
    answer = site.get(PLAYLIST, HOLDER | {"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["Content-Encoding"] == "gzip"
    answer = site.get(SEGMENT, HOLDER)
    assert answer.headers["Cache-Control"] == "private, max-age=600, immutable"
    assert answer.headers["Content-Type"] == "video/mp2t"


def test_parts_of_a_recording_can_be_asked_for(site):
    answer = site.get(RECORDING, HOLDER | {"Range": "bytes=0-6"})
    assert (answer.status, answer.body) == (206, b"#EXTM3U")


def test_five_files_cost_one_question(site):
    for path in (PLAYLIST, SEGMENT, PLAYLIST, SEGMENT, "/hls/main/audio.m3u8"):
        assert site.status(path, HOLDER) == 200
    assert [each["PATH_INFO"] for each in site.asked()] == ["/_origin/gate/room/main/"]


def test_a_question_for_each_session_and_each_room(site):
    assert site.status(PLAYLIST, HOLDER) == 200
    assert site.status("/hls/second/index.m3u8", HOLDER) == 404  # nothing is sent there
    assert site.status(PLAYLIST, {"Cookie": "sessionid=other"}) == 403
    asked = [(each["PATH_INFO"][14:], each["HTTP_COOKIE"]) for each in site.asked()]
    assert asked == [
        ("room/main/", "sessionid=holder"),
        ("room/second/", "sessionid=holder"),
        ("room/main/", "sessionid=other"),
    ]


def test_of_two_sessions_the_one_that_is_kept_is_the_one_that_is_asked_for(site):
    """Else whoever has a ticket could let in a session of their choice, for everybody."""
    assert site.status(PLAYLIST, {"Cookie": "sessionid=invented; sessionid=holder"}) == 403
    assert site.status(PLAYLIST, {"Cookie": "sessionid=invented"}) == 403
    assert site.status(PLAYLIST, {"Cookie": "sessionid=holder; sessionid=other"}) == 200
    assert site.status(PLAYLIST, {"Cookie": "sessionid=other"}) == 403
    asked = [each["HTTP_COOKIE"] for each in site.asked()]
    assert asked == ["sessionid=invented", "sessionid=holder", "sessionid=other"]
    for strange in ("sessionid=hol der", 'sessionid="holder"', "sessionid=", "xsessionid=holder"):
        assert site.status(PLAYLIST, {"Cookie": strange}) == 401


def test_the_session_of_https_goes_by_its_own_name_and_wins(site):
    """A plain cookie may have been planted by another host of the same domain."""
    for cookie in ("__Host-sessionid=holder", "sessionid=planted; __Host-sessionid=holder"):
        assert site.status(PLAYLIST, {"Cookie": cookie}) == 200
    assert site.status(PLAYLIST, {"Cookie": "__Host-sessionid=other; sessionid=holder"}) == 403
    asked = [each["HTTP_COOKIE"] for each in site.asked()]
    assert asked == ["__Host-sessionid=holder", "__Host-sessionid=other"]
    for strange in ("__host-sessionid=holder", "x__Host-sessionid=holder", "__Host-sessionid="):
        assert site.status(PLAYLIST, {"Cookie": strange}) == 401


def test_nothing_of_a_request_reaches_the_gate_but_its_session(site):
    forged = {
        "X-Original-URI": "/hls/second/index.m3u8",
        "X-Folder": "1-second",
        "Authorization": "Basic x",
        "X-Forwarded-For": "192.0.2.1",
        "X-Anything": "1",
        "Content-Length": "3",
    }
    assert site.status(f"{PLAYLIST}?room=second", HOLDER | forged, body=b"x=1") == 200
    (asked,) = site.asked()
    assert asked["PATH_INFO"] == "/_origin/gate/room/main/"
    assert asked["QUERY_STRING"] == ""
    assert asked["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert asked["HTTP_COOKIE"] == "sessionid=holder"
    assert not {"HTTP_X_ORIGINAL_URI", "HTTP_X_FOLDER", "HTTP_X_ANYTHING"} & asked.keys()
    assert not {"HTTP_AUTHORIZATION", "HTTP_CONTENT_LENGTH"} & asked.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/_origin/gate",
        "/_origin/gate/room/main/",
        "/_origin/key/?secret=x",
        "/_origin/folder/main/",
        "/hls/main/",
        "/hls/1-main/index.m3u8/",
        "/hls/main/..%2f..%2fapp.sock",
        "/hls/../recordings/incoming/1-main-1700000000.flv",
        "/recordings/incoming/1-main-1700000000.flv",
        "/recordings/aBc123/",
    ],
)
def test_what_is_not_for_visitors_is_not_there(site, path):
    before = len(site.asked())
    site.status(path, HOLDER)
    # Whatever it was taken for, no file came and the app was told no secret of nginx'.
    assert site.status(path, HOLDER) in (400, 403, 404)
    if path.startswith("/_origin"):
        assert len(site.asked()) == before


@pytest.mark.slow
def test_probes_of_this_machine_read_past_the_gate(site):
    answer = site.get(PLAYLIST, HOLDER, port=site.origin.ports[2])
    assert (answer.status, answer.body[:7]) == (200, b"#EXTM3U")
    (asked,) = site.asked()
    assert asked["PATH_INFO"] == "/_origin/folder/main/"
    assert "HTTP_COOKIE" not in asked


@pytest.mark.slow
def test_who_was_in_stays_in_while_the_app_is_away(monkeypatch, tmp_path):
    configs = tmp_path / "deploy"
    shutil.copytree(CONFIGS, configs)
    gate = configs / "origin-gate.conf"
    gate.write_text(gate.read_text().replace("204 10s;", "204 1s;").replace("403 2s;", "403 1s;"))
    monkeypatch.setattr("tools.nginx.CONFIGS", configs)
    with serve() as site:
        assert site.status(PLAYLIST, HOLDER) == 200
        assert site.status(PLAYLIST, {"Cookie": "sessionid=other"}) == 403
        site.app.terminate()
        site.app.wait(20)
        time.sleep(1.1)  # what was answered is too old now
        assert site.get(PLAYLIST, HOLDER).body.startswith(b"#EXTM3U")
        for session, status in (("other", 403), ("new", 500)):
            refused = site.get(PLAYLIST, {"Cookie": f"sessionid={session}"})
            assert refused.status == status
            assert b"#EXTM3U" not in refused.body
