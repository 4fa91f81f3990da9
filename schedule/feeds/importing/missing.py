"""What a source no longer has: noted at each look, asked about, and taken out of the programme by
itself only when it can be no outage. Exports have holes: of 1,019 versions of one congress' schedule
some lacked a quarter of it, for minutes. docs/adr/0015-missing-talks.md says why so.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from schedule.changes.removals import RemovalDanger
from schedule.changes.row_changes import RowChanges
from schedule.feeds.importing.lines import LineKind
from schedule.feeds.importing.plan import ImportPlan
from schedule.models import Feed, FeedItem, FeedItemQuerySet, FieldChange

# What was missed for so long, and so often, is no outage.
OUTAGE = timedelta(hours=2)
LOOKS = 3
# Whoever has lost more than this and more than half of what is to come has lost its programme.
MAX_LOST = 4


def gone_by_itself(plan: ImportPlan, at: datetime) -> set[str]:
    """The digests of what is missing and needs no organizer's yes."""
    lines = plan.of_kind(LineKind.MISSING)
    if not lines or _is_emptied(plan, at):
        return set()
    gone = set(_no_outage(plan.feed, at).filter(_is_far(at)).values_list("pk", flat=True))
    return {line.digest for line in lines if line.item.pk in gone}


def gone_as_accepted(plan: ImportPlan, at: datetime) -> set[str]:
    """The digests of what goes when somebody accepts the removals unseen: all but what is live."""
    missing = plan.of_kind(LineKind.MISSING)
    return {line.digest for line in missing if not line.talk.is_live_at(at)}


def lost_programme(plan: ImportPlan) -> int:
    """How many talks, if nothing is left of what the feed had: next year's programme under the old
    address. Its talks would stand beside the ones that attendees see, of which some may be over.
    """
    lost = 0 if any(item.is_accepted for item in plan.present) else len(plan.lost)
    return lost if lost > MAX_LOST else 0


def another_in_words(lost: int) -> list[RemovalDanger]:
    """Of a lost programme, which may be none."""
    if not lost:
        return []
    text = _("None of the %(count)d talks that this feed had is in it: another programme?")
    return [RemovalDanger("another", text % {"count": lost})]


def may_settle_something(feed: Feed, at: datetime) -> bool:
    """Whether one more look that finds what was found before would end the waiting of something."""
    if feed.items.unanswered().filter(talk__ends_at__lte=at).exists():
        return True
    return feed.applies_by_itself and _no_outage(feed, at).filter(_is_far(at)).exists()


def note_look(plan: ImportPlan, at: datetime, *, is_another: bool = True) -> None:
    """Writes down what this look has found and what not, whether or not the plan is applied. Call it
    after applying. `is_another`: at the source, not at bytes that were kept from it.

    What is over took place as far as anybody here knows: it stays, and nobody is asked any more.
    """
    items: RowChanges[FeedItem] = RowChanges(FeedItem)
    for item in plan.present:
        items.set(item, missing_since=None, missing_looks=0, is_settled=False)
    for item in plan.absent:
        items.set(item, missing_since=item.missing_since or at)
        if item.is_asked_about:
            looks = item.missing_looks + 1 if is_another else max(1, item.missing_looks)
            items.set(item, missing_looks=looks, is_settled=item.talk.is_over_at(at))
    items.write()


def _no_outage(feed: Feed, at: datetime) -> FeedItemQuerySet:
    """What waits and will have been missed for long enough with the look that is just being made.
    Where an organizer has undone the removal of a talk, that was an answer.
    """
    brought_back = FieldChange.objects.filter(
        talk=OuterRef("talk"), field="is_hidden", new=True, change__undone_by__isnull=False
    )
    missed = feed.items.waiting_at(at).filter(
        missing_since__lte=at - OUTAGE, missing_looks__gte=LOOKS - 1
    )
    return missed.exclude(Exists(brought_back))


def _is_far(at: datetime) -> Q:
    """Neither live nor so near that people are on their way. To what goes on all day nobody is."""
    return Q(talk__starts_at__gt=at + OUTAGE) | Q(talk__is_all_day=True)


def _is_emptied(plan: ImportPlan, at: datetime) -> bool:
    missing = sum(line.talk.starts_at > at for line in plan.of_kind(LineKind.MISSING))
    left = sum(item.talk.starts_at > at for item in plan.present)
    return missing > max(MAX_LOST, left)
