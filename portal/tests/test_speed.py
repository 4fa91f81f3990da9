"""What a warm page costs an attendee: no SQL, and two round trips to Redis at the most.

Redis counts for itself. Warm means: the page was asked for once, the connection is open, and the
once-a-second reads of hosts and numbers are outside the count.
"""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_stream, make_talk, settle
from schedule.models import Conference, Talk, Visibility

WARM_PAGES = ["/schedule/", "/rooms/main/", "/lobby/", "/talks/KEYNOTE/", "/speakers/"]


@pytest.fixture
def programme(conference, room):
    """Hidden from the public, so that every page asks for the ticket."""
    conference.visibility = Visibility.HIDDEN
    conference.save()
    make_stream(room)
    make_talk(conference, room=room, code="KEYNOTE", title="Opening")
    for _talk in range(5):
        make_talk(conference, room=room)
    settle()


@pytest.fixture
def attendee_client(attendee, programme):
    return client_of(attendee)


def requests_read():
    """Not commands: a script that runs in Redis is one request."""
    return cache.client.get_client().info("stats")["total_reads_processed"]


def trips(ask):
    """How many requests Redis got, without the one that asks it."""
    before = requests_read()
    ask()
    return requests_read() - before - 1


@pytest.mark.parametrize("path", WARM_PAGES)
def test_a_warm_page_costs_no_sql(attendee_client, path):
    assert attendee_client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        response = attendee_client.get(path)
    assert response.status_code == 200
    assert [query["sql"] for query in queries] == []


@pytest.mark.services
@pytest.mark.parametrize("query", ["", "?utm_source=newsletter&fbclid=x"])
@pytest.mark.parametrize("path", WARM_PAGES)
def test_a_warm_page_costs_two_round_trips(attendee_client, path, query):
    attendee_client.get(path)
    assert trips(lambda: attendee_client.get(path + query)) == 2


@pytest.mark.services
def test_a_warm_public_page_costs_one_round_trip_and_no_session(attendee_client, conference):
    Conference.objects.update(visibility=Visibility.PROGRAMME)
    settle()
    attendee_client.get("/schedule/")
    assert trips(lambda: attendee_client.get("/schedule/")) == 1


@pytest.mark.services
def test_the_pulse_costs_three_round_trips_and_no_sql(attendee_client):
    """Session, admission and watching."""
    pulse = lambda: attendee_client.post("/pulse/", {"room": "main"})  # noqa: E731
    assert pulse().json() == {"ok": True}
    with CaptureQueriesContext(connection) as queries:
        assert trips(pulse) == 3
    assert len(queries) == 0


@pytest.mark.services
def test_a_picture_costs_three_round_trips(attendee_client):
    playback = lambda: attendee_client.get("/rooms/main/playback.json")  # noqa: E731
    assert playback().json()["sources"]
    assert trips(playback) == 3


def test_live_json_costs_no_sql_and_no_session(attendee_client):
    attendee_client.get("/live.json")
    with CaptureQueriesContext(connection) as queries:
        response = attendee_client.get("/live.json")
    assert response.json()["rooms"][0]["slug"] == "main"
    assert len(queries) == 0
    assert "Cookie" not in response.get("Vary", "")


def test_a_page_shows_a_change_after_the_once_a_second_read(attendee_client):
    assert "Opening" in attendee_client.get("/schedule/").text
    Talk.objects.filter(code="KEYNOTE").update(title="Changed at the last minute")
    settle()
    assert "Changed at the last minute" in attendee_client.get("/schedule/").text


def test_a_page_is_kept_until_the_next_talk_starts_or_ends(attendee_client, conference, room):
    edge = timezone.now() + timedelta(seconds=90)
    make_talk(conference, room=room, starts_at=edge)
    settle()
    lives = []
    with mock.patch.object(cache, "set", lambda key, kept, timeout=None: lives.append(kept[2])):
        attendee_client.get("/schedule/")
    assert 60 < max(lives) <= 90


def test_gzip_is_sent_to_who_takes_it_and_unpacked_for_others(attendee_client):
    zipped = attendee_client.get("/schedule/", headers={"accept-encoding": "gzip, br"})
    plain = attendee_client.get("/schedule/")
    assert zipped["Content-Encoding"] == "gzip"
    assert zipped.content[:2] == b"\x1f\x8b"
    assert "Content-Encoding" not in plain
    assert "Opening" in plain.text
    assert zipped["ETag"] == plain["ETag"]
    refused = attendee_client.get("/schedule/", headers={"accept-encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in refused
    assert refused.text == plain.text


def test_an_unchanged_page_is_answered_with_304(attendee_client):
    etag = attendee_client.get("/schedule/")["ETag"]
    response = attendee_client.get("/schedule/", headers={"if-none-match": etag})
    assert response.status_code == 304
    assert response.content == b""


@pytest.mark.slow
def test_a_search_is_made_once_for_all_who_search_for_the_same(attendee_client, stranger):
    attendee_client.get("/schedule/?q=opening")
    with CaptureQueriesContext(connection) as queries:
        assert "Opening" in attendee_client.get("/schedule/?q=Opening+").text
    assert len(queries) == 0
    assert client_of(stranger).get("/schedule/?q=opening").status_code == 403


@pytest.mark.parametrize("path", ["/schedule/", "/rooms/main/", "/lobby/"])
def test_shared_pages_hold_nothing_of_one_person(attendee_client, attendee, path):
    page = attendee_client.get(path).text
    assert attendee.email not in page
    assert attendee.display_name not in page
    assert "csrf" not in page.lower()
    assert "m3u8" not in page


def test_a_kept_page_is_not_shown_to_a_stranger(attendee_client, stranger):
    assert "Opening" in attendee_client.get("/schedule/").text
    refused = client_of(stranger).get("/schedule/")
    assert refused.status_code == 403
    assert "Opening" not in refused.text
    refused = client_of(None).get("/schedule/")
    assert (refused.status_code, refused.url) == (302, "/accounts/login/?next=%2Fschedule%2F")
