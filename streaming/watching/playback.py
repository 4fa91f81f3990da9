"""Handing out playbacks: after the check, to one person, for a short time."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from lib.counting.acts import ACTS
from lib.sealing import SealBroken
from schedule.site.request import ConferenceRequest
from streaming.models import Recording, Stream
from streaming.sources.base import Playback, Viewer
from streaming.watching.room_streams import StreamsNow, begins_at
from tickets.admission.rule import Admission
from tickets.models import User

# One source as the player takes it (static/js/playback.js).
type OfferedSource = dict[str, Any]

logger = logging.getLogger(__name__)


def viewer_of(request: ConferenceRequest) -> Viewer:
    """By the admission, where there is one: who watches goes on while the database is away."""
    admission: Admission | None = getattr(request, "admission", None)
    if admission is not None:
        return Viewer(admission.reference, admission.display_name, request.get_host())
    user = request.user if isinstance(request.user, User) else None
    return Viewer(
        reference=user.reference if user else "",
        name=user.display_name if user else "",
        host=request.get_host(),
    )


def offer(
    stream: Stream | Recording, viewer: Viewer, at: datetime, begins: datetime | None = None
) -> OfferedSource | None:
    """One source as the player takes it. `expires`: when its right ends, or None; a player of ours
    asks again before. Of a meeting it is our own address, which leads there per click (views.join).
    None: it cannot be signed; the log says why, and the next source plays. `begins`: when everybody
    sees or saw its first second (room_streams.begins_at).
    """
    try:
        player = stream.source.player
        if player == "link" and isinstance(stream, Stream):
            query = urlencode({"stream": stream.tag})
            playback = Playback(f"{reverse('join', args=[stream.room.slug])}?{query}")
        else:
            playback = stream.playback(viewer, at)
    except (SealBroken, ValueError) as error:
        ACTS.add("signing", "failed")
        logger.error("%s %s cannot be signed: %s", type(stream).__name__, stream.pk, error)
        return None
    ACTS.add("signing", "ok")
    return {
        "tag": stream.tag,
        "kind": stream.kind,
        "player": player,
        "url": playback.url,
        "expires": int(playback.expires_at.timestamp()) if playback.expires_at else None,
        "role": stream.role,
        "begins": begins.timestamp() if begins else None,
        "is_recording": stream.is_recording,
        "is_gated": stream.source.revocation is not None,
        "language": stream.language,
        "captions": stream.captions.url if stream.captions else None,
    }


def offer_recording(
    recording: Recording, viewer: Viewer, at: datetime, second: int, from_second: int
) -> OfferedSource | None:
    """Does the same for a recording, with the second at which the talk begins. `from_second` is for
    players of others, which begin where their address says. A recording that still goes on has that
    moment too.
    """
    source = offer(recording, viewer, at)
    if source is None:
        return None
    url = recording.source.from_second(source["url"], from_second)
    began_at = recording.starts_at if recording.ends_at is None else None
    began = int(began_at.timestamp()) + second if began_at else None
    return {**source, "url": url, "start": second, "began": began}


def asked_second(request: ConferenceRequest) -> int:
    """The `?t=` of a request."""
    wanted = request.GET.get("t", "")
    return int(wanted) if wanted.isdecimal() and len(wanted) < 7 else 0


def offers(
    request: ConferenceRequest, on: StreamsNow, streams: Iterable[Stream]
) -> list[OfferedSource]:
    """Those of the streams that can be played now, by whoever asks, while `on` is on stage."""
    viewer, at = viewer_of(request), timezone.now()
    made = (offer(stream, viewer, at, begins_at(stream, on.live)) for stream in streams)
    return [source for source in made if source is not None]
