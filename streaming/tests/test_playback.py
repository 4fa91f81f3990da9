"""The address of a stream is handed out after the check, and nowhere else."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from conftest import client_of, make_room, make_stream, make_talk, make_ticket, make_user, settle
from schedule.models import Visibility
from tickets.models import Ticket

SECRET_URL = "/hls/very-secret/index.m3u8"


@pytest.fixture
def stream(room):
    return make_stream(room, value=SECRET_URL)


def test_an_attendee_gets_the_source(attendee, stream):
    response = client_of(attendee).get("/rooms/main/playback.json")
    source = {
        "tag": stream.tag,
        "kind": "hls",
        "player": "video",
        "url": SECRET_URL,
        "expires": None,
        "role": "primary",
        "begins": None,
        "is_gated": False,
        "language": "",
        "captions": None,
    }
    handed_out = {"sources": [source], "choices": [], "slate": "", "tag": stream.tag}
    assert response.json() == handed_out
    assert "no-store" in response["Cache-Control"]


def test_primary_comes_before_backup_and_the_later_span_before_the_open_one(attendee, room, stream):
    backup = make_stream(room, role="backup", value="/b.m3u8")
    afternoon = make_stream(room, value="/c.m3u8", starts_at=timezone.now() - timedelta(hours=1))
    sources = client_of(attendee).get("/rooms/main/playback.json").json()["sources"]
    assert [source["tag"] for source in sources] == [afternoon.tag, stream.tag, backup.tag]


def test_a_stream_outside_its_span_is_not_handed_out(attendee, room):
    make_stream(room, ends_at=timezone.now() - timedelta(minutes=1))
    make_stream(room, starts_at=timezone.now() + timedelta(minutes=1))
    assert client_of(attendee).get("/rooms/main/playback.json").json()["sources"] == []


def test_without_signing_in(stream):
    response = client_of(None).get("/rooms/main/playback.json")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "login_required"
    assert SECRET_URL not in response.text


def test_without_a_ticket(stranger, stream):
    response = client_of(stranger).get("/rooms/main/playback.json")
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "ticket_required"
    assert SECRET_URL not in response.text


def test_with_a_ticket_for_another_room(conference, stream):
    make_room(conference, slug="workshop")
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:workshop"])
    response = client_of(user).get("/rooms/main/playback.json")
    assert response.json()["error"]["code"] == "wrong_ticket"


def test_after_the_ticket_was_canceled(attendee, stream):
    client = client_of(attendee)
    assert client.get("/rooms/main/playback.json").status_code == 200
    Ticket.objects.update(state="canceled")
    cache.clear()
    response = client.get("/rooms/main/playback.json")
    assert response.json()["error"]["code"] == "ticket_canceled"


def test_everybody_while_the_conference_is_all_public(conference, stream):
    conference.visibility = Visibility.ALL
    conference.save()
    settle()
    assert (
        client_of(None).get("/rooms/main/playback.json").json()["sources"][0]["url"] == SECRET_URL
    )


@pytest.mark.parametrize("path", ["/", "/schedule/", "/rooms/main/", "/lobby/", "/live.json"])
def test_no_page_holds_the_address(attendee, conference, room, stream, path):
    make_talk(conference, room=room)
    settle()
    response = client_of(attendee).get(path)
    assert response.status_code == 200
    assert "very-secret" not in response.text
    assert "very-secret" not in str(response.headers)


def test_the_pulse_goes_on_for_an_attendee(attendee, room):
    assert client_of(attendee).post("/pulse/", {"room": "main"}).json() == {"ok": True}


def test_the_pulse_says_no_in_a_room_that_is_not_open(conference, room):
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:workshop"])
    response = client_of(user).post(
        "/pulse/", {"room": "main"}, headers={"accept": "application/json"}
    )
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "wrong_ticket"
