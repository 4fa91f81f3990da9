"""What the server sees of a stream, said in words."""

from datetime import timedelta

import pytest

from conftest import make_room, make_stream, make_talk, utc
from streaming.models import StreamAccount, StreamHealth
from streaming.probes.playlists import read_playlist
from streaming.probes.probe import probe
from streaming.sources.base import Probe

AT = utc("2026-11-21 09:00")
CDN = "https://cdn.example.org/main/index.m3u8"
MASTER = """#EXTM3U
#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=1,BANDWIDTH=400000,RESOLUTION=640x360
low/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000
high/index.m3u8
"""
LOW = """#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:40
#EXTINF:2.0,
40.ts
#EXTINF:2.0,
41.ts
"""


@pytest.fixture
def live(internet):
    """A stream of two qualities that plays."""
    internet.page("cdn.example.org/main/index.m3u8", MASTER)
    internet.page("cdn.example.org/main/low/index.m3u8", LOW)
    internet.pages["cdn.example.org/main/low/41.ts"] = (206, {}, b"0")
    return internet


def seen(room, **kw):
    return probe(make_stream(room, **{"value": CDN, **kw}), AT)


def test_it_plays(live, room):
    assert seen(room) == Probe(True, "", "42", 3_000_000)
    assert [place for place, *_rest in live.asked] == [
        "cdn.example.org/main/index.m3u8",
        "cdn.example.org/main/low/index.m3u8",
        "cdn.example.org/main/low/41.ts",
    ]


@pytest.mark.parametrize(
    ("place", "answer", "says"),
    [
        ("index.m3u8", (404, {}, b""), "nothing at this address (404)"),
        ("index.m3u8", (503, {}, b""), "cdn.example.org answers 503"),
        ("index.m3u8", (403, {}, b""), "refuses us (403)"),
        ("index.m3u8", (200, {}, b"<html>Sign in"), "not an HLS playlist"),
        ("index.m3u8", (200, {}, b"#EXTM3U\n"), "nothing is sent yet"),
        ("index.m3u8", (200, {}, b"#" * 2_100_000), "too large"),
        ("low/index.m3u8", (404, {}, b""), "nothing at this address (404)"),
        ("low/index.m3u8", (200, {}, LOW.encode() + b"#EXT-X-ENDLIST"), "has ended"),
        ("low/41.ts", (404, {}, b""), "newest piece of the picture is missing"),
        ("index.m3u8", (302, {"Location": "http://cdn.example.org/"}, b""), "https://"),
        ("index.m3u8", (302, {"Location": "index.m3u8"}, b""), "More than 3 redirects"),
    ],
)
def test_what_is_wrong_is_said(live, room, place, answer, says):
    live.pages[f"cdn.example.org/main/{place}"] = answer
    found = seen(room)
    assert not found.is_playing
    assert says in found.problem


def test_a_playlist_that_stands_still_is_stale(live, room):
    stream = make_stream(room, value=CDN)
    health = StreamHealth(stream=stream, mark="42", moved_at=AT)
    assert probe(stream, AT + timedelta(seconds=15)).is_playing
    late = probe(stream, AT + timedelta(seconds=20))
    assert late.problem == "The playlist has not moved for 20 seconds."
    health.mark = "41"
    assert probe(stream, AT + timedelta(seconds=20)).is_playing


@pytest.mark.slow
def test_a_recording_may_have_an_end(live, conference, room):
    place = "cdn.example.org/main/low/index.m3u8"
    live.page(place, LOW + "#EXT-X-ENDLIST")
    talk = make_talk(conference, room=room, delivery="pre_recorded")
    assert seen(room, talk=talk).is_playing
    live_talk = make_talk(conference, room=room)
    assert seen(room, talk=live_talk).problem == "The stream has ended."
    live.page(place, LOW + "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-ENDLIST")
    assert seen(room).is_playing


@pytest.mark.parametrize("place", ["cdn.example.org", "inside.example.org"])
def test_nobody_is_led_into_our_own_network(live, room, place):
    live.ips[place] = ["10.0.0.1"]
    live.page(
        "cdn.example.org/main/index.m3u8",
        MASTER.replace("low/", "https://inside.example.org/"),
    )
    assert seen(room).problem == f"{place} is not a public address."


def test_what_is_elsewhere_does_not_lead_to_our_own_host(live, room, settings):
    settings.LOOPBACK_URL = live.own_url
    live.page("cdn.example.org/main/index.m3u8", MASTER.replace("low/", f"{live.own_url}/"))
    assert "begin with https://" in seen(room).problem


def test_our_own_host_is_asked_on_this_machine(live, room, settings):
    settings.LOOPBACK_URL = live.own_url
    room.conference.domain = "live.example.org"
    live.page("live.example.org/hls/main/index.m3u8", LOW)
    live.pages["live.example.org/hls/main/41.ts"] = (206, {}, b"0")
    assert seen(room, kind="origin", value="main").mark == "42"
    live.pages["live.example.org/hls/main/index.m3u8"] = (401, {}, b"")
    assert "lead past it" in seen(room, kind="origin", value="main").problem
    settings.LOOPBACK_URL = "http://127.0.0.1:1"
    assert "does not answer where" in seen(room, kind="origin", value="main").problem


@pytest.mark.parametrize(
    ("headers", "is_fine"),
    [
        ({}, True),
        ({"X-Frame-Options": "SAMEORIGIN"}, False),
        ({"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"}, False),
        ({"Content-Security-Policy": "frame-ancestors *", "X-Frame-Options": "DENY"}, True),
        ({"Content-Security-Policy": "frame-ancestors https://live.example.org"}, True),
        ({"Content-Security-Policy": "frame-ancestors https://*.example.org"}, True),
    ],
)
def test_whether_a_page_may_be_framed(live, room, headers, is_fine):
    room.conference.domain = "live.example.org"
    live.pages["player.example.org/"] = (200, headers, b"a player")
    found = seen(room, kind="iframe", value="https://player.example.org/")
    assert found.is_playing is is_fine
    assert is_fine or "may not be put into a frame" in found.problem
    assert live.asked[-1][1]["Referer"] == "https://live.example.org/"


def test_youtube_says_which_videos_there_are(live, room):
    video = "https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3Daqz-KE-bpKQ"
    live.pages[f"www.youtube.com/oembed?url={video}&format=json"] = (200, {}, b"{}")
    assert seen(room, kind="youtube", value="aqz-KE-bpKQ").is_playing
    assert "(404)" in seen(room, kind="youtube", value="aqz-KE-bpKX").problem


def test_a_wrong_secret_of_bigbluebutton_is_seen(live, room, monkeypatch):
    account = StreamAccount.objects.create(
        conference=room.conference, kind="bigbluebutton", account_id="https://bbb.example.org/b"
    )
    stream = make_stream(room, kind="bigbluebutton", value="w1", account=account)
    answer = (200, {}, b"<response><returncode>FAILED</returncode></response>")
    monkeypatch.setattr(live, "pages", DefaultPages(answer))
    assert "shared secret" in probe(stream, AT).problem


class DefaultPages(dict[str, object]):
    def __init__(self, answer):
        self.answer = answer

    def get(self, _place, _default=None):
        return self.answer


def test_a_key_that_is_broken_is_said_without_the_key(live, room):
    account = StreamAccount.objects.create(conference=room.conference, kind="mux", key_id="k")
    found = seen(room, kind="mux", value="x" * 36, account=account)
    assert found.problem.startswith("It cannot be signed:")


def test_a_kind_that_is_not_installed_is_said(live, conference):
    found = seen(make_room(conference), kind="gone")
    assert found.problem == "It cannot be signed: no source gone is installed"


def test_playlists_with_a_byte_order_mark_and_windows_lines_are_read():
    playlist = read_playlist(b"\xef\xbb\xbf" + LOW.replace("\n", "\r\n").encode())
    assert (playlist.number, playlist.target_seconds, playlist.last_segment) == (42, 2, "41.ts")
