"""Where a stream can come from. One module a kind; each says what the form needs to know of it."""

from schedule.plugins import plugins
from streaming.sources import hls, iframe, vimeo, youtube
from streaming.sources.base import Source

GROUP = "front_row.stream_sources"
OURS: tuple[Source, ...] = (hls.HLS(), youtube.YouTube(), vimeo.Vimeo(), iframe.Iframe())


def _known() -> dict[str, Source]:
    """By kind. Ours first: no package can take a kind from them."""
    sources = {source.kind: source for source in OURS}
    for source in plugins(GROUP, Source):  # type: ignore[type-abstract]  # a protocol to look for
        sources.setdefault(source.kind, source)
    return sources


SOURCES = _known()


def source_choices() -> list[tuple[str, str]]:
    return [(source.kind, str(source.label)) for source in SOURCES.values()]
