"""Feeds that are asked by a timer. Fetching is replaced; test_fetching.py has it."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from conftest import make_conference, utc
from lib.http_client import ErrorKind, HttpError
from schedule.changes.recorder import ChangeRecorder, undo
from schedule.feeds.fetching import FetchedFeed
from schedule.feeds.importing import checking
from schedule.feeds.importing.checking import CheckOutcome, check_due, check_feed
from schedule.feeds.importing.reviewing import apply_review, dismiss
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Change, Feed, FeedItem, ImportReview, Talk

AT = utc("2026-03-06 07:00")
ADDRESS = "https://feeds.example/schedule.json"


@pytest.fixture
def conference(db):
    return make_conference(
        slug="conf",
        starts_on=date(2026, 3, 6),
        ends_on=date(2026, 3, 7),
        time_zone="Europe/Berlin",
    )


@pytest.fixture
def feed(conference):
    return Feed.objects.create(
        conference=conference, source="pretalx", address=ADDRESS, check_every_minutes=5
    )


class Answers:
    def __init__(self):
        self.asked = []
        self.data = b""
        self.error = ""
        self.etag = ""

    def __call__(self, address, *, conference, etag=""):
        self.asked.append((address, etag))
        if self.error:
            raise HttpError(ErrorKind.UNUSABLE, self.error)
        if etag and etag == self.etag:
            return FetchedFeed(None, etag)
        return FetchedFeed(self.data, self.etag)


@pytest.fixture
def web(monkeypatch):
    answers = Answers()
    monkeypatch.setattr(checking, "fetch", answers)
    monkeypatch.setattr("schedule.management.commands.import_schedule.fetch", answers)
    return answers


def many(count: int, **words):
    return schedule_json(*(event_json(number, **words) for number in range(1, count + 1)))


def test_what_is_new_waits_for_a_review(feed, web):
    web.data = many(3)
    check = check_feed(feed, at=AT)
    assert (check.outcome, check.waiting, check.error) == (CheckOutcome.WAITING, 3, "")
    assert not Talk.objects.exists()
    review = ImportReview.objects.get()
    assert review.data == web.data
    assert [line["title"] for line in review.plan["lines"]] == ["Talk 1", "Talk 2", "Talk 3"]
    assert check_feed(feed, at=AT).outcome is CheckOutcome.UNCHANGED, "the same bytes"


def test_a_feed_applies_by_itself_when_it_may(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(20)
    check = check_feed(feed, at=AT)
    assert (check.outcome, check.waiting) == (CheckOutcome.APPLIED, 0)
    assert str(check.change) == "pretalx: 20 new"
    assert not ImportReview.objects.exists()
    web.data = many(10, title="Renamed")
    check = check_feed(feed, at=AT)
    assert (check.outcome, check.waiting, check.missing) == (CheckOutcome.APPLIED, 10, 10)
    assert str(check.change) == "pretalx: 10 changed"
    assert (Talk.objects.shown().count(), check.error) == (20, "")
    web.data = many(20, title="Renamed")
    assert check_feed(feed, at=AT).waiting == 0
    assert not ImportReview.objects.exists()


DAY_BEFORE = AT - timedelta(days=1)


@pytest.mark.parametrize("etag", ["", '"1"'])
def test_what_stays_missing_is_taken_out_though_the_feed_says_nothing_new(feed, web, etag):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(20)
    check_feed(feed, at=DAY_BEFORE)
    web.data, web.etag = many(18), etag
    found = [
        check_feed(feed, at=DAY_BEFORE + timedelta(minutes=5 * number)) for number in range(25)
    ]
    assert {(check.outcome, check.missing) for check in found[:-1]} == {
        (CheckOutcome.WAITING, 2),
        (CheckOutcome.UNCHANGED, 2),
    }
    assert (found[-1].outcome, found[-1].missing) == (CheckOutcome.APPLIED, 0)
    assert (Talk.objects.shown().count(), Talk.objects.removed().count()) == (18, 2)
    assert not ImportReview.objects.exists()
    assert FeedItem.objects.exclude(missing_since=None).values_list("missing_looks")[0] == (24,)


def test_another_programme_waits_whole(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(5)
    check_feed(feed, at=DAY_BEFORE)
    web.data = schedule_json(*(event_json(number) for number in range(50, 60)))
    for hour in range(4):
        check = check_feed(feed, at=DAY_BEFORE + timedelta(hours=hour))
    assert check.missing == 5
    assert Talk.objects.shown().count() == Talk.objects.count() == 5
    assert len(ImportReview.objects.get().waiting_at(DAY_BEFORE)) == 15
    web.data = many(5)
    assert check_feed(feed, at=AT).error == ""


def test_another_programme_is_said_until_it_is_decided(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(5)
    check_feed(feed, at=DAY_BEFORE)
    web.data = schedule_json(*(event_json(number) for number in range(50, 60)))
    doubt = "None of the 5 talks that this feed had is in it: another programme?"
    ended = AT + timedelta(days=1)  # in the end the old talks are over
    for at in (DAY_BEFORE, DAY_BEFORE + timedelta(hours=1), DAY_BEFORE + timedelta(hours=3), ended):
        assert check_feed(feed, at=at).error == doubt
        feed.refresh_from_db()
        assert feed.last_error == doubt
    web.error = "The server answers 500."
    check_feed(feed, at=ended)
    web.error = ""
    assert check_feed(feed, at=ended).error == doubt
    assert Talk.objects.count() == 5
    review = ImportReview.objects.get()
    lines = [line["digest"] for line in review.waiting_at(ended)]
    assert len(lines) == 10, "the old ones are over"
    dismiss(review, lines, ended)
    assert check_feed(feed, at=ended).error == ""


def test_the_command_refuses_another_programme(conference, web):
    web.data = many(5)
    run(ADDRESS)
    web.data = schedule_json(*(event_json(number) for number in range(50, 60)))
    with pytest.raises(CommandError, match=r"another programme\? Nothing was written") as told:
        run(ADDRESS)
    assert told.value.returncode == 3
    assert Talk.objects.count() == 5
    assert "5 taken out" in run(ADDRESS, "--accept-removals")


def test_a_check_that_fails_is_no_look(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(20)
    check_feed(feed, at=DAY_BEFORE)
    web.data = many(18)
    check_feed(feed, at=DAY_BEFORE)
    web.error = "The server answers 500."
    for hour in (1, 2, 3):
        check_feed(feed, at=DAY_BEFORE + timedelta(hours=hour))
    web.error = ""
    assert check_feed(feed, at=DAY_BEFORE + timedelta(hours=4)).missing == 2
    assert Talk.objects.shown().count() == 20
    check_feed(feed, at=DAY_BEFORE + timedelta(hours=5))
    assert Talk.objects.shown().count() == 18


def test_a_feed_that_does_not_apply_by_itself_takes_nothing_out(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(20)
    check_feed(feed, at=DAY_BEFORE)
    feed.applies_by_itself = False
    feed.save()
    web.data = many(18, title="Renamed")
    for hour in range(5):
        check_feed(feed, at=DAY_BEFORE + timedelta(hours=hour))
    assert Talk.objects.shown().exclude(title="Renamed").count() == 20
    web.data = many(18, title="Other")
    check = check_feed(feed, at=AT + timedelta(days=1))
    assert (check.waiting, check.missing) == (18, 0), "of what is over nobody is asked"


def test_conflicts_and_dismissed_lines_are_not_applied_by_itself(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(3)
    check_feed(feed, at=AT)
    changing = ChangeRecorder(feed.conference, Change.Act.ADMIN, at=AT)
    changing.set(Talk.objects.get(title="Talk 1"), title="Ours")
    changing.write()
    web.data = many(3, title="Theirs")
    check = check_feed(feed, at=AT)
    assert (check.outcome, check.waiting) == (CheckOutcome.APPLIED, 1)
    assert sorted(Talk.objects.values_list("title", flat=True)) == ["Ours", "Theirs", "Theirs"]
    review = ImportReview.objects.get()
    review.dismissed = [line["digest"] for line in review.plan["lines"]]
    review.save()
    web.data = many(3, title="Theirs", subtitle="Sub")
    check = check_feed(feed, at=AT)
    assert (check.outcome, check.waiting) == (CheckOutcome.APPLIED, 0)
    assert Talk.objects.filter(subtitle="Sub").count() == 3


def test_after_an_undo_the_same_content_waits_for_a_review(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data, web.etag = many(2), '"1"'
    undo(check_feed(feed, at=AT).change, actor=None, summary="")
    feed.refresh_from_db()
    check = check_feed(feed, at=AT)
    assert (check.outcome, check.waiting) == (CheckOutcome.WAITING, 2)


def test_what_was_not_modified_costs_nothing(feed, web):
    web.data, web.etag = many(2), '"1"'
    check_feed(feed, at=AT)
    feed.refresh_from_db()
    assert feed.etag == '"1"'
    assert check_feed(feed, at=AT).outcome is CheckOutcome.UNCHANGED
    assert web.asked == [(ADDRESS, ""), (ADDRESS, '"1"')]


def test_failures_are_kept_and_change_nothing(feed, web, monkeypatch):
    web.data, web.etag = many(2), '"1"'
    check_feed(feed, at=AT)
    web.error = "The server answers 500."
    assert check_feed(feed, at=AT).outcome is CheckOutcome.FAILED
    feed.refresh_from_db()
    assert (feed.last_error, feed.last_checked_at) == ("The server answers 500.", AT)
    assert feed.etag == "", "so that the next answer is read whole"
    web.error, web.data = "", b"<html>"
    assert "broken" in check_feed(feed, at=AT).error
    assert ImportReview.objects.count() == 1
    web.data = many(2)
    assert check_feed(feed, at=AT).outcome is CheckOutcome.UNCHANGED
    feed.refresh_from_db()
    assert feed.last_error == ""


def test_those_that_are_due(conference, feed, web):
    web.data = many(1)

    def due(at):
        return [check.feed.pk for check in check_due(Feed.objects.all(), at=at)]

    Feed.objects.create(conference=conference, source="file.xml", check_every_minutes=5)
    Feed.objects.create(conference=conference, source="by hand", address=ADDRESS)
    assert due(AT) == [feed.pk]
    assert due(AT + timedelta(minutes=4)) == []
    assert due(AT + timedelta(minutes=5)) == [feed.pk]
    assert due(AT + timedelta(days=3)) == [feed.pk]
    assert due(AT + timedelta(days=5)) == [], "the conference is over"


def test_two_timers_at_once_ask_once(feed, web, monkeypatch):
    web.data = many(1)
    stale = [Feed.objects.get(pk=feed.pk)]
    assert len(list(check_due(Feed.objects.all(), at=AT))) == 1
    monkeypatch.setattr("schedule.models.feeds.FeedQuerySet.due", lambda *_: stale)
    assert list(check_due(Feed.objects.all(), at=AT)) == []


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_schedule", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def due(feed):
    today = date.today()  # noqa: DTZ011
    feed.conference.starts_on = feed.conference.ends_on = today
    feed.conference.save()
    return feed


def test_the_command_asks_what_is_due(due, web):
    web.data = many(2)
    assert run() == "pretalx: 2 wait for a review.\n"
    assert run("--due") == ""
    Feed.objects.update(last_checked_at=None)
    (check,) = json.loads(run("--due", "--json"))
    assert (check["outcome"], check["address"]) == ("unchanged", ADDRESS)


def test_one_failure_is_told_and_others_go_on(due, web):
    Feed.objects.create(
        conference=due.conference, source="b", address=f"{ADDRESS}2", check_every_minutes=1
    )
    web.error = "The server answers 500."
    with pytest.raises(CommandError, match="Not every feed"):
        run("--due")
    assert len(web.asked) == 2


def test_the_command_reads_an_address(conference, web):
    web.data = many(2)
    assert "2 new" in run(ADDRESS)
    feed = Feed.objects.get()
    assert (feed.source, feed.address) == (ADDRESS, ADDRESS)
    web.error = "It took longer than 10 seconds."
    with pytest.raises(CommandError, match="longer than 10 seconds"):
        run(ADDRESS)


def test_the_command_says_what_waits(conference, day_before, web):
    web.data = many(20)
    run(ADDRESS)
    web.data = many(10, title="Renamed")
    words = "10 talks are missing and wait.* 10 of 20 talks are missing.* --accept-removals"
    for arguments in (["--dry-run"], []):
        with pytest.raises(CommandError, match=words) as told:
            run(ADDRESS, *arguments)
        assert told.value.returncode == 3
    assert Talk.objects.shown().count() == 20
    assert Talk.objects.filter(title="Renamed").count() == 10
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_schedule", ADDRESS, "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert [told[name] for name in ("missing", "removed", "waiting")] == [0, 0, 10]
    assert [danger["code"] for danger in told["dangers"]] == ["share"]
    assert "10 taken out" in run(ADDRESS, "--accept-removals")
    assert Talk.objects.shown().count() == 10


def test_the_timers_words_say_what_waits(due, day_before, web):
    due.applies_by_itself = True
    due.save()
    web.data = many(20)
    run("--due")
    web.data = many(18, title="Renamed")
    Feed.objects.update(last_checked_at=None)
    assert run("--due").endswith("18 changed. 2 talks are missing and wait.\n")
    Feed.objects.update(last_checked_at=None)
    assert run("--due") == "pretalx: unchanged. 2 talks are missing and wait.\n"


def test_a_dry_run_lists_what_would_change(conference, web):
    web.data = many(2)
    run(ADDRESS)
    web.data = schedule_json(event_json(1, title="Other"), event_json(2, start="11:00", date="2026-03-06T11:00:00+01:00"))  # fmt: skip
    output = run(ADDRESS, "--dry-run")
    assert "changed: Other (Fri 6 Mar, 10:00)\n    title: Talk 1 → Other\n" in output
    assert "    starts: Fri 6 Mar, 10:00 → Fri 6 Mar, 11:00\n" in output
    lines = json.loads(run(ADDRESS, "--dry-run", "--json"))["lines"]
    assert lines[0]["fields"] == [{"field": "title", "old": "Talk 1", "new": "Other"}]


def test_the_command_lines_that_contradict_themselves(conference):
    with pytest.raises(CommandError, match="Either a source"):
        run("a.xml", "--due")
    with pytest.raises(CommandError, match="needs a source"):
        run("--dry-run")


def test_a_review_of_kept_bytes_is_no_look(feed, web):
    feed.applies_by_itself = True
    feed.save()
    web.data = many(20)
    check_feed(feed, at=DAY_BEFORE)
    web.data = many(18)
    check_feed(feed, at=DAY_BEFORE)
    for hour in (1, 2, 3):
        review = ImportReview.objects.get()
        apply_review(
            review,
            digest=review.digest,
            chosen=(),
            dismissed=(),
            actor=None,
            at=DAY_BEFORE + timedelta(hours=hour),
        )
    assert check_feed(feed, at=DAY_BEFORE + timedelta(hours=4)).missing == 2
    assert check_feed(feed, at=DAY_BEFORE + timedelta(hours=5)).missing == 0
