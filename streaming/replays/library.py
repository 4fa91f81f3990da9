"""Which recordings show a talk, and at which second it begins in them. Read once per number of the
programme, then from memory.

A talk's own recording comes first. Else the recordings of its room: second 0 is a moment of the
clock, and so the talk's actual start is a second of the recording. A recording of a room that also
holds a talk whose speakers have not agreed is not shown at all, because whoever has its address can
move about in it: it has to be cut into talks.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lib.cached import once_per_revision
from schedule.models import Conference, Talk
from schedule.site.request import ConferenceRequest
from streaming.models import Recording
from streaming.models.replays import rooms_of


@dataclass(frozen=True, slots=True)
class ReplayVersion:
    """One recording of a talk. `until`: when a recording that still goes on is no longer shown."""

    recording: Recording
    second: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """`versions`: the first choice first."""

    code: str
    title: str
    starts_at: datetime
    ended_at: datetime
    versions: tuple[ReplayVersion, ...]

    @property
    def seconds(self) -> int:
        return int((self.ended_at - self.starts_at).total_seconds())

    @property
    def minutes(self) -> int:
        return round(self.seconds / 60)

    @property
    def languages(self) -> list[str]:
        """The languages that organizers have given for the recordings."""
        return sorted({each.recording.language for each in self.versions} - {""})

    @property
    def has_captions(self) -> bool:
        return any(each.recording.captions for each in self.versions)

    def open_at(self, at: datetime) -> tuple[ReplayVersion, ...]:
        return tuple(version for version in self.versions if version.recording.is_open_at(at))


@dataclass(frozen=True, eq=False)  # one object for each number of the programme
class Library:
    replays: dict[str, Replay]
    # Recordings that nobody may have, by primary key: of speakers who have not agreed.
    withheld: frozenset[int]
    # Every instant at which what can be watched changes, in order.
    edges: tuple[datetime, ...]

    def at(self, conference: Conference, at: datetime) -> Iterator[Replay]:
        return (shown for each in self.replays.values() if (shown := _shown(each, conference, at)))

    def one(self, code: str, conference: Conference, at: datetime) -> Replay | None:
        """None: it cannot be watched by anybody now."""
        replay = self.replays.get(code)
        return _shown(replay, conference, at) if replay else None

    def next_edge(self, at: datetime) -> datetime | None:
        return next((edge for edge in self.edges if edge > at), None)


def _shown(replay: Replay, conference: Conference, at: datetime) -> Replay | None:
    if at < replay.ended_at:
        return None
    end = conference.replays_end_at
    is_over = end is not None and end <= at and not conference.is_public
    versions = replay.open_at(at) if is_over else replay.versions
    versions = tuple(each for each in versions if each.until is None or at < each.until)
    return replace(replay, versions=versions) if versions else None


def next_edge(request: ConferenceRequest, at: datetime) -> datetime | None:
    """See schedule/site/pages.py."""
    return library(request.conference.pk, request.programme_revision).next_edge(at)


@once_per_revision
def library(conference_id: int, revision: int) -> Library:
    conference = Conference.objects.get(pk=conference_id)
    shown = conference.recordings.filter(is_shown=True).order_by("pk")
    recordings = list(shown.select_related("account__conference").prefetch_related("nudges"))
    if not recordings:
        return Library({}, frozenset(), ())
    talks = talks_of(conference)
    replays = _replays(recordings, talks)
    edges = {each.public_at for each in recordings} | {each.ended_at for each in replays.values()}
    withheld = frozenset(each.pk for each in recordings if each.is_withheld(talks))
    return Library(replays, withheld, tuple(sorted(edge for edge in edges if edge)))


def talks_of(conference: Conference) -> list[Talk]:
    """Those that have taken place, or will."""
    talks = Talk.objects.filter(conference=conference, is_canceled=False).shown()
    return list(talks.defer("abstract", "description").prefetch_related("also_in").in_order())


def _replays(recordings: list[Recording], talks: list[Talk]) -> dict[str, Replay]:
    """The replays by the talk's code, in the order of the talks."""
    of_talk: dict[int, list[Recording]] = defaultdict(list)
    of_room: dict[int, list[tuple[Recording, datetime | None]]] = defaultdict(list)
    for recording in recordings:
        if recording.talk_id:
            of_talk[recording.talk_id].append(recording)
        elif recording.room_id:
            of_room[recording.room_id].append((recording, recording.shown_until(talks)))
    replays = {}
    for talk in talks:
        if not talk.may_be_replayed:
            continue
        versions = [ReplayVersion(each, each.second_of(talk)) for each in of_talk[talk.pk]]
        versions = versions or _in_rooms(talk, of_room)
        if versions:
            own = ("", talk.language)
            versions.sort(key=lambda each: (each.recording.language not in own, each.recording.pk))
            replays[talk.code] = Replay(
                talk.code, talk.title, talk.starts_at, talk.ends_at, tuple(versions)
            )
    return replays


def _in_rooms(
    talk: Talk, of_room: Mapping[int, list[tuple[Recording, datetime | None]]]
) -> list[ReplayVersion]:
    """For each language the recording that has most of the talk: encoders break off and begin anew."""
    for room in rooms_of(talk):
        best: dict[str, tuple[timedelta, ReplayVersion]] = {}
        for recording, until in of_room.get(room, ()):
            held = recording.time_held_of(talk)
            if until is not None and until < talk.ends_at:
                continue
            if held > best.get(recording.language, (timedelta(), None))[0]:
                version = ReplayVersion(recording, recording.second_of(talk), until)
                best[recording.language] = held, version
        if best:
            return [version for _held, version in best.values()]
    return []
