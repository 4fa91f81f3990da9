"""The act of importing a programme: find the feed, make a plan, write it, in one transaction."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from schedule.changes.removals import RemovalDanger, RemovalsRefused, dangers_of_removal
from schedule.feeds.formats.problems import Problem
from schedule.feeds.formats.programme import Programme
from schedule.feeds.importing.applying import apply_plan
from schedule.feeds.importing.lines import LineKind
from schedule.feeds.importing.missing import (
    another_in_words,
    gone_as_accepted,
    gone_by_itself,
    lost_programme,
    note_look,
)
from schedule.feeds.importing.plan import ImportPlan
from schedule.feeds.importing.reviewing import keep_review
from schedule.models import Change, Conference, Feed, FeedItem, ImportReview
from schedule.models.codes import own_guid


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """Of `counts`, `moved` are talks with another time or room, `changed` those with other new
    values; one talk can be both. `missing` and `back` are those that became so with this import.
    `removed` were taken out of the programme, `waiting` are missing and wait for somebody to say so;
    `dangers` is what speaks against that. `unchanged` have the same values, perhaps under another
    key. `plan` is ImportPlan.as_dict. `change` None: there was nothing to do, or it was a dry run.
    """

    source: str
    programme: Programme
    is_dry_run: bool
    counts: dict[str, int]
    plan: dict[str, Any]
    problems: list[Problem]
    dangers: list[RemovalDanger]
    change: Change | None = None

    def as_dict(self) -> dict[str, object]:
        return {
            "source": self.source,
            "format": self.programme.format,
            "version": self.programme.version,
            "dry_run": self.is_dry_run,
            **self.counts,
            "read": self.programme.counts,
            **{name: self.plan[name] for name in ("lines", "rooms", "speakers")},
            "dangers": [asdict(danger) for danger in self.dangers],
            "change": None if self.change is None else self.change.pk,
            "problems": [problem.as_dict() for problem in self.problems],
        }


@transaction.atomic
def import_schedule(
    *,
    conference: Conference,
    programme: Programme,
    source: str,
    is_dry_run: bool = False,
    accepts_removals: bool = False,
    at: datetime | None = None,
    data: bytes = b"",
    believes_clock: bool | None = None,
) -> ImportSummary:
    """Brings the conference's talks up to what the file says. All or nothing.

    `source` is the address or the name of the file. What the feed does not own is never touched:
    streams, chairs, cancellations, hidden talks, first published times, talks made here, and what
    an organizer overrode. Talks that the file no longer has wait until they are no outage (missing.py)
    or, but for what is live now, until removals are accepted. `data` are the bytes that were read;
    what waits does so with them in the feed's review, where they are read again as they were now,
    with `believes_clock` if it is not None.
    Raises RemovalsRefused, unless they are accepted, when it is another programme altogether.
    """
    at = at or timezone.now()
    conference.one_writer("programme")
    feed = find_feed(conference, source, programme)
    if believes_clock is not None:
        feed.believes_clock = believes_clock
    plan = ImportPlan(conference, feed, programme)
    if not accepts_removals and (lost := lost_programme(plan)):
        raise RemovalsRefused(another_in_words(lost))
    missing = plan.of_kind(LineKind.MISSING)
    gone = gone_as_accepted(plan, at) if accepts_removals else gone_by_itself(plan, at)
    counts, described = _counts(plan), plan.as_dict()
    change = apply_plan(plan, at=at, chosen=plan.undisputed | gone)
    note_look(plan, at)
    waiting = [line.talk for line in missing if not line.item.is_settled]
    counts |= {"removed": len(gone), "waiting": len(waiting)}
    dangers = dangers_of_removal(conference, waiting, at=at)
    summary = ImportSummary(
        source, programme, is_dry_run, counts, described, plan.problems, dangers
    )
    if is_dry_run:
        transaction.set_rollback(True)
        return summary
    if (counts["conflicts"] or waiting) and data:
        keep_review(plan.again(), data, at)
    else:
        ImportReview.objects.filter(feed=feed).delete()
    return replace(summary, change=change)


def find_feed(conference: Conference, source: str, programme: Programme) -> Feed:
    """The feed of this source; else the one that knows most of these talks; else a new one, unsaved.

    Files change their names ("schedule-v2.json") and formats (pretalx has six), and a second feed
    would double every talk.
    """
    feeds = {feed.pk: feed for feed in conference.feeds.order_by("-last_imported_at")}
    for feed in feeds.values():
        if source in (feed.source, feed.address):
            return feed
    items = FeedItem.objects.filter(feed__in=feeds).values_list(
        "feed_id", "key", "values__keys", "talk__code"
    )
    keys = {key for talk in programme.talks for key in _identifying(talk.key, talk.keys)}
    sizes: Counter[int] = Counter()
    shared: Counter[int] = Counter()
    for feed_id, key, others, code in items:
        sizes[feed_id] += 1
        own = f"guid:{own_guid(conference, 'talk', code)}"
        shared[feed_id] += not keys.isdisjoint({own, *_identifying(key, others or [])})
    # Of equals the first wins, which is the one imported last.
    nearest = max(feeds, key=lambda feed_id: shared[feed_id], default=None)
    size = min(sizes[nearest], len(programme.talks)) if nearest is not None else 0
    if nearest is not None and shared[nearest] * 2 >= size > 0:
        return feeds[nearest]
    return Feed(conference=conference, source=source, address=source if "://" in source else "")


def _identifying(strongest: str, keys: Iterable[str]) -> set[str]:
    """The keys that two different programmes do not share by chance, as they do number 7."""
    return {strongest, *(key for key in keys if key.startswith(("guid:", "uid:", "code:")))}


def _counts(plan: ImportPlan) -> dict[str, int]:
    incoming = [
        line for line in plan.lines if line.kind not in (LineKind.MISSING, LineKind.CONFLICT)
    ]
    known = [line for line in incoming if line.kind is not LineKind.NEW]
    return {
        "new": len(plan.of_kind(LineKind.NEW)),
        "changed": sum(line.is_changed for line in known),
        "moved": sum(line.is_moved for line in known),
        "missing": sum(item.missing_since is None for item in plan.absent),
        "back": sum(item.missing_since is not None for item in plan.present),
        "rekeyed": len(plan.of_kind(LineKind.REKEYED)),
        "conflicts": len(plan.of_kind(LineKind.CONFLICT)),
        "unchanged": sum(not (line.is_changed or line.is_moved) for line in known),
    }
