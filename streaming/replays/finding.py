"""Which recordings show a talk, and at which second it begins in them. Read once per number of the
programme, then from memory.

A talk's own recording comes first. Else the recordings of its room: second 0 is a moment of the
clock, and so the talk's actual start is a second of the recording. A recording of a room that also
holds a talk whose speakers have not agreed is not shown at all, because whoever has its address can
move about in it: it has to be cut into talks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lib.cached import once_per_revision
from schedule.models import Conference, Talk
from schedule.site.request import ConferenceRequest
from streaming.models import Nudge, Recording

# Nobody is asked for these.
PAUSES = frozenset({Talk.Kind.BREAK, Talk.Kind.SOCIAL})

# By recording and talk.
type Nudges = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Version:
    """One recording of a talk. `until`: when a recording that still goes on is no longer shown."""

    recording: Recording
    second: int
    until: datetime | None = None

    def is_open_at(self, at: datetime) -> bool:
        """To everybody."""
        opens_at = self.recording.public_at
        return opens_at is not None and opens_at <= at


@dataclass(frozen=True, slots=True)
class Replay:
    """`versions`: the first choice first."""

    code: str
    title: str
    starts_at: datetime
    ended_at: datetime
    versions: tuple[Version, ...]

    @property
    def seconds(self) -> int:
        return int((self.ended_at - self.starts_at).total_seconds())

    @property
    def minutes(self) -> int:
        return round(self.seconds / 60)

    @property
    def languages(self) -> list[str]:
        """Those that recordings are said to be in."""
        return sorted({each.recording.language for each in self.versions} - {""})

    @property
    def has_captions(self) -> bool:
        return any(each.recording.captions for each in self.versions)

    def open_at(self, at: datetime) -> tuple[Version, ...]:
        return tuple(version for version in self.versions if version.is_open_at(at))


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


def library(conference: Conference, revision: int) -> Library:
    return _read(conference.pk, revision)


def next_edge(request: ConferenceRequest, at: datetime) -> datetime | None:
    """See schedule/site/pages.py."""
    return library(request.conference, request.programme_revision).next_edge(at)


@once_per_revision
def _read(conference_id: int, revision: int) -> Library:
    conference = Conference.objects.get(pk=conference_id)
    shown = Recording.objects.filter(conference=conference, is_shown=True)
    recordings = list(shown.select_related("account").order_by("pk"))
    if not recordings:
        return Library({}, frozenset(), ())
    talks = talks_of(conference)
    found = find(conference, recordings, talks, nudges_of(conference))
    edges = {each.public_at for each in recordings} | {each.ended_at for each in found.values()}
    withheld = {each.pk for each in recordings if is_withheld(conference, each, talks)}
    return Library(found, frozenset(withheld), tuple(sorted(edge for edge in edges if edge)))


def talks_of(conference: Conference) -> list[Talk]:
    """Those that have taken place, or will."""
    talks = Talk.objects.filter(conference=conference, is_canceled=False).shown()
    return list(talks.defer("abstract", "description").prefetch_related("also_in").in_order())


def nudges_of(conference: Conference) -> Nudges:
    nudges = Nudge.objects.filter(recording__conference=conference)
    return {
        (recording, talk): seconds
        for recording, talk, seconds in nudges.values_list("recording", "talk", "seconds")
    }


def find(
    conference: Conference, recordings: list[Recording], talks: list[Talk], nudges: Nudges
) -> dict[str, Replay]:
    """By the talk's code, in the order of the talks."""
    of_talk: dict[int, list[Recording]] = defaultdict(list)
    of_room: dict[int, list[tuple[Recording, datetime | None]]] = defaultdict(list)
    for recording in recordings:
        if recording.talk_id:
            of_talk[recording.talk_id].append(recording)
        elif recording.room_id:
            until = shown_until(conference, recording, talks)
            of_room[recording.room_id].append((recording, until))
    replays = {}
    for talk in talks:
        if not talk.may_be_replayed:
            continue
        versions = [Version(each, second_of(each, talk, nudges)) for each in of_talk[talk.pk]]
        if not versions:
            versions = list(_in_rooms(conference, talk, of_room, nudges))
        if versions:
            chosen = _in_order(versions, talk)
            replays[talk.code] = Replay(talk.code, talk.title, talk.starts_at, talk.ends_at, chosen)
    return replays


def _in_rooms(
    conference: Conference,
    talk: Talk,
    of_room: Mapping[int, list[tuple[Recording, datetime | None]]],
    nudges: Nudges,
) -> Iterator[Version]:
    """Of each language the one that has most of it: encoders break off and begin anew."""
    for room in rooms_of(talk):
        best: dict[str, tuple[timedelta, Version]] = {}
        for recording, until in of_room.get(room, ()):
            held = _held(conference, recording, talk)
            if not held or (until is not None and until < talk.ends_at):
                continue
            version = Version(recording, second_of(recording, talk, nudges), until)
            if held > best.get(recording.language, (timedelta(), None))[0]:
                best[recording.language] = held, version
        if best:
            yield from (version for _held, version in best.values())
            return


def _in_order(versions: Iterable[Version], talk: Talk) -> tuple[Version, ...]:
    own = ("", talk.language)
    return tuple(
        sorted(versions, key=lambda each: (each.recording.language not in own, each.recording.pk))
    )


def second_of(recording: Recording, talk: Talk, nudges: Nudges) -> int:
    """Where the talk begins in the recording."""
    nudge = nudges.get((recording.pk, talk.pk), 0)
    return max(0, recording.computed_second(talk) + nudge)


def rooms_of(talk: Talk) -> list[int]:
    """Its own first."""
    own = [talk.room_id] if talk.room_id else []
    return own + [room.pk for room in talk.also_in.all()]


def held_talks(conference: Conference, recording: Recording, talks: Iterable[Talk]) -> list[Talk]:
    """What a recording of a room holds at least a moment of."""
    return [
        talk
        for talk in talks
        if recording.room_id in rooms_of(talk) and _held(conference, recording, talk)
    ]


def is_withheld(conference: Conference, recording: Recording, talks: Iterable[Talk]) -> bool:
    """Whether it is through, and holds something of speakers who have not agreed."""
    if recording.talk_id:
        return not any(talk.pk == recording.talk_id and talk.may_be_replayed for talk in talks)
    return recording.ends_at is not None and bool(not_agreed(conference, recording, talks))


def not_agreed(conference: Conference, recording: Recording, talks: Iterable[Talk]) -> list[Talk]:
    """What it holds of talks whose speakers have not agreed."""
    return [
        talk
        for talk in held_talks(conference, recording, talks)
        if not talk.may_be_replayed and talk.kind not in PAUSES
    ]


def shown_until(
    conference: Conference, recording: Recording, talks: Iterable[Talk]
) -> datetime | None:
    """None: for ever. One that still goes on may be shown until somebody comes on who has not
    agreed; one that is through and holds something of theirs, never.
    """
    theirs = [talk.starts_at for talk in not_agreed(conference, recording, talks)]
    if not theirs or recording.starts_at is None:
        return None
    return min(theirs) if recording.ends_at is None else recording.starts_at


def _held(conference: Conference, recording: Recording, talk: Talk) -> timedelta:
    """How much of the talk the recording of a room has; one that goes on ends with its day."""
    if recording.starts_at is None:
        return timedelta()
    today = conference.day_of(recording.starts_at)
    end = recording.ends_at or conference.day_window(today)[1]
    start = max(recording.starts_at, talk.starts_at)
    return max(timedelta(), min(end, talk.ends_at) - start)
