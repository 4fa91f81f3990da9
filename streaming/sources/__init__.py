"""Where a stream can come from. One module a kind; each says what the form needs to know of it."""

from streaming.sources import hls, iframe, vimeo, youtube
from streaming.sources.base import Source

SOURCES: dict[str, Source] = {
    source.kind: source for source in (hls.HLS(), youtube.YouTube(), vimeo.Vimeo(), iframe.Iframe())
}


def source_choices() -> list[tuple[str, str]]:
    return [(source.kind, str(source.label)) for source in SOURCES.values()]
