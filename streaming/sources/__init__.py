"""Where a stream can come from. One module a vendor; each says what the form needs to know of it."""

from lib.plugins import plugins
from streaming.sources import bunny, cloudflare, hls, iframe, join, mux, origin, vimeo, youtube
from streaming.sources.base import Source

GROUP = "front_row.stream_sources"
OURS: tuple[Source, ...] = (
    origin.Origin(),
    origin.OriginRecording(),
    hls.HLS(),
    youtube.YouTube(),
    vimeo.Vimeo(),
    cloudflare.CloudflareStream(),
    mux.Mux(),
    bunny.BunnyStream(),
    bunny.BunnyCDN(),
    join.Join(),
    join.Jitsi(),
    join.BigBlueButton(),
    iframe.Iframe(),
)
# They fit every playlist and every address, so they are asked last what something is.
FIT_EVERYTHING = ("hls", "iframe")


def known_sources() -> dict[str, Source]:
    """The sources by kind. Ours come first: no package can take a kind from them."""
    sources = {source.kind: source for source in OURS}
    for source in plugins(GROUP, Source):
        sources.setdefault(source.kind, source)
    return sources


SOURCES = known_sources()


def source_choices() -> list[tuple[str, str]]:
    return [(source.kind, str(source.label)) for source in SOURCES.values()]


def account_choices() -> list[tuple[str, str]]:
    """The kinds that sign with an account."""
    return [(kind, str(source.label)) for kind, source in SOURCES.items() if source.account_fields]


def guess(pasted: str) -> Source | None:
    """What somebody has pasted; None: nothing that can be played."""
    particular = [source for kind, source in SOURCES.items() if kind not in FIT_EVERYTHING]
    general = [SOURCES[kind] for kind in FIT_EVERYTHING]
    return next((source for source in (*particular, *general) if source.recognises(pasted)), None)
