"""What attendees see of a talk that is not where or when it was published."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import client_of, make_room, make_talk, settle
from schedule.changes.recorder import ChangeRecorder, undo
from schedule.models import Change, Talk

SCHEDULE = reverse("schedule")


@pytest.fixture
def talk(room):
    return make_talk(room.conference, room=room, title="Engines")


def done(talk, **values):
    with transaction.atomic():
        changing = ChangeRecorder(talk.conference, Change.Act.DESK)
        changing.set(talk, **values)
        change = changing.write()
    settle()
    return change


def moved(talk, minutes):
    by = timedelta(minutes=minutes)
    return done(talk, starts_at=talk.starts_at + by, ends_at=talk.ends_at + by)


def pages(talk):
    for url in (SCHEDULE, talk.get_absolute_url()):
        yield client_of(None).get(url).content.decode()


def clock(moment, conference):
    return f"{moment.astimezone(conference.zone):%H:%M}"


def test_as_published_there_is_no_mark(talk):
    for page in pages(talk):
        assert "Late" not in page and "Moved" not in page


def test_late_with_the_old_time_struck_through(talk):
    old = clock(talk.starts_at, talk.conference)
    moved(talk, 10)
    for page in pages(talk):
        assert "Late" in page and "Moved" not in page
        assert f"{old}</s>" in page


@pytest.mark.slow
def test_much_later_or_earlier_is_moved(talk):
    for minutes in (61, -71):
        moved(talk, minutes)
        assert not Talk.objects.get().is_late
        for page in pages(talk):
            assert "Moved" in page and "Late" not in page


@pytest.mark.slow
def test_another_room_is_told_with_the_old_one(talk):
    small = make_room(talk.conference, name="Small room")
    change = done(talk, room=small)
    for page in pages(talk):
        assert "Moved" in page and "Main hall</s>" in page
    undo(change, actor=None, summary="")
    settle()
    for page in pages(talk):
        assert "Moved" not in page


def test_moved_twice_tells_of_the_first_place(talk):
    small, third = make_room(talk.conference), make_room(talk.conference)
    done(talk, room=small)
    done(talk, room=third)
    assert Talk.objects.get().planned_room.name == "Main hall"


def test_canceled_stays_visible_and_says_no_more(talk):
    moved(talk, 10)
    done(talk, is_canceled=True)
    for page in pages(talk):
        assert "Engines" in page and "Canceled" in page and "Late" not in page


@pytest.mark.slow
def test_the_number_of_queries_does_not_grow(talk):
    small = make_room(talk.conference)
    done(talk, room=small)
    client = client_of(None)

    def count():
        client.get(reverse("home"))  # hosts and revisions are read once a second
        with CaptureQueriesContext(connection) as queries:
            client.get(SCHEDULE)
        return len(queries)

    count()
    moved(talk, 1)
    few = count()
    for _number in range(3):
        done(make_talk(talk.conference, room=talk.room), room=small)
    assert count() == few
