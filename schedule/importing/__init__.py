"""The act of importing a programme: find the feed, make a plan, write it, in one transaction."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from schedule.formats import Problem, Programme
from schedule.importing.plan import Plan, make_plan
from schedule.importing.rows import Rows
from schedule.models import Conference, Feed, FeedItem, Talk

__all__ = ["Plan", "Summary", "apply_plan", "find_feed", "import_schedule", "make_plan"]


@dataclass(frozen=True, slots=True)
class Summary:
    """`moved` counts talks with another time or room, `changed` those with other new values; one
    talk can be both. `missing` and `back` are those that became so with this import.
    """

    source: str
    format: str
    version: str
    is_dry_run: bool
    new: int
    changed: int
    moved: int
    missing: int
    back: int
    unchanged: int
    read: dict[str, int]
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return {
            "source": self.source,
            "format": self.format,
            "version": self.version,
            "dry_run": self.is_dry_run,
            "new": self.new,
            "changed": self.changed,
            "moved": self.moved,
            "missing": self.missing,
            "back": self.back,
            "unchanged": self.unchanged,
            "read": self.read,
            "problems": [problem.as_dict() for problem in self.problems],
        }


def import_schedule(
    *,
    conference: Conference,
    programme: Programme,
    source: str,
    is_dry_run: bool = False,
    at: datetime | None = None,
) -> Summary:
    """Brings the conference's talks up to what the file says. All or nothing.

    `source` is the address or the name of the file. What the feed does not own is never touched:
    streams, chairs, cancellations, hidden talks, first published times, and talks made here.
    Talks that the file no longer has are marked as missing and stay.
    """
    with transaction.atomic():
        # One import at a time; others may go on reading, and writing other rows.
        conference = Conference.objects.select_for_update(no_key=True).get(pk=conference.pk)
        feed = find_feed(conference, source, programme)
        plan = make_plan(conference, feed, programme)
        apply_plan(plan, at or timezone.now())
        if is_dry_run:
            transaction.set_rollback(True)
    return _summary(plan, source, is_dry_run)


def find_feed(conference: Conference, source: str, programme: Programme) -> Feed:
    """The feed of this source; else the one that knows most of these talks; else a new one, unsaved.

    Files change their names ("schedule-v2.json") and formats (pretalx has six), and a second feed
    would double every talk.
    """
    feeds = {feed.pk: feed for feed in conference.feeds.order_by("-last_imported_at")}
    for feed in feeds.values():
        if feed.source == source:
            return feed
    items = FeedItem.objects.filter(feed__in=feeds).values_list("feed_id", "key", "values__keys")
    keys = {key for talk in programme.talks for key in _telling(talk.key, talk.keys)}
    sizes: Counter[int] = Counter()
    shared: Counter[int] = Counter()
    for feed_id, key, others in items:
        sizes[feed_id] += 1
        shared[feed_id] += not keys.isdisjoint(_telling(key, others or []))
    # Of equals the first wins, which is the one imported last.
    nearest = max(feeds, key=lambda feed_id: shared[feed_id], default=None)
    size = min(sizes[nearest], len(programme.talks)) if nearest is not None else 0
    if nearest is not None and shared[nearest] * 2 >= size > 0:
        return feeds[nearest]
    return Feed(conference=conference, source=source)


def _telling(strongest: str, keys: Iterable[str]) -> set[str]:
    """The keys that two different programmes do not share by chance, as they do number 7."""
    return {strongest, *(key for key in keys if key.startswith(("guid:", "uid:", "code:")))}


def apply_plan(plan: Plan, at: datetime) -> None:
    """Writes the plan in a number of statements that does not depend on its length."""
    feed = plan.feed
    feed.format, feed.sha256 = plan.programme.format, plan.programme.sha256
    feed.last_imported_at = at
    feed.save()
    plan.rooms.write()
    plan.tracks.rows.write()
    plan.speakers.rows.write()
    _write_talks(plan)
    _write_links(plan, "speakers", Talk.speakers.through, "speaker_id")
    _write_links(plan, "also_in", Talk.also_in.through, "room_id")
    _write_items(plan, at)


def _write_talks(plan: Plan) -> None:
    talks: Rows[Talk] = Rows(Talk)
    for line in plan.lines:
        if line.is_new:
            talks.new.append(line.talk)
        for name, (_old, new) in line.changes.items():
            if name not in ("speakers", "also_in"):
                talks.set(line.talk, **{name: new})
    talks.write()


def _write_links(plan: Plan, field: str, through: type[Model], column: str) -> None:
    """The rows of a many-to-many field."""
    gone = [line.talk.pk for line in plan.lines if not line.is_new and field in line.changes]
    through._default_manager.filter(talk_id__in=gone).delete()
    through._default_manager.bulk_create(
        through(**{"talk_id": line.talk.pk, column: other.pk})
        for line in plan.lines
        if line.is_new or field in line.changes
        for other in getattr(line, field)
    )


def _write_items(plan: Plan, at: datetime) -> None:
    items: Rows[FeedItem] = Rows(FeedItem)
    for line in plan.lines:
        if line.is_new:
            items.new.append(line.item)
        elif line.item_changed:
            items.touch(line.item, ["key", "ordinal", "guid", "values", "missing_since"])
    for item in plan.missing:
        item.missing_since = at
        items.touch(item, ["missing_since"])
    items.write()


def _summary(plan: Plan, source: str, is_dry_run: bool) -> Summary:
    return Summary(
        source=source,
        format=plan.programme.format,
        version=plan.programme.version,
        is_dry_run=is_dry_run,
        new=sum(line.is_new for line in plan.lines),
        changed=sum(line.is_changed for line in plan.lines),
        moved=sum(line.is_moved for line in plan.lines),
        missing=len(plan.missing),
        back=sum(line.is_back for line in plan.lines),
        unchanged=sum(not line.is_new and not line.changes for line in plan.lines),
        read=plan.programme.counts,
        problems=plan.problems,
    )
