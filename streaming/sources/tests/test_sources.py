"""What organizers paste, and what is made of it."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from conftest import make_room
from streaming.models import Stream, StreamHost
from streaming.sources import SOURCES
from streaming.sources.base import Account, Viewer
from streaming.sources.tests.keys import PLAYBACK_ID, UID, VIDEO

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
    ("vimeo", "https://vimeo.com/event/4154130", "event/4154130"),
    ("vimeo", "https://vimeo.com/event/4154130/fc2eb1e1b3", "event/4154130/fc2eb1e1b3"),
    ("vimeo", "https://vimeo.com/event/4154130/embed/fc2eb1e1b3", "event/4154130/fc2eb1e1b3"),
    ("mux", f"https://stream.mux.com/{PLAYBACK_ID}.m3u8?token=old", PLAYBACK_ID),
    ("mux", f"https://player.mux.com/{PLAYBACK_ID}", PLAYBACK_ID),
    ("cloudflare", f"https://iframe.videodelivery.net/{UID}", UID),
    ("bunny", f"https://player.mediadelivery.net/embed/759/{VIDEO}", f"759/{VIDEO}"),
    (
        "bunny-cdn",
        "https://zone.b-cdn.net/bcdn_token=HS256-x&expires=1&token_path=%2Fa%2F/a/live.m3u8?b=1",
        "https://zone.b-cdn.net/a/live.m3u8",
    ),
    ("origin", "/hls/main/index.m3u8", "main"),
    ("origin", "main", "main"),
    ("jitsi", "https://meet.example.org/Workshop?lang=de", "https://meet.example.org/Workshop"),
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
    ("mux", "https://example.org/a.m3u8", "no playback of Mux"),
    ("cloudflare", f"https://cloudflarestream.com.evil.example/{UID}", "no video of Cloudflare"),
    ("bunny", "https://iframe.mediadelivery.net/embed/759/", "no video of Bunny Stream"),
    ("bunny-cdn", "https://zone.b-cdn.net/live.m3u8", "folder of its own"),
    ("origin", "../main", "short name of the room"),
    ("jitsi", "https://meet.example.org/", "address of one room"),
    ("bigbluebutton", "a b", "id of the meeting"),
    ("join", "http://meet.example.org/x", "begins with https://"),
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
    event = SOURCES["vimeo"].playback("event/7/abc", Account(), viewer, at)
    assert event.url == "https://vimeo.com/event/7/embed/abc"
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
