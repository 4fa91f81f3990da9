"""Applying a proposal: one act, one transaction, one Change."""

from collections.abc import Callable

from django.db import models, transaction

from lib.plans import PlanChanged, refuse_changed
from schedule.changes.recorder import ChangeRecorder
from schedule.changes.run_of_show.proposal import Proposal
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.models import Change, Conference, Talk
from schedule.models.codes import derive_code

type Planner = Callable[[RunSheet], Proposal]


def apply(
    conference: Conference, plan: Planner, *, actor: models.Model | None, digest: str | None
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
    }
    if new.room != old.room:
        values["room"] = sheet.rooms[new.room] if new.room else None
    if new.also_in != old.also_in:
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
