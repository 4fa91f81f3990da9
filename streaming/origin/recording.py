"""A recording that nginx has written becomes one that browsers play: the same pictures in another
wrapping, which costs reading and writing and no encoding.
"""

import fcntl
import logging
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.tasks import task
from django.utils.crypto import get_random_string

from streaming.models import Ingest, Recording
from streaming.origin.folders import incoming, ingest_named, parse_incoming

logger = logging.getLogger(__name__)

# Ten hours of a good picture, on a slow disk.
TIMEOUT_SECONDS = 3600
# A connection without a picture leaves only the head of a file.
SMALLEST_BYTES = 1024
# One file beside its playlist. Short enough to begin a talk where it begins.
SEGMENT_SECONDS = "6"


class NotKept(Exception):
    """The file stays where it is, and `manage.py keep_recordings` tries again."""


@task(queue_name="default")
def keep_recording(file_name: str) -> None:
    keep(incoming() / file_name)


def keep(file: Path) -> Recording | None:
    """Raises NotKept. None: nothing is in it, or it has been kept before, or it still goes on."""
    parsed = parse_incoming(file.name)
    ingest = ingest_named(parsed[0]) if parsed else None
    if parsed is None or ingest is None:
        raise NotKept(f"{file.name} is of no room that we know.")
    with _alone_with(file) as is_ours:
        if not is_ours:
            return None
        if file.stat().st_size < SMALLEST_BYTES:
            file.unlink()
            return None
        recording = _kept(file, ingest, datetime.fromtimestamp(parsed[1], UTC))
        file.unlink()
    logger.info("Recording %s of room %s is kept.", recording.pk, ingest.room.slug)
    return recording


@contextmanager
def _alone_with(file: Path) -> Iterator[bool]:
    """Whether it is there, nginx is through with it (record_lock), and nobody else is at it."""
    try:
        with file.open("rb") as opened:
            fcntl.lockf(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file.exists()
    except (FileNotFoundError, BlockingIOError):
        yield False


def _kept(file: Path, ingest: Ingest, opened_at: datetime) -> Recording:
    name = get_random_string(22)
    folder = Path(settings.RECORDINGS_ROOT) / name
    try:
        length = _rewrap(file, folder)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        output = getattr(error, "stderr", None) or b""
        reason = output.decode(errors="replace")[-300:] or str(error)
        raise NotKept(f"{file.name} cannot be read: {reason}") from error
    # The last picture was written when it came. An encoder that sends faster than time goes by
    # would have begun before we heard of it.
    written_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    starts_at = max(opened_at, written_at - length)
    return Recording.objects.create(
        conference_id=ingest.room.conference_id,
        room=ingest.room,
        kind="origin-recording",
        value=name,
        starts_at=starts_at,
        ends_at=starts_at + length,
    )


def _rewrap(file: Path, folder: Path) -> timedelta:
    """Returns how long it is."""
    folder.mkdir(mode=0o755)
    playlist = folder / "index.m3u8"
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(file)]
    command += ["-map", "0:v?", "-map", "0:a?", "-c", "copy", "-f", "hls"]
    command += ["-hls_playlist_type", "vod", "-hls_time", SEGMENT_SECONDS]
    command += ["-hls_segment_type", "fmp4", "-hls_flags", "single_file"]
    command += ["-hls_segment_filename", str(folder / "recording.mp4"), str(playlist)]
    subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_SECONDS)  # noqa: S603
    lengths = re.findall(r"^#EXTINF:([0-9.]+)", playlist.read_text(), re.MULTILINE)
    return timedelta(seconds=sum(map(float, lengths)))
