"""What an import would do, talk by talk, before anything is written."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from schedule.formats import Problem, Programme, ProgrammeTalk
from schedule.formats.clocks import zone_named
from schedule.importing.codes import claim_code
from schedule.importing.matching import match_talks
from schedule.importing.rooms import Rooms, Tracks
from schedule.importing.speakers import Speakers
from schedule.models import Conference, Feed, FeedItem, Room, Speaker, Talk

MOVES = {"starts_at", "ends_at", "room"}
# Guessed or rarely told: what an organizer set stays until the feed says something new.
FOLLOWED = ("kind", "series", "is_canceled")


@dataclass(slots=True)
class Line:
    """One talk of the file. `changes`: field → (old, new), empty for a new talk.

    `item_changed`: the feed says something else of it than last time, even if no field follows.
    """

    told: ProgrammeTalk
    talk: Talk
    item: FeedItem
    speakers: list[Speaker]
    also_in: list[Room]
    is_new: bool = False
    is_back: bool = False
    item_changed: bool = False
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def is_moved(self) -> bool:
        return not MOVES.isdisjoint(self.changes)

    @property
    def is_changed(self) -> bool:
        return bool(self.changes.keys() - MOVES)


@dataclass(slots=True)
class Plan:
    conference: Conference
    feed: Feed
    programme: Programme
    rooms: Rooms
    tracks: Tracks
    speakers: Speakers
    lines: list[Line]
    missing: list[FeedItem]
    problems: list[Problem]


def make_plan(conference: Conference, feed: Feed, programme: Programme) -> Plan:
    """Reads the database in a fixed number of queries and writes nothing."""
    return _Planner(conference, feed, programme).plan()


class _Planner:
    def __init__(self, conference: Conference, feed: Feed, programme: Programme) -> None:
        self.conference, self.feed, self.programme = conference, feed, programme
        self.items = (
            [] if feed.pk is None else list(feed.items.select_related("talk__room", "talk__track"))
        )
        self.rooms = Rooms(conference, programme.rooms)
        self.tracks = Tracks(conference, programme.tracks)
        self.speakers = Speakers(conference, self.items, programme.speakers)
        self.keys_of_speaker = {person.key: person.keys for person in programme.speakers}
        self.codes = set(conference.talks.values_list("code", flat=True))
        self.speaker_ids = self._ids(Talk.speakers.through, "speaker_id")
        self.also_in_ids = self._ids(Talk.also_in.through, "room_id")
        self.ordinals: dict[str, set[int]] = {}
        for item in self.items:
            self.ordinals.setdefault(item.key, set()).add(item.ordinal)

    def plan(self) -> Plan:
        matched = match_talks(self.programme.talks, self.items)
        lines = [
            self._line(told, matched.get((told.key, told.ordinal))) for told in self.programme.talks
        ]
        present = {item.pk for item in matched.values()}
        return Plan(
            conference=self.conference,
            feed=self.feed,
            programme=self.programme,
            rooms=self.rooms,
            tracks=self.tracks,
            speakers=self.speakers,
            lines=lines,
            missing=[
                item for item in self.items if item.pk not in present and item.missing_since is None
            ],
            problems=[*self.programme.problems, *self.rooms.problems, *self._doubts()],
        )

    def _ids(self, through: type[Model], column: str) -> dict[int, set[int]]:
        """What the feed's talks have now of one many-to-many field."""
        ids: dict[int, set[int]] = {item.talk_id: set() for item in self.items}
        if self.feed.pk is not None:
            links = through._default_manager.filter(talk__feed_items__feed=self.feed)
            for talk_id, other_id in links.values_list("talk_id", column):
                ids[talk_id].add(other_id)
        return ids

    def _line(self, told: ProgrammeTalk, item: FeedItem | None) -> Line:
        speakers = [self.speakers.of(key) for key in told.speakers]
        also_in = [room for name in told.also_in if (room := self.rooms.named(name))]
        if item is None:
            return self._new(told, speakers, also_in)
        is_back = item.missing_since is not None
        line = Line(told, item.talk, item, speakers, also_in, is_back=is_back)
        for name, value in self._fields(told).items():
            old = getattr(item.talk, name)
            if old != value and not _is_silent(name, told, item):
                line.changes[name] = (old, value)
        for name, old_ids, rows in (
            ("speakers", self.speaker_ids[item.talk_id], speakers),
            ("also_in", self.also_in_ids[item.talk_id], also_in),
        ):
            if old_ids != {row.pk for row in rows} and not _is_silent(name, told, item):
                line.changes[name] = (old_ids, rows)
        self._renew(line)
        return line

    def _new(self, told: ProgrammeTalk, speakers: list[Speaker], also_in: list[Room]) -> Line:
        identity = f"{told.key}/{told.ordinal}"
        talk = Talk(
            conference=self.conference,
            code=claim_code(told.code, identity, self.codes),
            planned_starts_at=told.starts_at,
            **self._fields(told),
        )
        item = FeedItem(feed=self.feed, talk=talk)
        line = Line(told, talk, item, speakers, also_in, is_new=True)
        self._renew(line)
        return line

    def _fields(self, told: ProgrammeTalk) -> dict[str, Any]:
        """The talk's fields that belong to the feed."""
        return {
            "kind": told.kind,
            "is_canceled": told.is_canceled,
            "series": told.series,
            "title": told.title,
            "subtitle": told.subtitle,
            "abstract": told.abstract,
            "description": told.description,
            "language": told.language,
            "room": self.rooms.named(told.room),
            "track": self.tracks.named(told.track),
            "starts_at": told.starts_at,
            "ends_at": told.ends_at,
            "links": [{"title": title, "url": url} for title, url in told.links],
        }

    def _renew(self, line: Line) -> None:
        """Writes down what the feed says now, in memory."""
        item, told = line.item, line.told
        values = {
            **self._fields(told),
            "room": told.room,
            "also_in": list(told.also_in),
            "track": told.track,
            "starts_at": told.starts_at.isoformat(),
            "ends_at": told.ends_at.isoformat(),
            "keys": list(told.keys),
            "speakers": [
                {"code": speaker.code, "keys": list(self.keys_of_speaker[key])}
                for key, speaker in zip(told.speakers, line.speakers, strict=True)
            ],
        }
        line.item_changed = line.is_back or (item.key, item.guid, item.values) != (
            told.key,
            told.guid,
            values,
        )
        if item.key != told.key:
            taken = self.ordinals.setdefault(told.key, set())
            item.ordinal = _first_free(told.ordinal, taken)
            taken.add(item.ordinal)
        item.key, item.guid, item.values, item.missing_since = told.key, told.guid, values, None

    def _doubts(self) -> list[Problem]:
        """What the file says against the conference."""
        doubts = []
        zone, own = self.programme.time_zone, self.conference.time_zone
        if zone and zone != own and _differ(zone, self.conference, self.programme):
            doubts.append(Problem("other-zone", read=f"{zone} / {own}"))
        for told in self.programme.talks:
            day = self.conference.day_of(told.starts_at)
            if not self.conference.starts_on <= day <= self.conference.ends_on:
                read = told.starts_at.astimezone(self.conference.zone).strftime("%Y-%m-%d %H:%M")
                doubts.append(Problem("outside-conference", told.location, read, told.title))
        return doubts


def _is_silent(name: str, told: ProgrammeTalk, item: FeedItem) -> bool:
    """The feed says nothing of this field, now as last time: it is the organizers'."""
    if name in FOLLOWED:
        return bool(item.values.get(name, False) == getattr(told, name))
    return not getattr(told, name) and not item.values.get(name)


def _first_free(wanted: int, taken: set[int]) -> int:
    if wanted not in taken:
        return wanted
    return next(number for number in range(len(taken) + 1) if number not in taken)


def _differ(zone: str, conference: Conference, programme: Programme) -> bool:
    """Two names of zones may mean the same time, like Asia/Calcutta and Asia/Kolkata."""
    there = zone_named(zone)
    return any(
        talk.starts_at.astimezone(there).utcoffset()
        != talk.starts_at.astimezone(conference.zone).utcoffset()
        for talk in programme.talks
    )
