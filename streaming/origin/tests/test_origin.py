"""What nginx asks and tells about our own streams: who may send, who may watch, what was recorded."""

import fcntl
import os
import subprocess
from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_room,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from streaming.models import Ingest, Recording
from streaming.origin.folders import incoming
from streaming.origin.recording import NotKept, keep
from streaming.watching.tests.cameras import ffmpeg_path
from tickets.models import Ticket

GATE = "/_origin/gate/room/main/"
SECRET = "only nginx knows"
SECOND = 1_700_000_000


@pytest.fixture(autouse=True)
def origin(settings, tmp_path):
    settings.ORIGIN_SECRET = SECRET
    settings.RECORDINGS_ROOT = str(tmp_path)
    incoming().mkdir()


@pytest.fixture
def ingest(room):
    return Ingest.objects.create(room=room)


def call(hook, *, secret=SECRET, **fields):
    """As nginx calls: for no conference's host, with no cookie."""
    return Client(enforce_csrf_checks=True).post(f"/_origin/{hook}/?secret={secret}", fields)


# --- Encoders ----------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["key", "began", "ended", "recorded"])
def test_only_nginx_calls(ingest, settings, hook):
    fields = {"name": ingest.key, "path": "x"}
    refused = call(hook, secret="guessed", **fields)
    assert refused.status_code == 404
    assert "Location" not in refused.headers
    response = Client().get(f"/_origin/{hook}/?secret={SECRET}")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    settings.ORIGIN_SECRET = ""
    refused = call(hook, secret="", **fields)
    assert refused.status_code == 404
    assert "Location" not in refused.headers


def begin(key):
    """What the encoder is told, and then the inner side of RTMP."""
    answer = call("key", app="live", name=key)
    if answer.status_code != 302:
        return answer
    stream, _question, password = answer.headers["Location"].rpartition("/")[2].partition("?pass=")
    return call("began", name=stream, **{"pass": password})


def test_the_key_leads_to_the_room(conference, ingest):
    answer = call("key", app="live", name=ingest.key)
    assert answer.status_code == 302
    target = f"rtmp://127.0.0.1:1936/recorded/{conference.pk}-main?pass="
    assert answer.headers["Location"].startswith(target)
    assert ingest.key not in answer.headers["Location"]

    Ingest.objects.update(records=False)
    answer = call("key", app="live", name=ingest.key)
    assert "/unrecorded/" in answer.headers["Location"]


def test_a_wrong_key_a_closed_door_and_an_old_key_are_refused(ingest):
    old = ingest.key
    ingest.renew_key()
    refused = [call("key", name="guessed"), call("key"), call("key", name=old)]
    assert "Location" in call("key", name=ingest.key).headers
    Ingest.objects.update(is_open=False)
    refused.append(call("key", name=ingest.key))
    assert [answer.status_code for answer in refused] == [403] * 4
    assert not any("Location" in answer.headers for answer in refused)


def test_on_air_since(ingest):
    before = timezone.now()
    assert begin(ingest.key).status_code == 204
    ingest.refresh_from_db()
    assert before <= ingest.began_at <= timezone.now()
    assert call("ended", name=f"{ingest.room.conference_id}-main").status_code == 204
    ingest.refresh_from_db()
    assert ingest.began_at is None


def test_nobody_enters_the_inner_side_by_themselves(conference, ingest):
    """Any program of the machine can knock there."""
    stream = f"{conference.pk}-main"
    assert call("began", name=stream).status_code == 403
    second = make_room(conference, slug="second")
    key = Ingest.objects.create(room=second).key
    password = call("key", name=key).headers["Location"].partition("?pass=")[2]
    assert call("began", name=stream, **{"pass": password}).status_code == 403
    assert not Ingest.objects.filter(began_at__isnull=False).exists()
    assert call("began", name=f"{conference.pk}-second", **{"pass": password}).status_code == 204
    assert Ingest.objects.get(began_at__isnull=False).room == second


# --- Viewers -----------------------------------------------------------------------------------


def test_the_gate_lets_ticket_holders_in_and_names_the_folder(conference, room, attendee):
    answer = client_of(attendee).get(GATE)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["X-Folder"] == f"{conference.pk}-main"


def test_the_gate_refuses_in_one_word(conference, room, attendee, stranger):
    other = make_user()
    make_ticket(conference, user=other, scopes=["room:second"])
    Ticket.objects.filter(claims__user=attendee).update(state=Ticket.State.CANCELED)
    for user, status in ((None, 401), (stranger, 403), (other, 403), (attendee, 403)):
        answer = client_of(user).get(GATE)
        assert (answer.status_code, answer.content) == (status, b"")
        assert "X-Folder" not in answer.headers


def test_no_header_of_a_visitor_counts(conference, room):
    other = make_user()
    make_ticket(conference, user=other, scopes=["room:second"])
    forged = {"X-Original-URI": "/hls/second/index.m3u8", "X-Folder": "1-second"}
    answer = client_of(other).get(GATE, headers=forged)
    assert (answer.status_code, answer.content) == (403, b"")
    assert "X-Folder" not in answer.headers


def test_a_room_of_the_same_name_elsewhere_is_another_room(room, attendee):
    elsewhere = make_conference(domain="other.test")
    make_room(elsewhere, slug="main")
    visitor = make_user()
    make_ticket(elsewhere, user=visitor)
    assert client_of(attendee, "other.test").get(GATE).status_code == 403
    answer = client_of(visitor, "other.test").get(GATE)
    assert answer.headers["X-Folder"] == f"{elsewhere.pk}-main"


@pytest.mark.services
def test_the_gate_costs_three_round_trips_and_no_sql(room, attendee):
    client = client_of(attendee)
    settle()
    client.get(GATE)
    redis = cache.client.get_client()
    before = redis.info("stats")["total_reads_processed"]
    with CaptureQueriesContext(connection) as queries:
        assert client.get(GATE).status_code == 204
    asking = 1
    assert redis.info("stats")["total_reads_processed"] - before - asking == 3
    assert [query["sql"] for query in queries] == []


# --- Recordings --------------------------------------------------------------------------------


def make_recording(room, **kw):
    fields = {"kind": "origin-recording", "value": "abc", "starts_at": timezone.now()}
    return Recording.objects.create(conference=room.conference, room=room, **{**fields, **kw})


def test_recordings_ask_for_the_replays(conference, room, attendee, stranger):
    make_recording(room)
    viewer = make_user()
    make_ticket(conference, user=viewer, scopes=["replay"])
    gate = "/_origin/gate/recording/abc/"
    assert client_of(viewer).get(gate).headers["X-Folder"] == "abc"
    assert client_of(attendee).get(gate).status_code == 204
    assert client_of(stranger).get(gate).status_code == 403
    assert Client().get(gate).status_code == 401
    for unknown in ("incoming", "abd"):
        assert client_of(attendee).get(f"/_origin/gate/recording/{unknown}/").status_code == 403


def opened(user):
    """The status, and the folder that nginx is told."""
    answer = client_of(user).get("/_origin/gate/recording/abc/")
    assert answer.content == b""
    return answer.status_code, answer.headers.get("X-Folder")


def test_a_recording_may_be_open_to_everybody_or_hidden(room, attendee, organizer):
    recording = make_recording(room, public_at=timezone.now() - timedelta(days=1))
    assert opened(None) == (204, "abc")
    recording.is_shown = False
    recording.save()
    assert opened(None) == (403, None)
    assert opened(attendee) == (403, None)
    assert opened(organizer) == (204, "abc")


def test_a_recording_of_somebody_who_has_not_agreed_is_for_organizers(room, attendee, organizer):
    start = timezone.now() - timedelta(hours=2)
    talk = make_talk(room.conference, room=room, starts_at=start, may_be_replayed=True)
    make_recording(room, starts_at=start, ends_at=talk.ends_at)
    settle()
    assert opened(attendee) == (204, "abc")
    talk.may_be_replayed = False
    talk.save()
    settle()
    assert opened(attendee) == (403, None)
    assert opened(organizer) == (204, "abc")


def film(name, seconds=3):
    file = incoming() / name
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=160x90:rate=10:duration={seconds}"]
    command = ["ffmpeg", "-loglevel", "error", *picture, "-c:v", "libx264", "-g", "10", str(file)]
    subprocess.run(command, check=True)
    return file


needs_ffmpeg = pytest.mark.skipif(ffmpeg_path() is None, reason="needs ffmpeg: apt install ffmpeg")


@pytest.mark.slow
@needs_ffmpeg
def test_what_was_recorded_is_kept_from_its_first_picture_to_its_last(conference, ingest, tmp_path):
    file = film(f"{conference.pk}-main-{SECOND}.flv")
    # The encoder sent nothing in the first four seconds.
    os.utime(file, (SECOND + 7, SECOND + 7))
    assert call("recorded", path=str(file)).status_code == 204
    recording = Recording.objects.get()
    assert (recording.conference, recording.room) == (conference, ingest.room)
    assert recording.starts_at.timestamp() == SECOND + 4
    assert recording.ends_at.timestamp() == SECOND + 7
    folder = tmp_path / recording.value
    assert {file.name for file in folder.iterdir()} == {"index.m3u8", "recording.mp4"}
    assert "#EXT-X-ENDLIST" in (folder / "index.m3u8").read_text()
    assert not file.exists()
    assert keep(file) is None


@pytest.mark.slow
@needs_ffmpeg
def test_what_cannot_be_kept_stays(conference, ingest, tmp_path):
    broken = incoming() / f"{conference.pk}-main-{SECOND}.flv"
    broken.write_bytes(b"no film" * 1000)
    with pytest.raises(NotKept, match="cannot be read"):
        keep(broken)
    empty = incoming() / f"{conference.pk}-main-{SECOND + 1}.flv"
    empty.write_bytes(b"FLV")
    (incoming() / f"999-main-{SECOND}.flv").write_bytes(b"?" * 2000)
    with pytest.raises(CommandError, match="2 could not be kept"):
        call_command("keep_recordings")
    assert sorted(file.name for file in incoming().iterdir()) == sorted(
        [broken.name, f"999-main-{SECOND}.flv"]
    )
    assert [folder.name for folder in tmp_path.iterdir()] == ["incoming"]
    assert not Recording.objects.exists()


@pytest.mark.slow
def test_what_is_still_being_recorded_is_left_alone(conference, ingest):
    file = incoming() / f"{conference.pk}-main-{SECOND}.flv"
    file.write_bytes(b"film" * 1000)
    # As nginx locks it (record_lock); a process does not stand in its own way, so another does it.
    holder = subprocess.Popen(
        ["python3", "-c", LOCK, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"locked\n"
    assert keep(file) is None
    holder.communicate()
    assert file.exists()
    with file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert keep(file) is None


LOCK = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../1-main-1700000000.flv.sh", "main.flv"])
def test_only_what_nginx_names_so_is_a_recording(ingest, path):
    with mock.patch("streaming.origin.hooks.keep_recording") as keep_recording:
        assert call("recorded", path=path).status_code == 403
    keep_recording.enqueue.assert_not_called()


# --- Organizers --------------------------------------------------------------------------------


def save_encoder(client, room, **encoder):
    kept = Ingest.objects.filter(room=room).count()
    data = {"name": room.name, "slug": room.slug, "position": 0}
    for prefix, count in (("streams", 0), ("talks", 0), ("ingest", 1)):
        initial = kept if prefix == "ingest" else 0
        data |= {f"{prefix}-TOTAL_FORMS": count, f"{prefix}-INITIAL_FORMS": initial}
    fields = {"is_open": "on", "records": "on", "room": room.pk, **encoder}
    data |= {f"ingest-0-{name}": value for name, value in fields.items()}
    if kept:
        data["ingest-0-id"] = room.ingest.pk
    url = reverse("admin:schedule_room_change", args=[room.pk])
    return client.post(url, data, follow=True)


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_organizers_find_what_to_write_into_obs(room, organizer, settings):
    client = client_of(organizer)
    url = reverse("admin:schedule_room_change", args=[room.pk])
    assert "It is made when you save." in client.get(url).content.decode()
    save_encoder(client, room)
    old = Ingest.objects.get().key
    form = client.get(url).content.decode()
    assert 'value="rtmp://testserver/live"' in form
    assert f'value="{old}"' in form
    assert "Nothing comes in." in form

    save_encoder(client, room, renews_key="on", records="")
    ingest = Ingest.objects.get()
    assert ingest.key != old
    assert not ingest.records
    settings.ORIGIN_SECRET = ""
    assert "rtmp://" not in client.get(url).content.decode()
