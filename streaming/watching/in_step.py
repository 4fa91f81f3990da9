"""Pre-recorded talks play as if they were live: at one moment everybody sees the same second.

A stream of such a talk runs from the talk's actual start, so whatever moves the talk moves it as
well; the page follows (static/js/in_step.js). When it is over, the room's own streams follow.
"""

from datetime import datetime

from schedule.models import Talk
from schedule.programme.timeline import TimelineTalk
from streaming.models import Stream


def begins_at(stream: Stream, live: TimelineTalk | None) -> datetime | None:
    """When the stream's first second is or was seen, if `live` is what is on in the room. None: it
    is not played in step, which only our own player can do.
    """
    if stream.talk_id is None or live is None or live.delivery != Talk.Delivery.PRE_RECORDED:
        return None
    if stream.talk is None or stream.talk.code != live.code:
        return None
    try:
        return live.starts_at if stream.source.player == "video" else None
    except ValueError:  # the package that it came from is not installed
        return None
