"""What a room's stream is called in nginx, and with that the folder of its files: of the conference
and the room, since two conferences may both have a room `main`.
"""

import re
from pathlib import Path

from django.conf import settings

from streaming.models import Ingest

_STREAM = re.compile(r"(\d+)-([-a-zA-Z0-9_]+)")
# nginx adds the second at which the recording begins.
_INCOMING = re.compile(r"(.+)-(\d{10})\.flv")


def stream_folder(conference_id: int, slug: str) -> str:
    return f"{conference_id}-{slug}"


def ingest_named(stream: str) -> Ingest | None:
    match = _STREAM.fullmatch(stream)
    if match is None:
        return None
    conference, slug = match.groups()
    ingests = Ingest.objects.filter(room__conference_id=int(conference), room__slug=slug)
    return ingests.select_related("room").first()


def incoming() -> Path:
    """Where nginx writes recordings (record_path)."""
    return Path(settings.RECORDINGS_ROOT) / "incoming"


def parse_incoming(file_name: str) -> tuple[str, int] | None:
    """The stream, and when its recording began."""
    match = _INCOMING.fullmatch(file_name)
    return (match[1], int(match[2])) if match else None
