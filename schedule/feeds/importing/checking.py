"""Asks feeds that have an address what they say now."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _

from lib.http_client import HttpError
from schedule.feeds.fetching import fetch
from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.importing.applying import apply_plan
from schedule.feeds.importing.missing import (
    another_in_words,
    gone_by_itself,
    lost_programme,
    may_settle_something,
    note_look,
)
from schedule.feeds.importing.plan import ImportPlan
from schedule.feeds.importing.reviewing import keep_review, read_feed
from schedule.models import Change, Feed, FeedQuerySet, ImportReview

logger = logging.getLogger(__name__)


class CheckOutcome(StrEnum):
    UNCHANGED = "unchanged"
    APPLIED = "applied"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """`waiting`: so many lines that nobody has dismissed are in the review; so many of them are of
    talks that are `missing`. `error` also says what kept a feed from being applied by itself.
    """

    feed: Feed
    outcome: CheckOutcome
    change: Change | None = None
    waiting: int = 0
    missing: int = 0
    error: str = ""

    def as_dict(self) -> dict[str, object]:
        return {
            "source": self.feed.source,
            "address": self.feed.address,
            "outcome": self.outcome.value,
            "change": None if self.change is None else self.change.pk,
            "waiting": self.waiting,
            "missing": self.missing,
            "error": self.error,
        }


def check_due(feeds: FeedQuerySet, *, at: datetime) -> Iterator[FeedCheck]:
    """One after the other. What one of them does wrong does not keep the others waiting."""
    for feed in feeds.due(at):
        if feed.begin_check(at):
            yield check_feed(feed, at=at)


def check_feed(feed: Feed, *, at: datetime, actor: models.Model | None = None) -> FeedCheck:
    """Reads the address. What is new is applied, or waits in the feed's review."""
    try:
        fetched = fetch(feed.address, conference=feed.conference, etag=feed.etag)
        if fetched.data is None:
            return _noted(_look_again(feed, at, actor), at, feed.etag)
        programme = read_feed(feed, fetched.data)
        if programme.sha256 == feed.sha256:
            return _noted(_look_again(feed, at, actor), at, fetched.etag)
        return _noted(_compare(feed, programme, fetched.data, at, actor), at, fetched.etag)
    except (HttpError, ProgrammeError) as error:
        return _noted(FeedCheck(feed, CheckOutcome.FAILED, error=str(error)), at)
    except DatabaseError:
        logger.exception("Feed %s could not be imported.", feed.pk)
        error_text = _("The import failed and nothing was written. The server's log says more.")
        return _noted(FeedCheck(feed, CheckOutcome.FAILED, error=error_text), at)


def _noted(check: FeedCheck, at: datetime, etag: str = "") -> FeedCheck:
    check.feed.end_check(at, etag=etag, error=check.error)
    return check


def _look_again(feed: Feed, at: datetime, actor: models.Model | None) -> FeedCheck:
    """It says what it said, and lacks what it lacked, by now perhaps for too long for an outage."""
    review = ImportReview.objects.filter(feed=feed).first()
    if review is not None and may_settle_something(feed, at):
        return _compare(feed, read_feed(feed, review.data), review.data, at, actor)
    feed.items.unanswered().update(missing_looks=models.F("missing_looks") + 1)
    missing = feed.items.waiting_at(at).count()
    return FeedCheck(feed, CheckOutcome.UNCHANGED, missing=missing, error=_doubts(review, at))


@transaction.atomic
def _compare(
    feed: Feed, programme: Programme, data: bytes, at: datetime, actor: models.Model | None
) -> FeedCheck:
    conference = feed.conference
    conference.one_writer("programme")
    plan = ImportPlan(conference, feed, programme)
    may_apply = feed.applies_by_itself and not lost_programme(plan)
    chosen = _what_applies(plan, at) if may_apply else set()
    change = None
    if chosen or not plan.proposals:
        change = apply_plan(plan, at=at, actor=actor, chosen=chosen)
    note_look(plan, at)
    if change or plan.absent:
        plan = plan.again()
    review = keep_review(plan, data, at)
    feed.format, feed.sha256 = programme.format, programme.sha256
    feed.save(update_fields=["format", "sha256"])
    waiting = len(review.waiting_at(at)) if review else 0
    missing = feed.items.waiting_at(at).count()
    outcome = CheckOutcome.WAITING if waiting else CheckOutcome.UNCHANGED
    if change:
        outcome = CheckOutcome.APPLIED
    return FeedCheck(feed, outcome, change, waiting, missing, _doubts(review, at))


def _doubts(review: ImportReview | None, at: datetime) -> str:
    """That it is another programme, for as long as somebody has to decide that."""
    if review is None or not review.waiting_at(at):
        return ""
    return " ".join(danger.message for danger in another_in_words(review.plan["lost"]))


def _what_applies(plan: ImportPlan, at: datetime) -> set[str]:
    """What needs no organizer: neither conflicts, nor what is missing and may be an outage, nor what
    one of them has dismissed.
    """
    reviews = ImportReview.objects.filter(feed=plan.feed)
    dismissed = {digest for kept in reviews.values_list("dismissed", flat=True) for digest in kept}
    return (plan.undisputed | gone_by_itself(plan, at)) - dismissed
