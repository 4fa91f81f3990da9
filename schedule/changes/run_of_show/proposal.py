"""What an act would do, to be looked at before it is done; and doing it, as one Change."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db import models, transaction

from lib.plans import PlanChanged, digest_of, refuse_changed
from schedule.changes.recorder import ChangeRecorder
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.changes.warnings import ProgrammeWarning, WarningKind, find_warnings, words, worsened
from schedule.models import Change, Conference, Talk
from schedule.models.codes import derive_code


class ActRefused(Exception):
    """The act makes no sense here; the text says why."""


class ProposalLine(NamedTuple):
    """`old` None: the act makes this talk."""

    old: SheetTalk | None
    new: SheetTalk


@dataclass(frozen=True)
class Proposal:
    summary: str
    sheet: RunSheet
    lines: tuple[ProposalLine, ...]
    clashes: tuple[ProgrammeWarning, ...]

    @property
    def digest(self) -> str:
        """Of all that is shown: differs when somebody changed what the act is about."""
        shown = [
            [[_plain(line.old) if line.old else None, _plain(line.new)] for line in self.lines],
            [[*map(str, clash.key), clash.size.total_seconds()] for clash in self.clashes],
        ]
        return digest_of(shown)

    @property
    def sentences(self) -> list[str]:
        """The clashes in words."""
        return [words(clash, self.sheet) for clash in self.clashes]


def _plain(talk: SheetTalk) -> list[object]:
    times = talk.starts_at.timestamp(), talk.ends_at.timestamp()
    return [talk.pk, talk.sequence, *times, talk.room, talk.is_canceled, talk.title]


def propose(
    sheet: RunSheet,
    changed: Iterable[SheetTalk],
    summary: str,
    clashes: Iterable[ProgrammeWarning] = (),
) -> Proposal:
    """`clashes`: what the act knows beyond what the programme's warnings find."""
    old = {talk.pk: talk for talk in sheet.talks}
    lines = tuple(
        ProposalLine(old.get(talk.pk), talk) for talk in changed if old.get(talk.pk) != talk
    )
    after = sheet.with_changed(line.new for line in lines)
    found = [
        *clashes,
        *_untimely(sheet, lines),
        *worsened(find_warnings(sheet), find_warnings(after)),
    ]
    return Proposal(
        summary, sheet, lines, tuple(clash for clash in found if clash.kind != WarningKind.GAP)
    )


def _untimely(sheet: RunSheet, lines: Iterable[ProposalLine]) -> Iterable[ProgrammeWarning]:
    """People come at the published time, and leave after the day's last talk."""
    for old, new in lines:
        if new.is_canceled or (
            old and (old.starts_at, old.ends_at) == (new.starts_at, new.ends_at)
        ):
            continue
        published = new.planned_starts_at or (old.starts_at if old else new.starts_at)
        if new.starts_at < published and not new.is_break:
            yield ProgrammeWarning(WarningKind.EARLY, (new,), published - new.starts_at)
        day = sheet.day_of(new)
        ends = [talk.ends_at for talk in sheet.taking_place if sheet.day_of(talk) == day]
        beyond = new.ends_at - max(ends, default=new.ends_at)
        if beyond > timedelta():
            yield ProgrammeWarning(WarningKind.PAST_DAY, (new,), beyond)


def apply(
    conference: Conference,
    plan: Callable[[RunSheet], Proposal],
    *,
    actor: models.Model | None,
    digest: str | None,
) -> tuple[Proposal, Change | None]:
    """Plans again on what the programme is now; raises PlanChanged when that is not what was looked
    at. `digest` None: nobody looked. No Change: there was nothing to do.
    """
    with transaction.atomic():
        conference.one_writer("programme")
        proposal = plan(RunSheet.read(conference))
        if digest is not None:
            refuse_changed(proposal, digest)
        old = {line.old.pk: line.old for line in proposal.lines if line.old}
        talks = Talk.objects.select_for_update(of=("self",)).in_bulk(old)
        if any(talks[pk].sequence != before.sequence for pk, before in old.items()):
            raise PlanChanged(proposal)  # saved between our reading and our lock
        changing = ChangeRecorder(
            conference, Change.Act.DESK, actor=actor, summary=proposal.summary[:300]
        )
        for line in proposal.lines:
            if line.old is None:
                changing.add(_made(line.new, proposal.sheet))
            else:
                changing.set(talks[line.new.pk], **_values(line.old, line.new, proposal.sheet))
        return proposal, changing.write()


def _values(old: SheetTalk, new: SheetTalk, sheet: RunSheet) -> dict[str, object]:
    values: dict[str, object] = {
        "starts_at": new.starts_at,
        "ends_at": new.ends_at,
        "is_canceled": new.is_canceled,
        "room": sheet.rooms[new.room] if new.room else None,
    }
    if new.also_in != old.also_in:  # the talk's own rooms would have to be read
        values["also_in"] = [sheet.rooms[room] for room in sorted(new.also_in)]
    return values


def _made(new: SheetTalk, sheet: RunSheet) -> Talk:
    taken = set(Talk.objects.filter(conference=sheet.conference).values_list("code", flat=True))
    return Talk(
        conference=sheet.conference,
        code=derive_code(f"{new.title} {new.room} {new.starts_at.isoformat()}", taken),
        title=new.title,
        kind=new.kind,
        delivery=new.delivery,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        room=sheet.rooms[new.room] if new.room else None,
    )
