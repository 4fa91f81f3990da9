"""`?at=`: staff see the pages as of another moment. Nobody else does, and nothing of it is kept."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from conftest import client_of, make_conference, make_role, make_stream, make_talk, make_user
from tickets.models import Grant

# Of the conference below, at 10:00 on its day.
AT = "2031-05-05T10:00"
PATHS = ["/", "/lobby/", "/schedule/", "/rooms/main/", "/talks/OPEN/"]


@pytest.fixture
def conference(db):
    day = datetime(2031, 5, 5, tzinfo=UTC).date()
    return make_conference(starts_on=day, ends_on=day, time_zone="Asia/Seoul")


@pytest.fixture
def talk(conference, room):
    starts_at = datetime(2031, 5, 5, 9, 30, tzinfo=ZoneInfo("Asia/Seoul"))
    make_talk(conference, room=room, title="Later", starts_at=starts_at + timedelta(hours=2))
    return make_talk(
        conference, room=room, code="OPEN", title="Opening", starts_at=starts_at, minutes=60
    )


@pytest.fixture
def helper(room):
    user = make_user("helper@example.com")
    Grant.objects.create(conference=room.conference, user=user, reason="crew")
    room.helpers.add(user)
    return user


@pytest.mark.parametrize("path", PATHS)
def test_staff_see_it_and_nothing_is_kept(talk, organizer, path):
    client = client_of(organizer)
    before = client.get(path).text
    response = client.get(path, {"at": AT})
    assert "This is how it looks at <strong>Mon 5 May 2031, 10:00</strong>" in response.text
    assert "no-store" in response["Cache-Control"]
    assert "ETag" not in response
    assert client.get(path).text == before


def test_the_room_is_as_it_will_be(talk, organizer):
    client = client_of(organizer)
    live = client.get("/rooms/main/", {"at": AT}).text
    assert 'data-panel="live">' in live
    assert f'data-at="{int(datetime(2031, 5, 5, 1, tzinfo=UTC).timestamp())}"' in live
    early = client.get("/rooms/main/", {"at": "2031-05-05T09:20"}).text
    assert 'data-panel="soon">' in early


def test_a_moment_may_have_a_zone_of_its_own(talk, organizer):
    page = client_of(organizer).get("/rooms/main/", {"at": "2031-05-05T01:00:00.000Z"})
    assert "10:00</strong>" in page.text


@pytest.mark.parametrize("text", ["", "soon", "2031-99-05T10:00", "0001-01-01T00:00", "9999-12-31"])
def test_what_is_no_moment_is_now(talk, organizer, text):
    response = client_of(organizer).get("/lobby/", {"at": text})
    assert response.status_code == 200
    assert "as-of" not in response.text


def test_helpers_may_look_too(talk, helper):
    assert "This is how it looks" in client_of(helper).get("/lobby/", {"at": AT}).text


@pytest.mark.parametrize("path", PATHS)
def test_for_all_others_it_is_ignored(talk, attendee, path):
    for client in (client_of(attendee), client_of(None)):
        response = client.get(path, {"at": AT})
        assert "as-of" not in response.text
        assert 'data-panel="live">' not in response.text


def test_the_open_page_goes_on_from_there(talk, room, organizer, attendee):
    stream = make_stream(room)
    staff, others = client_of(organizer), client_of(attendee)
    (entry,) = staff.get("/as-of/live.json", {"at": AT}).json()["rooms"]
    assert entry["talks"][0]["code"] == "OPEN"
    assert entry["stream"] == stream.tag
    assert others.get("/as-of/live.json", {"at": AT}).status_code == 403
    assert client_of(None).get("/as-of/live.json").status_code == 401


def test_the_picture_is_that_of_the_moment(conference, room, talk, organizer, attendee):
    recording = make_stream(room, talk=talk, value="/recorded.m3u8")
    talk.delivery = "pre_recorded"
    talk.save()
    path = "/rooms/main/playback.json"
    (source,) = client_of(organizer).get(path, {"at": AT}).json()["sources"]
    assert (source["tag"], source["begins"]) == (recording.tag, talk.starts_at.timestamp())
    assert client_of(attendee).get(path, {"at": AT}).json()["sources"] == []


def test_admission_is_a_matter_of_the_real_time(talk, room):
    """A grant that begins tomorrow does not let in today by looking at tomorrow."""
    user = make_role(room.conference, "helpdesk")
    tomorrow = timezone.now() + timedelta(days=1)
    Grant.objects.create(conference=room.conference, user=user, reason="crew", starts_at=tomorrow)
    refused = client_of(user).get("/rooms/main/", {"at": AT})
    assert refused.status_code == 403
    assert 'data-reason="not_yet"' in refused.text
    assert "Opening" not in refused.text
