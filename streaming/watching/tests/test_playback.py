"""The address of a stream is handed out after the check, and nowhere else."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from conftest import client_of, make_room, make_stream, make_talk, make_ticket, make_user, settle
from schedule.models import Visibility
from tickets.models import Grant, Product, ReplacementCount, Ticket

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
        "is_recording": False,
        "is_gated": False,
        "language": "",
        "captions": None,
    }
    handed_out = {"sources": [source], "choices": [], "slate": "", "tag": stream.tag}
    assert response.json() == handed_out
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("address", "delivery", "is_recording"),
    [
        ({"value": "/static/demo/talk.m3u8"}, None, True),
        ({"kind": "origin", "value": "main"}, None, False),
        ({"kind": "origin-recording", "value": "abc"}, None, True),
        ({"value": "https://cdn.example.org/main.m3u8"}, None, False),
        ({"value": "https://cdn.example.org/main.m3u8"}, "live", False),
        ({"value": "https://cdn.example.org/main.m3u8"}, "pre_recorded", True),
    ],
)
def test_the_player_learns_what_is_meant_to_end(
    attendee, conference, room, address, delivery, is_recording
):
    """Anything else that ends is looked for until it goes on (static/js/player.js)."""
    talk = make_talk(conference, room=room, delivery=delivery) if delivery else None
    make_stream(room, talk=talk, **address)
    (source,) = client_of(attendee).get("/rooms/main/playback.json").json()["sources"]
    assert source["is_recording"] is is_recording


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


# --- Places: on how many devices at a time -----------------------------------------------------

JSON = {"accept": "application/json"}


@pytest.fixture
def devices(attendee):
    """Three browsers of one person, whose ticket has two places."""
    return [client_of(attendee) for _device in range(3)]


def watch(client):
    return client.get("/rooms/main/playback.json")


def pulse(client, **fields):
    return client.post("/pulse/", {"room": "main", **fields}, headers=JSON)


def code_of(response):
    return response.status_code, response.json()["error"]["code"]


def test_the_third_device_gets_no_address(devices, stream):
    first, second, third = devices
    assert watch(first).json()["sources"] and watch(second).json()["sources"]
    assert code_of(watch(third)) == (403, "too_many_places")
    assert SECRET_URL not in watch(third).text
    assert code_of(pulse(third)) == (403, "too_many_places")
    assert pulse(first).json() == {"ok": True}


def test_watch_here_instead_stops_the_device_that_began_first(devices, attendee, stream):
    first, second, third = devices
    watch(first), watch(second)
    assert pulse(third, instead="1").json() == {"ok": True}
    assert watch(third).json()["sources"][0]["url"] == SECRET_URL
    assert code_of(pulse(first)) == (403, "too_many_places")
    assert code_of(watch(first)) == (403, "too_many_places")
    assert pulse(second).json() == {"ok": True}
    assert ReplacementCount.objects.get(user=attendee).times == 1


def test_a_replaced_device_does_not_come_back_although_there_is_room(devices, stream):
    first, second, third = devices
    watch(first), watch(second)
    pulse(third, instead="1")
    third.post("/pulse/leave/")
    assert code_of(pulse(first)) == (403, "too_many_places")
    assert pulse(first, instead="1").json() == {"ok": True}


def test_a_page_that_was_closed_makes_room(devices, stream):
    first, second, third = devices
    watch(first), watch(second)
    assert first.post("/pulse/leave/").status_code == 204
    assert watch(third).json()["sources"]


def test_a_room_where_nothing_is_on_takes_no_place(devices, room):
    for device in devices:
        assert watch(device).json()["sources"] == []


def test_the_admission_is_asked_before_the_place(devices, stream):
    for device in devices[:2]:
        watch(device)
    Ticket.objects.update(state="canceled")
    cache.clear()
    assert code_of(watch(devices[2])) == (403, "ticket_canceled")
    assert code_of(pulse(devices[2], instead="1")) == (403, "ticket_canceled")


def test_the_product_says_how_many_places(attendee, devices, stream):
    Product.objects.update(places=1)
    assert watch(devices[0]).json()["sources"]
    assert code_of(watch(devices[1])) == (403, "too_many_places")


def test_a_grant_for_wall_screens_has_any_number(attendee, conference, devices, stream):
    Grant.objects.create(conference=conference, user=attendee, reason="wall", has_any_places=True)
    for device in devices:
        assert watch(device).json()["sources"]
        assert pulse(device).json() == {"ok": True}


def test_no_places_while_the_conference_is_all_public(conference, devices, stream):
    conference.visibility = Visibility.ALL
    conference.save()
    settle()
    for device in devices:
        assert watch(device).json()["sources"]
        assert pulse(device).json() == {"ok": True}
        assert device.post("/pulse/leave/").status_code == 204
