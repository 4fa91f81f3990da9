"""As much of HLS playlists (RFC 8216) as it takes to see whether they move."""

import re
from dataclasses import dataclass

_BANDWIDTH = re.compile(r"[:,]BANDWIDTH=(\d+)")


class NotAPlaylist(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Variant:
    uri: str
    bits_per_second: int


@dataclass(frozen=True, slots=True)
class Playlist:
    """A list of qualities (`variants`) or of segments. `number` counts the segments that there
    have been, and moves on while it plays.
    """

    variants: tuple[Variant, ...] = ()
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
    variants, segments, tags = [], [], {}
    bandwidth: int | None = None
    for line in lines[1:]:
        if line.startswith("#EXT-X-STREAM-INF"):
            found = _BANDWIDTH.search(line)
            bandwidth = int(found.group(1)) if found else 0
        elif line.startswith("#"):
            name, _colon, value = line.partition(":")
            tags[name] = value
        elif line and bandwidth is not None:
            variants.append(Variant(line, bandwidth))
            bandwidth = None
        elif line:
            segments.append(line)
    return Playlist(
        variants=tuple(variants),
        number=_number(tags.get("#EXT-X-MEDIA-SEQUENCE")) + len(segments),
        target_seconds=_number(tags.get("#EXT-X-TARGETDURATION")),
        has_ended="#EXT-X-ENDLIST" in tags,
        is_recording=tags.get("#EXT-X-PLAYLIST-TYPE") == "VOD",
        last_segment=segments[-1] if segments else "",
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
