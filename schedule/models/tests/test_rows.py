"""What rows of the programme know and do by themselves."""

from datetime import timedelta

import pytest

from conftest import utc
from schedule.models import Change, Feed

NOON = utc("2026-11-21 12:00")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("every", "checked_at", "is_due"),
    [
        (None, None, False),
        (5, None, True),
        (5, NOON - 4 * MINUTE, False),
        (5, NOON - 5 * MINUTE, True),
    ],
)
def test_a_feed_is_due_as_often_as_organizers_want(every, checked_at, is_due):
    feed = Feed(check_every_minutes=every, last_checked_at=checked_at)
    assert feed.is_due(NOON) is is_due


def test_of_two_timers_one_checks_a_feed(conference):
    feed = Feed.objects.create(conference=conference, source="x.json", check_every_minutes=1)
    same = Feed.objects.get()
    assert [feed.begin_check(NOON), same.begin_check(NOON)] == [True, False]
    assert Feed.objects.get().last_checked_at == NOON


def test_a_feed_remembers_what_a_check_found(conference):
    feed = Feed.objects.create(conference=conference, source="x.json", etag="old", sha256="abc")
    feed.end_check(NOON, error="The server answers 500.")
    feed.refresh_from_db()
    assert (feed.etag, feed.last_error, feed.last_checked_at) == (
        "",
        "The server answers 500.",
        NOON,
    )
    feed.end_check(NOON + MINUTE, etag="new")
    assert (feed.etag, feed.last_error) == ("new", "")
    feed.forget_answer()
    assert (feed.etag, feed.sha256) == ("", "")


def test_a_feed_that_an_organizer_took_back_applies_no_more(conference):
    made = {"etag": "a", "sha256": "b", "applies_by_itself": True}
    feed = Feed.objects.create(conference=conference, source="x.json", **made)
    Feed.objects.filter(pk=feed.pk).stop_applying()
    feed.refresh_from_db()
    assert (feed.etag, feed.sha256, feed.applies_by_itself) == ("", "", False)


def test_a_change_can_be_undone_once(conference, django_assert_num_queries):
    change = Change.objects.create(conference=conference, act=Change.Act.DESK)
    undo = Change.objects.create(conference=conference, act=Change.Act.UNDO, undoes=change)
    with django_assert_num_queries(1):
        rows = {row.pk: row for row in Change.objects.select_related("undone_by")}
        assert not rows[change.pk].can_be_undone
        assert rows[undo.pk].can_be_undone
    assert list(Change.objects.can_be_undone()) == [undo]
