"""Reads as much of HLS playlists (RFC 8216) as it takes to see whether they move."""

import re
from dataclasses import dataclass

_BANDWIDTH = re.compile(r"[:,]BANDWIDTH=(\d+)")


class NotAPlaylist(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Playlist:
    """A list of qualities, of which it has the address of the first and the bits of the best, or of
    segments. `number` counts the segments that there have been, and moves on while it plays.
    """

    first_variant: str = ""
    bits_per_second: int = 0
    number: int = 0
    target_seconds: int = 0
    has_ended: bool = False
    is_recording: bool = False
    last_segment: str = ""


def read_playlist(data: bytes) -> Playlist:
    """Raises NotAPlaylist."""
    lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]
    if not lines or lines[0] != "#EXTM3U":
        raise NotAPlaylist
    variants: list[str] = []
    segments: list[str] = []
    tags, bandwidths, is_variant = {}, [0], False
    for line in lines[1:]:
        if line.startswith("#EXT-X-STREAM-INF"):
            bandwidths += map(int, _BANDWIDTH.findall(line))
            is_variant = True
        elif line.startswith("#"):
            name, _colon, value = line.partition(":")
            tags[name] = value
        elif line:
            (variants if is_variant else segments).append(line)
            is_variant = False
    return Playlist(
        first_variant=variants[0] if variants else "",
        bits_per_second=max(bandwidths),
        number=_number(tags.get("#EXT-X-MEDIA-SEQUENCE")) + len(segments),
        target_seconds=_number(tags.get("#EXT-X-TARGETDURATION")),
        has_ended="#EXT-X-ENDLIST" in tags,
        is_recording=tags.get("#EXT-X-PLAYLIST-TYPE") == "VOD",
        last_segment=segments[-1] if segments else "",
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
