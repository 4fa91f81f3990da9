"""What can be watched in a room, when, and from where; and again afterwards."""

from streaming.models.health import RoomMinute, StreamHealth
from streaming.models.ingest import Ingest
from streaming.models.replays import Nudge, Recording
from streaming.models.stage import Announcement, StageRevision, Switch
from streaming.models.streams import Stream, StreamAccount, StreamHost

__all__ = [
    "Announcement",
    "Ingest",
    "Nudge",
    "Recording",
    "RoomMinute",
    "StageRevision",
    "Stream",
    "StreamAccount",
    "StreamHealth",
    "StreamHost",
    "Switch",
]
