"""What an act would do, to be looked at before it is done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from lib.plans import digest_of
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.changes.warnings import ProgrammeWarning, WarningKind, troubles, words, worse


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
    found = [*clashes, *_untimely(sheet, lines), *worse(troubles(sheet), troubles(after))]
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
