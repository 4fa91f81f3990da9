"""What organizers paste, and what is made of it."""

from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from conftest import make_room
from streaming.models import Stream, StreamHost
from streaming.sources import SOURCES, guess, what_is_wrong
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
    ("youtube", "https://music.youtube.com/watch?v=aqz-KE-bpKQ&si=x", "aqz-KE-bpKQ"),
    (
        "youtube",
        "<iframe src=”https://www.youtube.com/embed/aqz-KE-bpKQ?si=x” allowfullscreen></iframe>",
        "aqz-KE-bpKQ",
    ),
    ("youtube", "https://www.youtube.com/shorts/aqz-KE-bpKQ", "aqz-KE-bpKQ"),
    ("youtube", "https://www.youtube.com/watch?list=PLx&v=aqz-KE-bpKQ", "aqz-KE-bpKQ"),
    ("twitch", "https://www.twitch.tv/frontrow", "frontrow"),
    ("twitch", "https://m.twitch.tv/frontrow/?lang=de", "frontrow"),
    ("twitch", "https://www.twitch.tv/videos/123456", "videos/123456"),
    ("twitch", "https://player.twitch.tv/?channel=frontrow&parent=example.org", "frontrow"),
    ("twitch", "https://player.twitch.tv/?video=v123456&parent=example.org", "videos/123456"),
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
    ("youtube", "http://youtu.be/aqz-KE-bpKQ", "Use https:// instead of http://"),
    ("youtube", "https://youtube.com.evil.example/watch?v=aqz-KE-bpKQ", "no address of a YouTube"),
    ("mux", "https://example.org/a.m3u8", "no playback of Mux"),
    ("cloudflare", f"https://cloudflarestream.com.evil.example/{UID}", "no video of Cloudflare"),
    ("bunny", "https://iframe.mediadelivery.net/embed/759/", "no video of Bunny Stream"),
    ("bunny-cdn", "https://zone.b-cdn.net/live.m3u8", "folder of its own"),
    ("origin", "../main", "short name of the room"),
    ("jitsi", "https://meet.example.org/", "address of one room"),
    ("bigbluebutton", "a b", "id of the meeting"),
    ("join", "http://meet.example.org/x", "Use https:// instead of http://"),
    ("hls", "https://cdn.example.org/index.mpd", "ends with .m3u8"),
    ("hls", "//evil.example/index.m3u8", "begins with https://"),
    ("hls", "javascript:alert(1)//.m3u8", "begins with https://"),
    ("iframe", "https://user:secret@example.org/", "begins with https://"),
    ("iframe", "https://[broken/", "begins with https://"),
]


# What stands in the address bar of people who are about to paste something. Each is the vendor's,
# whose words lead on.
DEAD_ENDS = [
    ("https://www.youtube.com/@fosdem", "This is a channel"),
    ("https://www.youtube.com/@fosdem/live", "This is a channel"),
    ("https://m.youtube.com/channel/UCabc/live", "This is a channel"),
    ("https://www.youtube.com/c/fosdem/videos", "This is a channel"),
    ("https://www.youtube.com/user/fosdem", "This is a channel"),
    ("https://www.youtube.com/embed/live_stream?channel=UCabc", "This is a channel"),
    ("https://studio.youtube.com/video/aqz-KE-bpKQ/livestreaming", "https://youtu.be/aqz-KE-bpKQ"),
    ("https://studio.youtube.com/channel/UCabc/livestreaming", "This is YouTube Studio"),
    ("https://www.youtube.com/results?search_query=fosdem", "no video"),
    ("https://www.youtube.com/playlist?list=PLabc", "This is a playlist"),
    ("https://www.youtube.com/embed/videoseries?list=PLabc", "This is a playlist"),
    ("https://www.youtube.com/feed/subscriptions", "no video"),
    ("https://www.youtube.com/shorts/", "no video"),
    ("https://www.youtube.com/shorts", "no video"),
    ("https://www.youtube.com/live", "no video"),
    ("https://www.youtube.com/clip/Ugkxabc", "no video"),
    ("https://www.youtube.com/", "no address of a YouTube video"),
    ("https://www.youtube.com/watch", "no address of a YouTube video"),
    ("https://www.youtube.com/watch?v=tooshort", "“tooshort” has not"),
    ("https://www.youtube.com/watch?t=1&v=aqz-KE-bpKQx", "“aqz-KE-bpKQx” has not"),
    ("https://youtu.be/aqz-KE-bpK", "“aqz-KE-bpK” has not"),
    ("https://youtu.be/aqz-KE-bpKQQ?si=x", "“aqz-KE-bpKQQ” has not"),
    ("https://youtu.be/", "no address of a YouTube video"),
    ("https://www.youtube.com/live/short", "“short” has not"),
    ("https://vimeo.com/manage/videos/76979871/advanced", "https://vimeo.com/76979871"),
    ("https://vimeo.com/manage/events/4154130", "only you manage the event"),
    ("https://vimeo.com/manage/folders", "only you manage"),
    ("https://vimeo.com/showcase/7008490", "shows many videos"),
    ("https://vimeo.com/channels/staffpicks", "shows many videos"),
    ("https://vimeo.com/frontrow", "no address of a Vimeo video"),
    ("https://livestream.vimeo.com/x", "no address of a Vimeo video"),
    ("https://dashboard.mux.com/organizations/a/environments/b/video/live-streams/c", "playback"),
    ("https://stream.mux.com/tooshort.m3u8", "36 or more"),
    ("https://image.mux.com/abc/thumbnail.png", "36 or more"),
    ("https://dash.cloudflare.com/abc/stream/inputs", "Cloudflare's own site"),
    ("https://customer-abc12345.cloudflarestream.com/short/manifest/video.m3u8", "32 letters"),
    ("https://dash.bunny.net/stream/759/library/videos", "Bunny's own site"),
    ("https://iframe.mediadelivery.net/embed/759/short", "no video of Bunny Stream"),
    ("https://dashboard.twitch.tv/u/frontrow/stream-manager", "https://www.twitch.tv/frontrow"),
    ("https://clips.twitch.tv/Abc", "This is a clip"),
    ("https://www.twitch.tv/frontrow/clip/Abc", "This is a clip"),
    ("https://www.twitch.tv/directory", "no channel of Twitch"),
    ("https://www.twitch.tv/frontrow/schedule", "no channel of Twitch"),
    ("https://www.twitch.tv/", "no channel of Twitch"),
    ("https://us02web.zoom.us/meeting/81234567890", "link to join"),
    ("https://zoom.us/", "not a meeting"),
    ("https://meet.google.com/landing?pli=1", "not a meeting"),
    ("https://teams.microsoft.com/v2/", "Teams itself"),
    ("https://www.facebook.com/frontrow/live", "Facebook lets nobody frame"),
    ("https://www.linkedin.com/events/7", "lets nobody frame"),
    ("https://drive.google.com/file/d/abc/view?usp=sharing", "/file/d/abc/preview"),
    ("https://www.dailymotion.com/video/x8abc", "player.html?video=x8abc"),
    ("https://streamyard.com/abc", "no player"),
    ("http://www.youtube.com/watch?v=aqz-KE-bpKQ", "Use https:// instead of http://"),
    ("http://cdn.example.org/main.m3u8", "Use https:// instead of http://"),
]


@pytest.mark.parametrize(("pasted", "says"), DEAD_ENDS)
def test_pages_that_do_not_play_are_refused_with_the_way_on(room, pasted, says):
    source = guess(pasted)
    with pytest.raises(ValidationError) as refused:
        if source is None:
            raise what_is_wrong(pasted)
        Stream(room=room, kind=source.kind, value=pasted).full_clean()
    assert says in " ".join(refused.value.messages)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["iframe", "hls"])
def test_nor_does_it_help_to_choose_what_takes_every_address(room, kind):
    for pasted, _says in DEAD_ENDS:
        stream = Stream(room=room, kind=kind, value=pasted, role="primary")
        stream.adds_hosts = True
        with pytest.raises(ValidationError):
            stream.full_clean()


@pytest.mark.parametrize(("kind", "pasted", "stored"), UNDERSTOOD)
def test_what_is_pasted_is_understood(kind, pasted, stored):
    assert SOURCES[kind].clean(pasted) == stored


@pytest.mark.parametrize(("kind", "pasted", "why"), REFUSED)
def test_what_cannot_be_played_is_refused_with_a_reason(kind, pasted, why):
    with pytest.raises(ValidationError, match=why):
        SOURCES[kind].clean(pasted)


WATCH = "https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3Daqz-KE-bpKQ%26t%3D1"
SAFE = "https://eur01.safelinks.protection.outlook.com"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pasted", "kind", "stored"),
    [
        # Copied from a mail or a list of hits: what they lead to is meant.
        (f"{SAFE}/?url={WATCH}&data=05%7C01&reserved=0", "youtube", "aqz-KE-bpKQ"),
        (f"{SAFE}/ap/t-59584e83/?url={WATCH}", "youtube", "aqz-KE-bpKQ"),
        (f"https://www.google.com/url?q={WATCH}&sa=D", "youtube", "aqz-KE-bpKQ"),
        (f"https://www.google.co.uk/url?sa=t&url={WATCH}", "youtube", "aqz-KE-bpKQ"),
        (f"https://l.facebook.com/l.php?u={WATCH}&h=AT0", "youtube", "aqz-KE-bpKQ"),
        (f"https://www.youtube.com/redirect?event=x&q={WATCH}", "youtube", "aqz-KE-bpKQ"),
        ("https://www.google.com/url?q=" * 1200 + WATCH, "youtube", "aqz-KE-bpKQ"),
        (f"{SAFE}/?url={quote(f'https://www.google.com/url?q={WATCH}')}", "youtube", "aqz-KE-bpKQ"),
        # As a browser shows it.
        ("youtu.be/aqz-KE-bpKQ", "youtube", "aqz-KE-bpKQ"),
        ("www.twitch.tv/frontrow", "twitch", "frontrow"),
        ("Vimeo.com/76979871", "vimeo", "76979871"),
        ("cdn.example.org/a.m3u8", "hls", "https://cdn.example.org/a.m3u8"),
        ("https://www.google.com/urls?q=x", "iframe", "https://www.google.com/urls?q=x"),
    ],
)
def test_an_address_is_what_it_leads_to_with_https_before_it(room, pasted, kind, stored):
    assert (guess(pasted).kind, guess(pasted).clean(pasted)) == (kind, stored)


@pytest.mark.parametrize(
    "pasted",
    [
        f"{SAFE}/?data=1",
        "https://www.google.com/url?sa=t",
        f"{SAFE}/?url=javascript%3Aalert(1)",
        "https://www.google.com/url?q=http%3A%2F%2Fa.example%2F",
    ],
)
def test_a_link_that_leads_nowhere_is_no_player(room, pasted):
    assert guess(pasted) is None
    with pytest.raises(ValidationError, match="https://"):
        raise what_is_wrong(pasted)


def test_the_player_gets_an_address_that_plays():
    viewer, at = Viewer("P-000001", "", "testserver"), timezone.now()
    youtube = SOURCES["youtube"].playback("aqz-KE-bpKQ", Account(), viewer, at)
    assert youtube.url.startswith("https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?")
    twitch = SOURCES["twitch"].playback("frontrow", Account(), viewer, at)
    assert twitch.url == (
        "https://player.twitch.tv/?channel=frontrow&parent=testserver&autoplay=true"
    )
    event = SOURCES["vimeo"].playback("event/7/abc", Account(), viewer, at)
    assert event.url == "https://vimeo.com/event/7/embed/abc"
    assert "h=abc" in SOURCES["vimeo"].playback("123/abc", Account(), viewer, at).url


def test_a_stream_needs_its_host_on_the_list(conference):
    address = "https://cdn.example.org/main.m3u8"
    stream = Stream(room=make_room(conference), kind="hls", value=address)
    with pytest.raises(ValidationError, match="load nothing from cdn.example.org"):
        stream.full_clean()
    StreamHost.objects.create(conference=conference, host="cdn.example.org")
    stream.full_clean()


def test_a_playlist_of_a_vendor_plays_as_one(room):
    address = "https://player.vimeo.com/external/76979871.m3u8?s=abc&oauth2_token_id=7"
    stream = Stream(room=room)
    stream.paste(address, adds_hosts=False)
    stream.full_clean()
    assert (stream.kind, stream.value) == ("hls", address)
    assert stream.missing_hosts() == ["*.vimeocdn.com", "player.vimeo.com"]


def test_a_stream_on_our_own_host_needs_no_entry(room):
    Stream(room=room, kind="hls", value="/hls/main/index.m3u8").full_clean()
