"""/live.json: the one small file that every open page polls.

It carries times, not states: the page works the state out by its clock, so that the file changes
only when something does. While the programme is hidden it has no titles and no names of rooms.
Announcements for ticket holders are only named (streaming/announcements/views.py has the words).
"""

import hashlib
import json
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from lib.cached import once_per_arguments
from schedule.models import Conference
from schedule.programme.timeline import RoomTimeline, TimelineTalk, timeline_of
from streaming.announcements.notices import Notice, emergency, notices
from streaming.models import Announcement
from streaming.models.streams import opaque_tag
from streaming.watching.csp import stream_hosts
from streaming.watching.room_streams import RoomStreams, on_stage, room_streams_of
from tickets.admission.watching import viewers

# Now, next and following.
TALKS_PER_ROOM = 3
# Attendees read that many watch a room from so many viewers on.
MANY = 20


def live(
    conference: Conference, revision: int, streams: RoomStreams, at: datetime
) -> dict[str, Any]:
    rooms = timeline_of(conference, revision).rooms
    numbers = viewers(conference.pk, [room.slug for room in rooms])
    return {
        "revision": revision,
        "hosts": hosts_tag(conference, revision),
        "announcements": _announcements(conference, at),
        "rooms": [_room(conference, room, streams, numbers.get(room.slug), at) for room in rooms],
    }


def _announcements(conference: Conference, at: datetime) -> list[dict[str, object]]:
    made = [_announcement(conference, notice) for notice in notices(conference, at)]
    if text := emergency():
        tag = opaque_tag("announcement", text)
        urgency = Announcement.Urgency.EMERGENCY
        file = {"tag": tag, "is_file": True, "text": text, "urgency": urgency, "room": None}
        made.insert(0, file)
    return made


def _announcement(conference: Conference, notice: Notice) -> dict[str, object]:
    made: dict[str, object] = {"tag": notice.tag}
    if notice.ends_at is not None:
        made["ends"] = int(notice.ends_at.timestamp())
    if notice.is_public or conference.is_public:
        made |= notice.words
    return made


def hosts_tag(conference: Conference, revision: int) -> str:
    """Differs from the one in an open page: that page cannot load from a new host yet."""
    return opaque_tag("hosts", " ".join(stream_hosts(conference.pk, revision)))


def _room(
    conference: Conference,
    room: RoomTimeline,
    streams: RoomStreams,
    viewers: int | None,
    at: datetime,
) -> dict[str, object]:
    current = room.live_at(at)
    items = ([current] if current else []) + list(room.next_after(at, TALKS_PER_ROOM))
    last = room.last_before(at)
    entry: dict[str, object] = {
        "slug": room.slug,
        "stream": on_stage(streams, room, at).tag,
        "talks": [_talk(conference, item) for item in items[:TALKS_PER_ROOM]],
        # The day of the talk that ended last tells a break from a day that has not begun.
        "before": _day_of(conference, last) if last else None,
    }
    if conference.programme_is_public:
        entry["name"] = room.name
    if viewers is not None:
        # Attendees learn no more: exact numbers are for organizers.
        entry["viewers"] = "many" if viewers >= MANY else "few" if viewers else "none"
    return entry


def _talk(conference: Conference, item: TimelineTalk) -> dict[str, object]:
    talk: dict[str, object] = {
        "code": item.code,
        "kind": item.kind,
        "day": _day_of(conference, item),
        "starts": int(item.starts_at.timestamp()),
        "ends": int(item.ends_at.timestamp()),
    }
    if item.planned_starts_at is not None and item.planned_starts_at != item.starts_at:
        talk["planned"] = int(item.planned_starts_at.timestamp())
    if conference.programme_is_public:
        talk["title"] = item.title
    return talk


def _day_of(conference: Conference, item: TimelineTalk) -> str:
    calendar = (conference.time_zone, conference.day_starts_at_hour, conference.starts_on)
    return _day(*calendar, item.starts_at)


@lru_cache(maxsize=1024)
def _day(time_zone: str, day_starts_at_hour: int, starts_on: date, at: datetime) -> str:
    """The zone's arithmetic is most of what a room would cost each second."""
    conference = Conference(
        time_zone=time_zone, day_starts_at_hour=day_starts_at_hour, starts_on=starts_on
    )
    return conference.day_of(at).isoformat()


def encoded(conference: Conference, revision: int, at: datetime) -> tuple[bytes, str]:
    """The file and its ETag. Made once a second and process, however many ask."""
    second = at.replace(microsecond=0)
    return _encode(conference, revision, room_streams_of(conference), second)


@once_per_arguments(most=8)
def _encode(
    conference: Conference, revision: int, streams: RoomStreams, at: datetime
) -> tuple[bytes, str]:
    content = live(conference, revision, streams, at)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
