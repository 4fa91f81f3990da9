"""Recordings in the admin: what is pasted, where talks begin, links by file."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference, make_recording, make_talk
from streaming.models import Nudge, Recording, StreamHost

pytestmark = pytest.mark.ignore_template_errors
SECRET_URL = "https://cdn.example.org/very-secret.m3u8"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client(organizer):
    return client_of(organizer)


@pytest.fixture
def talk(conference, room):
    return make_talk(conference, room=room, code="PAST", title="What has been", may_be_replayed=True,
                     starts_at=timezone.now().replace(microsecond=0) - timedelta(hours=2))  # fmt: skip


@pytest.fixture
def recording(talk, room):
    """Of the room, from ten minutes before the talk."""
    return make_recording(
        room,
        value=SECRET_URL,
        starts_at=talk.starts_at - timedelta(minutes=10),
        ends_at=talk.ends_at,
    )


def url(name, *args):
    return reverse(f"admin:streaming_recording_{name}", args=args)


def add(client, **fields):
    data = {"is_shown": "on", **fields}
    return client.post(url("add"), data, follow=True)


@pytest.mark.slow
def test_a_pasted_link_becomes_what_it_is(client, conference, talk):
    form = add(client, value="https://cdn.example.org/a.m3u8", talk=talk.pk)
    assert "load nothing from cdn" in str(form.context["adminform"].form.errors["value"])
    add(client, value="https://youtu.be/aqz-KE-bpKQ", talk=talk.pk)
    recording = Recording.objects.get()
    assert (recording.kind, recording.value, recording.conference) == (
        "youtube",
        "aqz-KE-bpKQ",
        conference,
    )
    assert StreamHost.objects.get().host == "www.youtube-nocookie.com"
    page = client.get(url("changelist")).content.decode()
    assert "YouTube: anyone with the link" in page
    assert "ticket holders" in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"value": "nothing"}, "nothing that we know"),
        ({"value": "https://meet.jit.si/room"}, "cannot be watched again"),
        ({"talk": ""}, "Choose a talk, or a room"),
        ({"room": "ROOM"}, "Choose a talk, or a room"),
        ({"talk": "", "room": "ROOM"}, "Choose a talk, or a room"),
        ({"captions": SimpleUploadedFile("a.vtt", b"<script>")}, "no WebVTT"),
    ],
)
def test_what_is_no_recording_is_refused(client, room, talk, fields, says):
    fields = {"value": "/static/demo/talk.m3u8", "talk": talk.pk, **fields}
    if fields.get("room"):
        fields["room"] = room.pk
    response = add(client, **fields)
    assert says in str(response.context["adminform"].form.errors)
    assert not Recording.objects.exists()


def test_those_of_another_conference_are_not_there(client, talk):
    elsewhere = make_talk(make_conference(domain="other.example"))
    other = make_recording(elsewhere)
    assert client.get(url("talks", other.pk)).status_code == 404
    assert client.post(url("nudge", other.pk, elsewhere.pk), {"by": 1}).status_code == 404
    response = add(client, value="/a.m3u8", talk=elsewhere.pk)
    assert "talk" in response.context["adminform"].form.errors


def offsets(client, recording):
    response = client.get(url("talks", recording.pk))
    assert "very-secret" not in response.content.decode()
    return {offset.talk.code: offset.clock for offset in response.context["offsets"]}


@pytest.mark.slow
def test_beginnings_are_nudged(client, conference, recording, talk):
    assert offsets(client, recording) == {"PAST": "10:00"}
    nudge = url("nudge", recording.pk, talk.pk)
    for step in (-10, -1, 10, 10):
        assert client.post(nudge, {"by": step, "second": "10:00"}).status_code == 302
    assert offsets(client, recording) == {"PAST": "10:09"}
    client.post(nudge, {"second": "11:30"})
    assert offsets(client, recording) == {"PAST": "11:30"}
    assert Nudge.objects.get().seconds == 90
    assert "Moved where" in client.get(url("history", recording.pk)).content.decode()
    client.post(nudge, {"by": -600})
    client.post(nudge, {"by": -600})
    assert offsets(client, recording) == {"PAST": "0:00"}
    client.post(nudge, {"second": "10:00"})
    assert not Nudge.objects.exists()
    page = client.post(nudge, {"second": "soon"}, follow=True).content.decode()
    assert "“soon” is no time" in page
    page = client.post(nudge, {}, follow=True).content.decode()
    assert "Say where it begins" in page


@pytest.mark.slow
def test_the_page_of_offsets_plays_and_says_what_is_in_the_way(
    client, conference, recording, talk, room
):
    StreamHost.objects.create(conference=conference, host="cdn.example.org")
    answer = client.get(url("playback", recording.pk) + "?t=90")
    (source,) = answer.json()["sources"]
    assert (source["url"], source["start"], source["began"]) == (SECRET_URL, 90, None)
    assert "no-store" in answer["Cache-Control"]
    response = client.get(url("talks", recording.pk))
    assert "connect-src 'self' https://cdn.example.org" in response["Content-Security-Policy"]
    make_talk(conference, room=room, title="Not asked", starts_at=talk.starts_at)
    page = client.get(url("talks", recording.pk)).content.decode()
    assert "it also holds “Not asked”, whose speakers have not agreed" in page
    response = client.post(url("change", recording.pk), {}, follow=True)
    own = make_recording(talk)
    assert "has a recording of its own" in client.get(url("talks", recording.pk)).content.decode()
    assert offsets(client, own) == {"PAST": "0:00"}


@pytest.mark.parametrize("name", ["talks", "playback", "changelist", "import"])
def test_they_are_for_organizers(attendee, recording, name):
    args = [recording.pk] if name in ("talks", "playback") else []
    response = client_of(attendee).get(url(name, *args))
    assert response.status_code in (302, 403)
    assert "very-secret" not in response.content.decode() + str(response.headers)


def what_it_sends(page):
    """The button of a page that shows a plan."""
    return {
        "digest": re.search(r'name="digest" value="(\w+)"', page.content.decode()).group(1),
        "text": page.context["confirm"]["text"].value(),
        "adds_hosts": "on",
        "apply": "Import",
    }


@pytest.mark.slow
def test_links_are_imported_by_file_after_their_plan(client, talk):
    text = "code,url,starts\nPAST,https://vimeo.com/76979871,42\n"

    def upload(text):
        file = SimpleUploadedFile("links.csv", text.encode())
        return client.post(url("import"), {"file": file, "adds_hosts": "on"})

    page = upload(text + "NONE,https://vimeo.com/1,\n").content.decode()
    assert "Line 3: There is no talk “NONE”." in page
    page = upload("code,url,captions\nPAST,https://vimeo.com/1,a.vtt\n").content.decode()
    assert "Captions come with" in page
    plan = upload(f"\n{text}")  # a form loses lines that are empty
    assert "What has been" in plan.content.decode()
    assert not Recording.objects.exists()
    page = client.post(url("import"), what_it_sends(plan), follow=True).content.decode()
    assert "1 recording imported." in page
    assert (Recording.objects.get().value, Nudge.objects.get().seconds) == ("76979871", 42)


@pytest.mark.slow
def test_an_import_is_refused_when_the_recordings_have_changed_since(client, talk):
    links = {"text": "code,url,starts\nPAST,https://vimeo.com/76979871,42\n", "adds_hosts": "on"}
    seen = what_it_sends(client.post(url("import"), links))
    client.post(url("import"), seen)
    again = client.post(url("import"), seen)  # as by a second click
    assert "have changed since this page was made" in again.content.decode()
    assert Recording.objects.count() == 1

    Recording.objects.update(value="1")
    client.post(url("import"), what_it_sends(again))
    assert Recording.objects.get().value == "1", "that page said that nothing would change"
    changed = what_it_sends(client.post(url("import"), links))
    Recording.objects.update(value="2")
    again = client.post(url("import"), changed)
    assert Recording.objects.get().value == "2", "that page was about another link"
    client.post(url("import"), what_it_sends(again))
    assert Recording.objects.get().value == "76979871"
