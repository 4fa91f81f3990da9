"""What a feed says, kept until an organizer has decided line by line."""

import zlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import models, transaction

from lib.plans import PlanChanged, refuse_changed
from schedule.changes.removals import RemovalsRefused, live_among
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.applying import apply_plan
from schedule.feeds.importing.lines import TEXTS, LineKind, excerpts
from schedule.feeds.importing.missing import lost_programme, note_look
from schedule.feeds.importing.plan import ImportPlan
from schedule.models import Change, Conference, Feed, ImportReview

# More are not read by anybody, and the worst real file has about 1,000.
MAX_PROBLEMS_KEPT = 300


def read(conference: Conference, data: bytes, **options: Any) -> Programme:
    """Raises ProgrammeError. The conference stands in for what the file leaves open."""
    return parse(
        data,
        default_zone=conference.zone,
        day_starts_at_hour=conference.day_starts_at_hour,
        **options,
    )


def read_feed(feed: Feed, data: bytes) -> Programme:
    return read(feed.conference, data, believe_clock=feed.believes_clock)


def keep_review(plan: ImportPlan, data: bytes, at: datetime) -> ImportReview | None:
    """None: there is nothing to decide. What was dismissed stays so where the line is the same."""
    feed = plan.feed
    if not plan.proposals:
        ImportReview.objects.filter(feed=feed).delete()
        return None
    digests = {line.digest for line in plan.proposals}
    before = ImportReview.objects.filter(feed=feed).values_list("dismissed", flat=True).first()
    review, _made = ImportReview.objects.update_or_create(
        feed=feed,
        defaults={
            "packed": zlib.compress(data),
            "sha256": plan.programme.sha256,
            "format": plan.programme.format,
            "made_at": at,
            "plan": _kept(plan),
            "digest": plan.digest,
            "dismissed": [digest for digest in before or () if digest in digests],
        },
    )
    return review


def apply_review(
    review: ImportReview,
    *,
    digest: str,
    chosen: Collection[str],
    dismissed: Collection[str],
    actor: models.Model | None,
    at: datetime,
    seen_live: Collection[str] = (),
) -> Change | None:
    """Applies the chosen lines (their digests) of the plan that the organizer saw (its digest).

    Raises PlanChanged, once the review has been made again, and RemovalsRefused when a talk that is
    live by now would be taken out and the page did not say so (`seen_live` are those of which it did).
    """
    try:
        with transaction.atomic():
            plan = _plan_now(review)
            refuse_changed(plan, digest)
            _refuse_live(plan, {*chosen} - {*seen_live}, at)
            _leave_out(review, dismissed)
            change = apply_plan(plan, at=at, actor=actor, chosen=chosen)
            note_look(plan, at, is_another=False)
            keep_review(plan.again(), review.data, at)
            return change
    except PlanChanged:
        make_again(review, at)
        raise


def _refuse_live(plan: ImportPlan, unseen: Collection[str], at: datetime) -> None:
    missing = (line for line in plan.of_kind(LineKind.MISSING) if line.digest in unseen)
    if dangers := live_among((line.talk for line in missing), at):
        raise RemovalsRefused(dangers)


def dismiss(review: ImportReview, digests: Collection[str], at: datetime) -> None:
    """Leaves these lines out, and asks no more about what is missing among them."""
    with transaction.atomic():
        if _leave_out(review, digests):
            make_again(review, at)


def _leave_out(review: ImportReview, digests: Collection[str]) -> int:
    """How many talks that are missing are to stay by that."""
    lines = [line for line in review.plan["lines"] if line["digest"] in digests]
    review.dismissed = [line["digest"] for line in lines]
    review.save(update_fields=["dismissed"])
    staying = [line["talk"] for line in lines if LineKind.MISSING in line["kinds"]]
    return review.feed.items.filter(talk__in=staying).settle()


def make_again(review: ImportReview, at: datetime) -> None:
    """The same bytes against the programme as it is now."""
    with transaction.atomic():
        keep_review(_plan_now(review), review.data, at)


def _plan_now(review: ImportReview) -> ImportPlan:
    """Of its bytes. Call it in a transaction, to whose end nobody else writes the programme."""
    conference = review.feed.conference
    conference.one_writer("programme")
    review.refresh_from_db()
    return ImportPlan(conference, review.feed, read_feed(review.feed, review.data))


def _kept(plan: ImportPlan) -> dict[str, Any]:
    """The plan as its page shows it: of long texts the place where they differ."""
    kept = plan.as_dict()
    for line in kept["lines"]:
        for change in line["fields"]:
            if change["field"] in TEXTS:
                change["old"], change["new"] = excerpts(change["old"], change["new"])
    problems = [problem.as_dict() for problem in plan.problems[:MAX_PROBLEMS_KEPT]]
    return {
        **kept,
        "version": plan.programme.version[:100],
        "read": plan.programme.counts,
        "missing_before": plan.missing_before,
        "lost": lost_programme(plan),
        "problems": problems,
        "problem_count": len(plan.problems),
    }
