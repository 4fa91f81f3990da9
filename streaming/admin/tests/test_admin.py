import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import client_of, make_room, make_stream, make_talk
from streaming.models import Stream, StreamHost

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
VIDEO = "dQw4w9WgXcQ"


@pytest.fixture
def client(organizer):
    return client_of(organizer)


def save(client, room, *streams, **kw):
    """Sends the form of the room with these streams, as the page would."""
    data = {"name": room.name, "slug": room.slug, "position": 0}
    kept = room.streams.count()
    management = {"TOTAL_FORMS": len(streams), "INITIAL_FORMS": kept}
    data |= {f"streams-{key}": value for key, value in management.items()}
    data |= {"talks-TOTAL_FORMS": 0, "talks-INITIAL_FORMS": 0}
    for number, stream in enumerate(streams):
        fields = {"role": "primary", "room": room.pk, **stream}
        data |= {f"streams-{number}-{key}": value for key, value in fields.items()}
    url = reverse("admin:schedule_room_change", args=[room.pk])
    return client.post(url, {**data, **kw}, follow=True)


def errors_of(response):
    formset = response.context["inline_admin_formsets"][0].formset
    return formset.errors


@pytest.mark.slow
def test_a_stream_is_set_in_the_form_of_its_room(client, conference, room):
    StreamHost.objects.create(conference=conference, host="www.youtube-nocookie.com")
    page = save(client, room, {"kind": "youtube", "value": f"https://youtu.be/{VIDEO}?t=3"})
    stream = Stream.objects.get()
    assert (stream.room, stream.value) == (room, VIDEO)
    said = page.content.decode()
    assert f"YouTube (primary) plays https://www.youtube-nocookie.com/embed/{VIDEO}" in said
    assert "Anyone with the link can watch, and goes on watching." in said

    form = client.get(reverse("admin:schedule_room_change", args=[room.pk])).content.decode()
    assert f'value="{VIDEO}"' in form
    assert "understood as" in form.lower()


def test_times_are_the_conferences(client, room):
    times = {"starts_at_0": "2026-07-01", "starts_at_1": "10:00"}
    save(client, room, {"kind": "hls", "value": "/hls/main/index.m3u8", **times})
    assert Stream.objects.get().starts_at.isoformat() == "2026-07-01T08:00:00+00:00"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("youtube", "https://vimeo.com/76979871", "This is no address of a YouTube video."),
        ("hls", "http://cdn.example.org/a.m3u8", "Use https:// instead of http://"),
        ("hls", "https://cdn.example.org/a.mp4", "ends with .m3u8"),
        ("hls", "https://cdn.example.org/a.m3u8", "load nothing from cdn.example.org"),
        ("iframe", "", "This field is required."),
    ],
)
def test_wrong_input_is_explained_at_the_address(client, room, kind, value, says):
    response = save(client, room, {"kind": kind, "value": value})
    assert says in str(errors_of(response)[0]["value"])
    assert not Stream.objects.exists()


@pytest.mark.slow
def test_a_stream_that_ends_before_it_starts_is_refused(client, room):
    times = {
        "starts_at_0": "2026-07-01",
        "starts_at_1": "10:00",
        "ends_at_0": "2026-07-01",
        "ends_at_1": "09:00",
    }
    response = save(client, room, {"kind": "hls", "value": "/hls/a.m3u8", **times})
    assert "The stream ends before it starts." in str(errors_of(response))


def test_talks_in_the_form_are_not_written(client, conference, room):
    talk = make_talk(conference, room=room, title="Engines")
    row = {"talks-0-id": talk.pk, "talks-0-room": room.pk, "talks-0-title": "Changed"}
    save(client, room, **{**row, "talks-TOTAL_FORMS": 1, "talks-INITIAL_FORMS": 1})
    talk.refresh_from_db()
    assert talk.title == "Engines"


def test_a_stream_is_taken_away(client, room):
    stream = make_stream(room)
    row = {"id": stream.pk, "kind": "hls", "value": stream.value, "DELETE": "on"}
    save(client, room, row)
    assert not Stream.objects.exists()


def test_a_new_room_gets_its_streams_once_it_exists(client, conference):
    page = client.get(reverse("admin:schedule_room_add")).content.decode()
    assert "streams-TOTAL_FORMS" not in page


@pytest.mark.slow
def test_the_list_of_rooms_says_what_streams_they_have(client, conference, room):
    url = reverse("admin:schedule_room_changelist")
    make_stream(room)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        assert "HLS playlist (primary)" in client.get(url).content.decode()
    for _number in range(2):
        make_stream(make_room(conference), role="backup")
    with CaptureQueriesContext(connection) as three:
        page = client.get(url).content.decode()
    assert page.count("HLS playlist (backup)") == 2
    assert len(three) == len(one)


@pytest.fixture
def save_hosts(client, conference):
    def save_hosts(*hosts):
        data = {
            "name": "Testconf",
            "slug": conference.slug,
            "starts_on": conference.starts_on,
            "ends_on": conference.ends_on,
            "time_zone": "Europe/Berlin",
            "day_starts_at_hour": 4,
            "visibility": "hidden",
            "languages": "en",
            "accent_colour": "#000000",
            "stream_hosts-TOTAL_FORMS": len(hosts),
            "stream_hosts-INITIAL_FORMS": 0,
        }
        rows = {
            f"stream_hosts-{number}-{key}": value
            for number, host in enumerate(hosts)
            for key, value in (("host", host), ("conference", conference.pk))
        }
        url = reverse("admin:schedule_conference_change", args=[conference.pk])
        return client.post(url, data | rows, follow=True)

    return save_hosts


def test_hosts_are_added_in_the_form_of_the_conference(save_hosts):
    save_hosts("cdn.example.org", "https://Player.Vimeo.com/video/76979871")
    assert set(StreamHost.objects.values_list("host", flat=True)) == {
        "cdn.example.org",
        "player.vimeo.com",
    }


@pytest.mark.slow
def test_what_is_no_host_is_explained(save_hosts):
    response = save_hosts("my cdn")
    assert "Write a host name in small letters" in str(errors_of(response))
    assert not StreamHost.objects.exists()


@pytest.mark.slow
def test_the_same_host_twice_is_explained(save_hosts):
    response = save_hosts("cdn.example.org", "https://cdn.example.org/live")
    assert "Please correct the duplicate" in response.content.decode()
    assert not StreamHost.objects.exists()
