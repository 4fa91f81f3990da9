"""The streaming side of the counters; see schedule/site/revisions.py."""

from collections.abc import Sequence

from django.db import connections

from lib.cached import OnceASecond
from schedule.models import ProgrammeRevision, Room
from schedule.site.revisions import WatchedTable, drop_triggers, make_triggers
from streaming.models import (
    Announcement,
    Nudge,
    Recording,
    StageRevision,
    Stream,
    StreamAccount,
    StreamHost,
    Switch,
)

_OF_ROOM = f"(SELECT conference_id FROM {Room._meta.db_table} WHERE id = {{row}}.room_id)"
STAGE = (
    WatchedTable.model(Stream, _OF_ROOM),
    WatchedTable.model(Switch, _OF_ROOM),
    WatchedTable.model(StreamAccount),
    WatchedTable.model(Announcement),
)
_OF_RECORDING = (
    f"(SELECT conference_id FROM {Recording._meta.db_table} WHERE id = {{row}}.recording_id)"
)
# Pages carry the hosts in their Content-Security-Policy, and say what can be watched again, so these
# are part of the programme's number.
PAGES = (
    WatchedTable.model(StreamHost),
    WatchedTable.model(Recording),
    WatchedTable.model(Nudge, _OF_RECORDING),
)


def make_stage_triggers(using: str, **_signal: object) -> None:
    make_triggers(connections[using], StageRevision, STAGE)
    make_triggers(connections[using], ProgrammeRevision, PAGES)


def drop_stage_triggers(using: str, plan: Sequence[object], **_signal: object) -> None:
    if plan:
        drop_triggers(connections[using], StageRevision, STAGE)
        drop_triggers(connections[using], ProgrammeRevision, PAGES)


def _read() -> dict[int, int]:
    return dict(StageRevision.objects.values_list("conference_id", "number"))


stage_revisions = OnceASecond(_read)
