"""/live.json: the one small file that every open page polls.

It carries times, not states: the page works the state out by its clock, so that the file changes
only when something does. While the programme is hidden it has no titles and no names of rooms.
Announcements for ticket holders are only named (streaming/announcements/views.py has the words).
"""

import hashlib
import json
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from lib.cached import once_per_arguments
from schedule.models import Conference
from schedule.programme.timeline import RoomTimeline, TimelineTalk, timeline_of
from streaming.announcements.notices import Notice, emergency, notices
from streaming.models import Announcement
from streaming.models.tags import opaque_tag
from streaming.watching.csp import stream_hosts
from streaming.watching.room_streams import RoomStreams, on_stage, room_streams_of
from tickets.admission.watching import viewers

# Now, next and following.
TALKS_PER_ROOM = 3
# From so many viewers on a room is full, as attendees are told.
MANY = 20


class Encoded(NamedTuple):
    body: bytes
    etag: str


def live(
    conference: Conference, revision: int, streams: RoomStreams, at: datetime
) -> dict[str, Any]:
    rooms = timeline_of(conference, revision).rooms
    numbers = viewers(conference.pk, [room.slug for room in rooms])
    entries = [_room(conference, room, streams, at) for room in rooms]
    for entry in entries:
        if entry["slug"] in numbers:
            entry["viewers"] = _crowd(numbers[entry["slug"]])
    return {
        "revision": revision,
        "hosts": hosts_tag(conference, revision),
        "announcements": _announcements(conference, at),
        "rooms": entries,
    }


def _crowd(viewers: int) -> str:
    """What attendees learn: exact numbers are for organizers."""
    return "many" if viewers >= MANY else "few" if viewers else "none"


def _announcements(conference: Conference, at: datetime) -> list[dict[str, Any]]:
    made = [_announcement(conference, notice) for notice in notices(conference, at)]
    if text := emergency():
        tag = opaque_tag("announcement", text)
        urgency = Announcement.Urgency.EMERGENCY
        words = {"text": text, "urgency": urgency, "room": None}
        made.insert(0, {"tag": tag, "is_file": True, **words})
    return made


def _announcement(conference: Conference, notice: Notice) -> dict[str, Any]:
    made: dict[str, Any] = {"tag": notice.tag}
    if notice.ends_at is not None:
        made["ends"] = int(notice.ends_at.timestamp())
    if notice.is_public or conference.is_public:
        made |= notice.words
    return made


def hosts_tag(conference: Conference, revision: int) -> str:
    """Differs from the one in an open page: that page cannot load from a new host yet."""
    return opaque_tag("hosts", " ".join(stream_hosts(conference, revision)))


def _room(
    conference: Conference, room: RoomTimeline, streams: RoomStreams, at: datetime
) -> dict[str, Any]:
    current = room.live_at(at)
    items = ([current] if current else []) + list(room.next_after(at, TALKS_PER_ROOM))
    talks = [_talk(conference, item) for item in items[:TALKS_PER_ROOM]]
    entry: dict[str, Any] = {
        "slug": room.slug,
        "stream": on_stage(streams, room, at).tag,
        "talks": talks,
        "before": _ended_on(conference, room, at),
    }
    if conference.programme_is_public:
        entry["name"] = room.name
    return entry


def _talk(conference: Conference, item: TimelineTalk) -> dict[str, Any]:
    talk: dict[str, Any] = {
        "code": item.code,
        "kind": item.kind,
        "day": _day(conference.time_zone, conference.day_starts_at_hour, item.starts_at),
        "starts": int(item.starts_at.timestamp()),
        "ends": int(item.ends_at.timestamp()),
    }
    if item.planned_starts_at is not None and item.planned_starts_at != item.starts_at:
        talk["planned"] = int(item.planned_starts_at.timestamp())
    if conference.programme_is_public:
        talk["title"] = item.title
    return talk


def _ended_on(conference: Conference, room: RoomTimeline, at: datetime) -> str | None:
    """The day of the talk that ended last here: tells a break from a day that has not begun."""
    last = room.last_before(at)
    if last is None:
        return None
    return _day(conference.time_zone, conference.day_starts_at_hour, last.starts_at)


@lru_cache(maxsize=1024)
def _day(time_zone: str, day_starts_at_hour: int, at: datetime) -> str:
    """The zone's arithmetic is most of what a room would cost each second."""
    conference = Conference(time_zone=time_zone, day_starts_at_hour=day_starts_at_hour)
    return conference.day_of(at).isoformat()


def encoded(conference: Conference, revision: int, at: datetime) -> Encoded:
    """The file and its ETag. Made once a second and process, however many ask."""
    second = at.replace(microsecond=0)
    return _encode(conference, revision, room_streams_of(conference), second)


@once_per_arguments(most=8)
def _encode(conference: Conference, revision: int, streams: RoomStreams, at: datetime) -> Encoded:
    body = json.dumps(
        live(conference, revision, streams, at), ensure_ascii=False, separators=(",", ":")
    ).encode()
    return Encoded(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')
