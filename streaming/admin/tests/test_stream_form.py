"""What organizers paste: the kind is guessed, and everything else stays out of the way."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from conftest import client_of, make_conference, make_room, make_stream, make_talk
from lib.sealing import seal
from streaming.admin.tests.test_admin import errors_of, save
from streaming.models import Stream, StreamAccount, StreamHost
from streaming.sources import guess
from streaming.sources.tests.keys import PEM_IN_BASE64, PLAYBACK_ID, UID, VIDEO

pytestmark = pytest.mark.ignore_template_errors
PASTED = [
    ("aqz-KE-bpKQ", "youtube"),
    ("https://youtu.be/aqz-KE-bpKQ", "youtube"),
    ("https://vimeo.com/76979871", "vimeo"),
    ("https://vimeo.com/event/4154130/embed/fc2eb1e1b3", "vimeo"),
    (f"https://stream.mux.com/{PLAYBACK_ID}.m3u8", "mux"),
    (f'<mux-player playback-id="{PLAYBACK_ID}"></mux-player>', "mux"),
    (PLAYBACK_ID, "mux"),
    (UID, "cloudflare"),
    (f"https://customer-abc12345.cloudflarestream.com/{UID}/iframe", "cloudflare"),
    (f"https://customer-abc12345.cloudflarestream.com/{UID}/manifest/video.m3u8", "cloudflare"),
    (f'<iframe src="https://iframe.mediadelivery.net/embed/759/{VIDEO}?a=1"></iframe>', "bunny"),
    (VIDEO, "bunny"),
    ("https://zone.b-cdn.net/main/playlist.m3u8", "bunny-cdn"),
    ("https://cdn.example.org/main/playlist.m3u8", "hls"),
    ("/static/demo/talk.m3u8", "hls"),
    ("/hls/main/index.m3u8", "origin"),
    ("https://us02web.zoom.us/j/81234567890?pwd=x", "join"),
    ("https://meet.jit.si/Workshop", "join"),
    ("https://bbb.example.org/b/ada-x1y-z2w", "join"),
    ("https://player.example.org/embed/1", "iframe"),
    ("<iframe src='https://player.example.org/embed/1'></iframe>", "iframe"),
]


@pytest.fixture
def client(organizer):
    return client_of(organizer)


def account(conference, kind="mux", **kw):
    secret = seal(PEM_IN_BASE64)
    return StreamAccount.objects.create(
        conference=conference, kind=kind, key_id="k", secret=secret, **kw
    )


@pytest.mark.parametrize(("pasted", "kind"), PASTED)
def test_the_kind_is_guessed(pasted, kind):
    found = guess(pasted)
    assert found is not None
    assert found.kind == kind
    stored = found.clean(pasted)
    assert found.clean(stored) == stored, "what is stored can be pasted again"


@pytest.mark.parametrize("pasted", ["hello", "http://example.org/a", "", "javascript:alert(1)"])
def test_what_is_nothing_is_not_guessed(pasted):
    assert guess(pasted) is None


def test_nothing_but_the_address_is_typed(client, conference, room):
    StreamHost.objects.create(conference=conference, host="player.vimeo.com")
    save(client, room, {"value": "https://vimeo.com/76979871"})
    stream = Stream.objects.get()
    assert (stream.kind, stream.value) == ("vimeo", "76979871")


@pytest.mark.slow
def test_another_address_is_guessed_anew_and_a_choice_is_kept(client, room):
    stream = make_stream(room, value="/hls/main/index.m3u8")
    row = {"id": stream.pk, "kind": "hls", "adds_hosts": "on"}
    save(client, room, {**row, "value": "https://youtu.be/aqz-KE-bpKQ"})
    stream.refresh_from_db()
    assert stream.kind == "youtube"
    framed = "https://www.youtube.com/embed/aqz-KE-bpKQ?controls=0"
    save(client, room, {**row, "kind": "iframe", "value": framed})
    stream.refresh_from_db()
    assert (stream.kind, stream.value) == ("iframe", framed)


@pytest.mark.slow
def test_a_host_that_is_missing_is_added_by_a_tick(client, conference, room):
    row = {"value": "https://cdn.example.org/main.m3u8"}
    response = save(client, room, row)
    (problem,) = errors_of(response)[0]["value"]
    assert "load nothing from cdn.example.org" in problem
    page = response.content.decode()
    tick, kind = page.index('name="streams-0-adds_hosts"'), page.index('name="streams-0-kind"')
    assert '<input type="checkbox" name="streams-0-adds_hosts"' in page
    assert page.index("load nothing from") < tick < kind, "the tick is where the message is"
    save(client, room, {**row, "adds_hosts": "on"})
    assert Stream.objects.get().value == row["value"]
    assert conference.stream_hosts.get().host == "cdn.example.org"


@pytest.mark.parametrize(
    ("kind", "pasted", "host"),
    [
        ("", "https://youtu.be/aqz-KE-bpKQ", "www.youtube-nocookie.com"),
        ("", "https://vimeo.com/76979871", "player.vimeo.com"),
        ("", "https://www.twitch.tv/frontrow", "player.twitch.tv"),
        ("iframe", "https://www.youtube.com/embed/aqz-KE-bpKQ", "www.youtube.com"),
        # Of a public playback: its qualities are on other hosts.
        ("hls", f"https://stream.mux.com/{PLAYBACK_ID}.m3u8", "*.mux.com"),
    ],
)
def test_the_hosts_of_vendors_that_are_known_need_no_tick(
    client, conference, room, kind, pasted, host
):
    save(client, room, {"kind": kind, "value": pasted})
    assert Stream.objects.exists()
    assert [each.host for each in conference.stream_hosts.all()] == [host]


@pytest.mark.slow
def test_a_host_is_no_vendor_by_the_name_of_a_server(client, conference, room):
    save(client, room, {"kind": "iframe", "value": "https://bbb.example.org/room"})
    assert not Stream.objects.exists()
    assert not conference.stream_hosts.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "pasted", "says"),
    [
        ("iframe", "https://www.youtube.com/@channel/live", "This is a channel"),
        ("iframe", "https://youtu.be/aqz-KE-bpKQ", "Choose “YouTube” as the source"),
        ("iframe", "https://www.twitch.tv/frontrow", "Choose “Twitch” as the source"),
        ("iframe", "https://us02web.zoom.us/j/81234567890", "may not be put into a frame"),
        ("hls", "https://dashboard.mux.com/live.m3u8", "copy its playback id"),
        ("", "http://cdn.example.org/main.m3u8", "Use https:// instead of http://"),
        ("", '<iframe src="http://player.example.org/"></iframe>', "Use https:// instead of"),
        ("", "nonsense", "This is nothing that we know"),
    ],
)
def test_what_cannot_play_is_refused_whatever_is_chosen(client, room, kind, pasted, says):
    response = save(client, room, {"kind": kind, "value": pasted, "adds_hosts": "on"})
    assert says in str(errors_of(response)[0]["value"])
    assert not Stream.objects.exists()


@pytest.mark.slow
def test_what_plays_in_a_frame_may_be_chosen_as_one(client, conference, room):
    for pasted in (
        "https://player.vimeo.com/video/76979871?title=0",
        "https://player.twitch.tv/?channel=frontrow&parent=testserver",
        "https://meet.jit.si/Workshop",
        "https://geo.dailymotion.com/player.html?video=x8abc",
    ):
        save(client, room, {"kind": "iframe", "value": pasted, "adds_hosts": "on"})
        assert Stream.objects.filter(kind="iframe", value=pasted).exists(), pasted
        Stream.objects.all().delete()


@pytest.mark.slow
def test_a_host_below_a_listed_one_is_listed(client, conference, room):
    StreamHost.objects.create(conference=conference, host="*.example.org")
    save(client, room, {"value": "https://a.b.example.org/main.m3u8"})
    assert Stream.objects.get().kind == "hls"
    response = save(client, make_room(conference), {"value": "https://example.com/main.m3u8"})
    assert "load nothing from example.com" in str(errors_of(response))


def test_the_only_account_is_taken(client, conference, room):
    mine = account(conference)
    account(make_conference(domain="other.example.org"), name="another conference's")
    save(client, room, {"value": PLAYBACK_ID, "adds_hosts": "on"})
    stream = Stream.objects.get()
    assert (stream.kind, stream.account) == ("mux", mine)
    assert conference.stream_hosts.get().host == "*.mux.com"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [None, "cloudflare"])
def test_without_an_account_of_its_kind_it_is_explained(client, conference, room, kind):
    row = {"value": PLAYBACK_ID}
    if kind:
        row["account"] = account(conference, kind, account_id="abc12345").pk
    response = save(client, room, row)
    assert "Mux signs with an account of its own" in str(errors_of(response)[0]["account"])


@pytest.mark.slow
def test_an_account_of_another_conference_is_refused(client, room):
    other = account(make_conference(domain="other.example.org"))
    response = save(client, room, {"value": PLAYBACK_ID, "account": other.pk})
    assert "account" in errors_of(response)[0]
    assert not Stream.objects.exists()


def test_our_own_origin_needs_no_address(client, room):
    save(client, room, {"kind": "origin", "value": ""})
    assert Stream.objects.get().value == room.slug


def test_talk_language_and_test_are_kept(client, conference, room):
    talk = make_talk(conference, room=room)
    row = {"value": "/hls/main/index.m3u8", "talk": talk.pk, "language": "de", "is_test": "on"}
    save(client, room, row)
    stream = Stream.objects.get()
    assert (stream.talk, stream.language, stream.is_test) == (talk, "de", True)


VTT = b"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ada>Hello</v> <i>there</i> &amp; <00:02.000>you\n"


def upload(client, room, data):
    file = SimpleUploadedFile("talk.vtt", data)
    return save(client, room, {"value": "/static/demo/talk.m3u8", "captions": file})


def test_captions_are_taken_under_a_name_that_nobody_guesses(client, room, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    upload(client, room, VTT)
    captions = Stream.objects.get().captions
    assert captions.read() == VTT
    captions.close()
    assert "talk" not in captions.name
    assert len(captions.name) > 25


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"1\n00:00:01,000 --> 00:00:04,000\nHello", "no WebVTT"),
        (b"WEBVTTX\n\n00:01.000 --> 00:04.000\nHello", "no WebVTT"),
        (b"WEBVTT\n\nHello", "no caption in it"),
        (b"WEBVTT\n\n00:01.000 --> 00:04.000\n\xff", "not UTF-8"),
        (VTT + b"<script>alert(1)</script>", "may not hold HTML"),
        (VTT + b"<img src=x onerror=alert(1)>", "may not hold HTML"),
        (VTT + b" " * (2 * 1024 * 1024), "2 MB"),
    ],
)
def test_what_is_no_captions_is_refused(client, room, settings, tmp_path, data, says):
    settings.MEDIA_ROOT = tmp_path
    assert says in str(errors_of(upload(client, room, data))[0]["captions"])
    assert not list(tmp_path.iterdir())


def test_the_list_of_rooms_says_how_well_each_is_protected(client, room):
    make_stream(room, kind="origin", value="main")
    make_stream(room, kind="youtube", value="aqz-KE-bpKQ", role="backup")
    page = client.get(reverse("admin:schedule_room_changelist")).content.decode()
    assert "our own origin (primary): gated, 10 s" in page
    assert "YouTube (backup): anyone with the link" in page
