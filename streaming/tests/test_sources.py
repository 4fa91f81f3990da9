"""What organizers paste, and what is made of it."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from conftest import make_room
from streaming.models import Stream, StreamHost
from streaming.sources import SOURCES
from streaming.sources.base import Account, Viewer

UNDERSTOOD = [
    ("youtube", "aqz-KE-bpKQ", "aqz-KE-bpKQ"),
    ("youtube", " https://www.youtube.com/watch?v=aqz-KE-bpKQ&t=10s ", "aqz-KE-bpKQ"),
    ("youtube", "https://youtu.be/aqz-KE-bpKQ?si=x", "aqz-KE-bpKQ"),
    ("youtube", "https://www.youtube.com/live/aqz-KE-bpKQ?feature=share", "aqz-KE-bpKQ"),
    ("youtube", "https://m.youtube.com/watch?v=aqz-KE-bpKQ", "aqz-KE-bpKQ"),
    (
        "youtube",
        '<iframe src="https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ"></iframe>',
        "aqz-KE-bpKQ",
    ),
    ("vimeo", "https://vimeo.com/76979871", "76979871"),
    ("vimeo", "https://vimeo.com/76979871/abcdef0123", "76979871/abcdef0123"),
    ("vimeo", "https://player.vimeo.com/video/76979871?h=abcdef0123", "76979871/abcdef0123"),
    (
        "hls",
        "https://cdn.example.org/main/index.m3u8?x=1",
        "https://cdn.example.org/main/index.m3u8?x=1",
    ),
    ("hls", "/hls/main/index.m3u8", "/hls/main/index.m3u8"),
    (
        "iframe",
        '<iframe src="https://meet.example.org/embed?a=1&amp;b=2"></iframe>',
        "https://meet.example.org/embed?a=1&b=2",
    ),
]

REFUSED = [
    ("youtube", "https://example.org/watch?v=aqz-KE-bpKQ", "no address of a YouTube video"),
    ("youtube", "https://www.youtube.com/@channel", "no address of a YouTube video"),
    ("youtube", "http://youtu.be/aqz-KE-bpKQ", "begins with https://"),
    ("youtube", "https://youtube.com.evil.example/watch?v=aqz-KE-bpKQ", "no address of a YouTube"),
    ("vimeo", "https://vimeo.com/channels/staff", "no address of a Vimeo video"),
    ("hls", "https://cdn.example.org/index.mpd", "ends with .m3u8"),
    ("hls", "//evil.example/index.m3u8", "begins with https://"),
    ("hls", "javascript:alert(1)//.m3u8", "begins with https://"),
    ("iframe", "https://user:secret@example.org/", "begins with https://"),
    ("iframe", "https://[broken/", "begins with https://"),
]


@pytest.mark.parametrize(("kind", "pasted", "stored"), UNDERSTOOD)
def test_what_is_pasted_is_understood(kind, pasted, stored):
    assert SOURCES[kind].clean(pasted) == stored


@pytest.mark.parametrize(("kind", "pasted", "why"), REFUSED)
def test_what_cannot_be_played_is_refused_with_a_reason(kind, pasted, why):
    with pytest.raises(ValidationError, match=why):
        SOURCES[kind].clean(pasted)


def test_the_player_gets_an_address_that_plays():
    viewer, at = Viewer("P-000001", "", "testserver"), timezone.now()
    youtube = SOURCES["youtube"].playback("aqz-KE-bpKQ", Account(), viewer, at)
    assert youtube.url.startswith("https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?")
    assert "h=abc" in SOURCES["vimeo"].playback("123/abc", Account(), viewer, at).url


def test_a_stream_needs_its_host_on_the_list(conference):
    stream = Stream(
        room=make_room(conference), kind="youtube", value="https://youtu.be/aqz-KE-bpKQ"
    )
    with pytest.raises(ValidationError, match="www.youtube-nocookie.com is not among"):
        stream.full_clean()
    StreamHost.objects.create(conference=conference, host="www.youtube-nocookie.com")
    stream.full_clean()
    assert stream.value == "aqz-KE-bpKQ"


def test_a_stream_on_our_own_host_needs_no_entry(room):
    Stream(room=room, kind="hls", value="/hls/main/index.m3u8").full_clean()
