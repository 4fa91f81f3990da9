"""What can still go wrong in the programme, and what its streams add to that."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.changes.warnings import ProgrammeWarning, WarningKind, find_warnings, words
from streaming.watching.room_streams import RoomStreams, room_streams_of


def warnings_of(sheet: RunSheet, at: datetime) -> list[str]:
    streams = room_streams_of(sheet.conference)
    found = [*find_warnings(sheet), *_without_stream(sheet, streams, at)]
    # What can still be helped, soonest first.
    coming = [each for each in found if max(talk.ends_at for talk in each.talks) > at]
    coming.sort(key=lambda each: each.talks[0].starts_at)
    return [words(each, sheet) for each in coming]


def _without_stream(
    sheet: RunSheet, streams: RoomStreams, at: datetime
) -> Iterator[ProgrammeWarning]:
    """Talks to come that are to be watched, in rooms that then show nothing: one warning for each
    run of them.
    """
    for room in sheet.rooms.values():
        coming = [
            talk
            for talk in sheet.taking_place
            if talk.room == room.pk
            and talk.ends_at > at
            and not talk.is_break
            and talk.delivery != "on_site"
        ]
        for has_stream, run in groupby(
            coming,
            key=lambda talk: streams.on_at(room.slug, talk.starts_at, talk.code).tag is not None,
        ):
            if not has_stream:
                talks = tuple(run)
                ends = talks[:1] if len(talks) == 1 else (talks[0], talks[-1])
                yield ProgrammeWarning(WarningKind.NO_STREAM, ends, room=room.pk)
