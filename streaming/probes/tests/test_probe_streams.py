"""manage.py probe_streams: what it looks at, what it keeps, and what its exit status says."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from conftest import make_conference, make_room, make_stream, make_talk, settle
from streaming.models import RoomMinute, StreamHealth, Switch
from streaming.probes import check_streams
from tickets.admission.watching import watch

PLAYLIST = """#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:{number}
#EXTINF:2,
piece.ts
"""


@pytest.fixture
def network(internet, settings):
    """Our own host, where every playlist of these tests lies."""
    settings.LOOPBACK_URL = internet.own_url
    return internet


@pytest.fixture
def play(network):
    host = network.own_url.removeprefix("http://")

    def put(path="/hls/main.m3u8", number=7):
        for one in ("testserver", "localhost", host):
            network.page(f"{one}{path}", PLAYLIST.format(number=number))
            network.page(f"{one}/hls/piece.ts", "picture")

    return put


@pytest.fixture
def on_air(conference, room):
    make_talk(conference, room=room, code="NOW")
    return make_stream(room, value="/hls/main.m3u8")


def probe(*arguments):
    """The exit status, and what was said."""
    settle()
    said = io.StringIO()
    try:
        call_command("probe_streams", *arguments, stdout=said)
    except SystemExit as end:
        return end.code, said.getvalue()
    return 0, said.getvalue()


def test_it_works(on_air, play):
    play()
    status, said = probe()
    assert status == 0
    assert said == "+ Main hall, HLS playlist (primary): plays\n"
    health = StreamHealth.objects.get()
    assert (health.stream, health.is_playing, health.mark) == (on_air, True, "8")
    assert health.moved_at == health.probed_at


def test_a_stream_that_is_not_there_ends_with_one(on_air, network):
    status, said = probe()
    assert status == 1
    assert said.startswith("- Main hall, HLS playlist (primary): There is nothing at this address")
    assert not StreamHealth.objects.get().is_playing


def test_a_playlist_that_does_not_move_on_is_noticed(on_air, play):
    play()
    probe()
    an_hour = timezone.now() - timedelta(hours=1)
    StreamHealth.objects.update(moved_at=an_hour)
    status, said = probe()
    assert status == 1
    assert "has not moved" in said
    assert StreamHealth.objects.get().moved_at == an_hour
    play(number=8)
    assert probe()[0] == 0
    assert StreamHealth.objects.get().moved_at > an_hour


def test_what_cannot_be_read_for_a_moment_has_not_moved_either(on_air, play, network):
    play()
    probe()
    before = StreamHealth.objects.get()
    network.pages.clear()
    probe()
    health = StreamHealth.objects.get()
    assert (health.mark, health.moved_at) == (before.mark, before.moved_at)


def test_streams_are_looked_at_when_they_are_wanted(conference, room, play):
    """Of rooms where something is on or soon, and whatever is a test; not of the night."""
    play()
    make_stream(room, value="/hls/main.m3u8")
    assert probe() == (0, "Nothing should play now.\n")
    make_stream(room, value="/hls/test.m3u8", is_test=True)
    status, said = probe("--json")
    [test] = json.loads(said)["streams"]
    assert (status, test["is_due"], test["is_playing"]) == (0, False, False)
    make_talk(conference, room=room, starts_at=timezone.now() + timedelta(minutes=10))
    assert [each["is_due"] for each in json.loads(probe("--json")[1])["streams"]] == [False, False]


@pytest.mark.parametrize("talk", [{"kind": "break"}, {"delivery": "on_site"}])
def test_in_a_break_and_on_site_nothing_is_due(conference, room, network, talk):
    make_talk(conference, room=room, **talk)
    make_stream(room, value="/hls/main.m3u8")
    assert probe()[0] == 0


def test_behind_a_slate_one_goes_on_looking(on_air, play, organizer):
    Switch.objects.create(room=on_air.room, slate="A moment, please", switched_by=organizer)
    assert probe()[0] == 1
    play()
    assert probe()[0] == 0


def test_one_conference_or_all(conference, on_air, play):
    other = make_conference(domain="other.test", slug="other")
    hall = make_room(other, name="Other hall")
    make_talk(other, room=hall)
    make_stream(hall, value="/hls/other.m3u8")
    play()
    assert probe("--conference", conference.slug)[0] == 0
    assert sorted(line[0] for line in probe()[1].splitlines()) == ["+", "-"]
    with pytest.raises(CommandError, match="no conference"):
        call_command("probe_streams", "--conference", "nowhere")


def test_the_number_of_queries_does_not_grow(
    conference, room, network, django_assert_max_num_queries
):
    for number in range(8):
        hall = make_room(conference)
        make_talk(conference, room=hall)
        make_stream(hall, value=f"/hls/{number}.m3u8")
    settle()
    with django_assert_max_num_queries(11):
        check_streams.check_streams([conference], timezone.now())


@pytest.mark.services
def test_how_many_watch_is_kept_minute_by_minute(conference, room):
    for device in "abc":
        watch(conference.pk, device, "main")
    probe()
    watch(conference.pk, "d", "main")
    _status, said = probe("--json")
    assert json.loads(said)["viewers"] == [
        {"conference": conference.slug, "room": "main", "viewers": 4}
    ]
    assert max(RoomMinute.objects.values_list("viewers", flat=True)) == 4
    RoomMinute.objects.count_failures(room, timezone.now(), 5)
    assert RoomMinute.objects.latest("began_at").failures == 5
