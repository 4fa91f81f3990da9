"""/live.json: small, public, without secrets, and the same bytes until something changes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import client_of, make_room, make_stream, make_talk, settle
from schedule.models import Talk, Visibility
from streaming.models import StreamHost


def live():
    settle()
    return client_of(None).get("/live.json")


def test_it_works(conference, room):
    now = timezone.now().replace(microsecond=0)
    stream = make_stream(room)
    make_talk(conference, room=room, code="NOW", title="Opening", starts_at=now, kind="keynote")
    make_talk(conference, room=room, code="NEXT", starts_at=now + timedelta(hours=1))
    body = live().json()
    entry = body["rooms"][0]
    assert (entry["slug"], entry["name"], entry["stream"]) == ("main", "Main hall", stream.tag)
    assert [talk["code"] for talk in entry["talks"]] == ["NOW", "NEXT"]
    first = entry["talks"][0]
    assert first["starts"] == int(now.timestamp())
    assert first["ends"] == int(now.timestamp()) + 40 * 60
    assert (first["title"], first["kind"]) == ("Opening", "keynote")


def test_a_room_says_three_talks_at_most(conference, room):
    for hours in range(5):
        make_talk(
            conference, room=room, starts_at=timezone.now() + timedelta(hours=hours, minutes=1)
        )
    assert len(live().json()["rooms"][0]["talks"]) == 3


def test_a_moved_talk_carries_its_planned_start(conference, room):
    planned = timezone.now().replace(microsecond=0) - timedelta(minutes=10)
    make_talk(
        conference, room=room, starts_at=planned + timedelta(minutes=20), planned_starts_at=planned
    )
    assert live().json()["rooms"][0]["talks"][0]["planned"] == int(planned.timestamp())


def test_a_talk_in_several_rooms_is_in_each(conference, room):
    talk = make_talk(conference, room=room)
    talk.also_in.add(make_room(conference, slug="overflow"))
    rooms = live().json()["rooms"]
    assert [entry["talks"][0]["code"] for entry in rooms] == [talk.code, talk.code]


def test_canceled_and_hidden_talks_are_not_on(conference, room):
    make_talk(conference, room=room, is_canceled=True)
    make_talk(conference, room=room, is_hidden=True)
    assert live().json()["rooms"][0]["talks"] == []


def test_a_hidden_programme_shows_no_title_and_no_name(conference, room):
    make_talk(conference, room=room, title="The surprise guest")
    conference.visibility = Visibility.HIDDEN
    conference.save()
    response = live()
    assert "surprise" not in response.text
    assert "Main hall" not in response.text
    assert response.json()["rooms"][0]["talks"][0]["code"]


def test_the_same_until_something_changes(conference, room):
    talk = make_talk(conference, room=room)
    etag = live()["ETag"]
    assert live()["ETag"] == etag
    again = client_of(None).get("/live.json", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    Talk.objects.filter(pk=talk.pk).update(ends_at=talk.ends_at + timedelta(minutes=5))
    assert live()["ETag"] != etag


def test_a_switch_of_stream_changes_the_tag(room):
    stream = make_stream(room)
    tag = live().json()["rooms"][0]["stream"]
    stream.value = "/static/demo/other.m3u8"
    stream.save()
    assert live().json()["rooms"][0]["stream"] not in (tag, None)


def test_a_new_stream_host_asks_open_pages_to_reload(conference, room):
    tag = live().json()["hosts"]
    StreamHost.objects.create(conference=conference, host="cdn.example.org")
    assert live().json()["hosts"] != tag


def test_the_room_may_load_from_the_hosts_and_no_other_page_may(attendee, conference, room):
    StreamHost.objects.create(conference=conference, host="cdn.example.org")
    settle()
    client = client_of(attendee)
    policy = client.get("/rooms/main/")["Content-Security-Policy"]
    for directive in ("frame-src", "connect-src", "media-src"):
        sources = next(part for part in policy.split("; ") if part.startswith(directive))
        assert "https://cdn.example.org" in sources
    assert "unsafe" not in policy
    assert "cdn.example.org" not in client.get("/schedule/")["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/rooms/main/", "/schedule/"])
def test_players_get_a_referrer(attendee, room, path):
    """YouTube refuses to play without one (error 153)."""
    response = client_of(attendee).get(path)
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
