"""What an address may carry beside what a shared page reads: nothing that counts."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_recording, make_room, make_speaker, make_talk, settle
from portal.tests.test_access import entries
from schedule.models import Visibility

# An address of each shared view.
SHARED = {
    "home": "/",
    "lobby": "/lobby/",
    "schedule": "/schedule/",
    "changes": "/schedule/changes/",
    "changes_feed": "/schedule/changes.atom",
    "schedule_json": "/schedule.json",
    "schedule_xml": "/schedule.xml",
    "schedule_ics": "/schedule.ics",
    "talk": "/talks/KEYNOTE/",
    "talk_ics": "/talks/KEYNOTE/talk.ics",
    "speakers": "/speakers/",
    "speaker": "/speakers/ADA/",
    "room": "/rooms/main/",
    "replays": "/replays/",
    "replay": "/replays/PAST/",
}
UNKNOWN = ["utm_source=1", "fbclid=a&gclid=b", "x", "DAY=2026-01-01", "t=5",
           "page=2", "format=xml", "tz=", "tz=Nowhere", "q", "day&room&track"]  # fmt: skip


@pytest.fixture
def everything(conference, room):
    """Something at each of these addresses, closed to the public, so that each asks for the ticket."""
    conference.visibility = Visibility.HIDDEN
    conference.save()
    ada = make_speaker(conference, code="ADA")
    make_talk(conference, room=room, code="KEYNOTE", title="Opening", speakers=[ada])
    make_talk(conference, room=make_room(conference))
    past = timezone.now() - timedelta(days=1)
    talk = make_talk(conference, room=room, code="PAST", starts_at=past, may_be_replayed=True)
    make_recording(talk)
    settle()


@pytest.fixture
def client(attendee, everything):
    return client_of(attendee)


def test_each_shared_view_is_walked():
    assert {each.name for each in entries() if hasattr(each.view, "shared_params")} == set(SHARED)


@pytest.mark.parametrize("path", SHARED.values(), ids=list(SHARED))
def test_parameters_that_nobody_reads_change_nothing(client, path):
    plain = client.get(path)
    assert plain.status_code == 200
    with CaptureQueriesContext(connection) as queries, mock.patch.object(cache, "set") as kept:
        for query in UNKNOWN:
            for ask in (client.get, client.head):
                answer = ask(f"{path}?{query}")
                assert (answer.status_code, answer["ETag"]) == (200, plain["ETag"]), query
            assert client.get(f"{path}?{query}").content == plain.content, query
    assert [each["sql"] for each in queries] == []
    assert not kept.called


@pytest.mark.parametrize("path", SHARED.values(), ids=list(SHARED))
def test_a_moment_that_one_may_not_choose_changes_nothing(client, path):
    plain = client.get(path)
    with mock.patch.object(cache, "set") as kept:
        answer = client.get(f"{path}?at=2026-01-01T10:00")
    assert (answer.status_code, answer["ETag"]) == (200, plain["ETag"])
    assert not kept.called


def test_files_are_the_same_in_every_zone(client):
    for path in ("/schedule.json", "/schedule.xml", "/schedule.ics", "/schedule/changes.atom"):
        here = client.get(path)
        with mock.patch.object(cache, "set") as kept:
            there = client.get(f"{path}?tz=Asia/Seoul")
        assert there["ETag"] == here["ETag"]
        assert not kept.called
