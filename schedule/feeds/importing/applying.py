"""Writes a plan, or the lines of it that were chosen, as one Change."""

from collections.abc import Collection, Container
from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _

from schedule.changes import row_changes
from schedule.changes.recorder import ChangeRecorder
from schedule.changes.row_changes import RowChanges
from schedule.feeds.importing.lines import ImportLine, LineKind
from schedule.feeds.importing.plan import ImportPlan
from schedule.models import Change, FeedItem, Talk


def apply_plan(
    plan: ImportPlan,
    *,
    at: datetime,
    actor: models.Model | None = None,
    chosen: Collection[str],
) -> Change | None:
    """Call it in a transaction. `chosen` are digests of lines. What is missing and chosen is taken
    out of the programme.

    Returns None when there was nothing to do. The number of statements does not depend on the
    number of talks.
    """
    lines = _chosen(plan, chosen)
    made = [line for line in lines if line.is_new]
    _write_feed(plan, at)
    _write_rows(plan, lines)
    changing = ChangeRecorder(
        plan.conference,
        Change.Act.IMPORT,
        actor=actor,
        summary=_summary(plan, lines),
        feed=plan.feed,
        at=at,
    )
    for line in lines:
        _collect(changing, line, at)
    change = changing.write()
    _write_links(made)
    _renew_silently(plan, decided={line.item.pk for line in lines})
    return change


def _chosen(plan: ImportPlan, digests: Collection[str]) -> list[ImportLine]:
    chosen = [line for line in plan.proposals if line.digest in digests]
    # Where a conflict is decided and nothing else of the talk has changed, its item is renewed in
    # the same act, before the conflict's own values.
    decided = {line.item.pk for line in chosen if line.kind is LineKind.CONFLICT}
    return [
        line for line in plan.lines if line.kind is LineKind.UNCHANGED and line.item.pk in decided
    ] + chosen


def _write_feed(plan: ImportPlan, at: datetime) -> None:
    feed = plan.feed
    feed.format, feed.sha256 = plan.programme.format, plan.programme.sha256
    feed.last_imported_at = at
    # An organizer may be changing its settings meanwhile.
    fields = ["format", "sha256", "last_imported_at", "believes_clock"]
    feed.save(update_fields=fields if feed.pk else None)


def _write_rows(plan: ImportPlan, lines: list[ImportLine]) -> None:
    """Rooms, tracks and people: all, unless lines were left out that alone need them."""
    wanted: set[int] | None = None
    brought = {id(line) for line in plan.proposals if line.kind is not LineKind.MISSING}
    if brought - {id(line) for line in lines}:
        wanted = {
            id(row)
            for line in lines
            for row in [
                line.talk.room,
                line.talk.track,
                *line.speakers,
                *line.also_in,
                *(line.changes[name][1] for name in ("room", "track") if name in line.changes),
            ]
            if row is not None
        }
    plan.rooms.write(wanted)
    plan.tracks.rows.write(wanted)
    plan.speakers.rows.write(wanted)


def _collect(changing: ChangeRecorder, line: ImportLine, at: datetime) -> None:
    item = line.item
    if line.is_new:
        changing.add(line.talk)
        for name, value in line.renewed.items():
            setattr(item, name, value)
        changing.items.add(item)
        return
    changing.set(line.talk, **{name: new for name, (_old, new) in line.changes.items()})
    if line.kind is LineKind.MISSING:
        changing.set(line.talk, is_hidden=True)
        changing.items.set(
            item,
            missing_since=item.missing_since or at,
            is_settled=True,
            has_hidden_talk=True,
        )
    elif line.kind is LineKind.CONFLICT:
        changing.items.set(item, values={**item.values, **line.renewed})
        for override in line.overrides:
            changing.items.drop(item, override)
    else:
        changing.items.set(item, **line.renewed)


def _write_links(made: list[ImportLine]) -> None:
    """Of new talks; those of others are in their changes."""
    speaks, takes_place = Talk.speakers.through, Talk.also_in.through
    speaks.objects.bulk_create(
        speaks(talk_id=line.talk.pk, speaker_id=speaker.pk)
        for line in made
        for speaker in line.speakers
    )
    takes_place.objects.bulk_create(
        takes_place(talk_id=line.talk.pk, room_id=room.pk) for line in made for room in line.also_in
    )


def _renew_silently(plan: ImportPlan, decided: Container[int]) -> None:
    """What the feed says otherwise than before though nothing follows from it: no act of its own."""
    items: RowChanges[FeedItem] = RowChanges(FeedItem)
    for line in plan.lines:
        if line.kind is LineKind.UNCHANGED and line.item.pk not in decided:
            items.set(line.item, **{name: line.renewed[name] for name in row_changes.FIELDS})
    items.write()


def _summary(plan: ImportPlan, lines: list[ImportLine]) -> str:
    said = [kind for kind in LineKind if kind is not LineKind.UNCHANGED]
    counts = [(kind, sum(kind in line.kinds for line in lines)) for kind in said]
    done = {kind: kind.label for kind in said} | {LineKind.MISSING: _("taken out")}
    what = ", ".join(f"{count} {done[kind]}" for kind, count in counts if count)
    source = plan.feed.source if len(plan.feed.source) <= 100 else f"{plan.feed.source[:99]}…"
    return _("%(source)s: %(what)s") % {"source": source, "what": what}
