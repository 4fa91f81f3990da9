"""What a room's stream is called in nginx, and with that the folder of its files: of the conference
and the room, since two conferences may both have a room `main`.
"""

import re
from pathlib import Path

from django.conf import settings

from streaming.models import Ingest

_STREAM = re.compile(r"(?P<conference>\d+)-(?P<slug>[-a-zA-Z0-9_]+)")
# nginx adds the second at which the recording begins.
_INCOMING = re.compile(r"(?P<stream>.+)-(?P<second>\d{10})\.flv")


def stream_folder(conference_id: int, slug: str) -> str:
    return f"{conference_id}-{slug}"


def ingest_named(stream: str) -> Ingest | None:
    found = _STREAM.fullmatch(stream)
    if found is None:
        return None
    return (
        Ingest.objects.filter(
            room__conference_id=int(found["conference"]), room__slug=found["slug"]
        )
        .select_related("room")
        .first()
    )


def incoming() -> Path:
    """Where nginx writes recordings (record_path)."""
    return Path(settings.RECORDINGS_ROOT) / "incoming"


def parse_incoming(file_name: str) -> tuple[str, int] | None:
    """The stream, and when its recording began."""
    found = _INCOMING.fullmatch(file_name)
    return (found["stream"], int(found["second"])) if found else None
