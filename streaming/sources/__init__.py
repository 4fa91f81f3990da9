"""Where a stream can come from. One module a vendor; each says what the form needs to know of it."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from lib.plugins import plugins
from streaming.sources import (
    bunny,
    cloudflare,
    hls,
    iframe,
    join,
    mux,
    origin,
    twitch,
    vimeo,
    youtube,
)
from streaming.sources.base import Source, address_in, place_of, wrong

GROUP = "front_row.stream_sources"
OURS: tuple[Source, ...] = (
    origin.Origin(),
    origin.OriginRecording(),
    hls.HLS(),
    youtube.YouTube(),
    vimeo.Vimeo(),
    twitch.Twitch(),
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
    """What somebody has pasted; None: nothing that can be played. A page of a vendor's site is a frame
    like any other until `refuse_dead_end` looks at it.
    """
    particular = [source for kind, source in SOURCES.items() if kind not in FIT_EVERYTHING]
    general = [SOURCES[kind] for kind in FIT_EVERYTHING]
    return next((source for source in (*particular, *general) if source.recognises(pasted)), None)


def what_is_wrong(pasted: str) -> ValidationError:
    """Why nothing can be guessed."""
    address = address_in(pasted)
    try:
        if place_of(address):
            SOURCES["iframe"].clean(address)
    except ValidationError as error:
        return error
    return wrong(_("This is nothing that we know. Paste an https:// address or an embed code."))


def refuse_dead_end(kind: str, pasted: str) -> None:
    """The general kinds fit every address, also those of pages that vendors let nobody play. Raises
    ValidationError on `value`.
    """
    vendor = vendor_of(pasted) if kind in FIT_EVERYTHING else None
    if vendor is None:
        return
    address = address_in(pasted)
    vendor.refuse_detours(address)
    place = place_of(address).partition("?")[0]
    if kind == "hls" and re.fullmatch(vendor.playlists, place):
        return
    is_framed = bool(re.fullmatch(vendor.framed, place))
    if kind == "iframe" and not is_framed and vendor.recognises(pasted):
        message = _("This page may not be put into a frame. Choose “%(source)s” as the source.")
        raise wrong(message % {"source": vendor.label})
    if not is_framed:
        vendor.clean(pasted)


def vendor_of(pasted: str) -> Source | None:
    """Whose site it is."""
    host = place_of(address_in(pasted)).partition("/")[0].partition("?")[0]
    sites = (source for source in SOURCES.values() if source.site)
    return next((source for source in sites if re.fullmatch(source.site, host)), None)
