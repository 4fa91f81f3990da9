import re
from datetime import datetime
from urllib.parse import parse_qs

from django.utils.translation import gettext_lazy

from streaming.sources.base import (
    Account,
    Playback,
    Source,
    Viewer,
    address_in,
    https_url,
)

HOST = "player.vimeo.com"
EVENT_HOST = "vimeo.com"
_VIDEO = re.compile(r"/(?:video/)?(\d+)(?:/([0-9a-f]+))?/?")
_EVENT = re.compile(r"/event/(\d+)(?:/embed)?(?:/([0-9a-f]+))?(?:/embed)?/?")


class Vimeo(Source):
    kind = "vimeo"
    label = gettext_lazy("Vimeo")
    player = "iframe"
    site = r"(.+\.)?vimeo\.com"
    framed = r"player\.vimeo\.com/video/\d+|vimeo\.com/event/\d+(/embed.*)?"
    playlists = r"player\.vimeo\.com/external/\d+\.m3u8"
    detours = (
        (
            r"(www\.)?vimeo\.com/manage/videos/(?P<id>\d+).*",
            gettext_lazy(
                "This is the page on which only you manage the video. Paste https://vimeo.com/%(id)s,"
                " or for an unlisted one what “Share” there gives."
            ),
        ),
        (
            r"(www\.)?vimeo\.com/(manage|live|events?)/.*?(?P<id>\d{5,})?(/.*)?",
            gettext_lazy(
                "This is a page on which only you manage the event. Press “Share” or “Embed” there,"
                " and paste that address."
            ),
        ),
        (
            r"(www\.)?vimeo\.com/(channels|groups|album|showcase|ondemand)/.*?(?P<id>\d+)?(/.*)?",
            gettext_lazy(
                "This page of Vimeo shows many videos. Open the one, press “Share”, and paste that"
                " address, like https://vimeo.com/76979871"
            ),
        ),
    )
    wants = gettext_lazy(
        "This is no address of a Vimeo video. Paste one like https://vimeo.com/76979871"
    )
    shield = gettext_lazy("as Vimeo's domains say")
    protection = gettext_lazy("As Vimeo's domain setting says; a copied address goes on playing.")

    def clean(self, value: str) -> str:
        """`ID`, or `ID/HASH` for an unlisted video; `event/…` before that for a live event."""
        address = address_in(value)
        if re.fullmatch(r"(event/)?\d+(/[0-9a-f]+)?", address):
            return address
        parts = https_url(address)
        host = (parts.hostname or "").removeprefix("www.")
        event, video = _EVENT.fullmatch(parts.path), _VIDEO.fullmatch(parts.path)
        found = event or video
        if host not in (EVENT_HOST, HOST) or found is None:
            raise self.refusal(address)
        hash_ = found.group(2) or parse_qs(parts.query).get("h", [""])[0]
        number = found.group(1) if video else f"event/{found.group(1)}"
        return f"{number}/{hash_}" if hash_ else number

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        is_event = value.startswith("event/")
        number, _slash, hash_ = value.removeprefix("event/").partition("/")
        if is_event:
            path = f"{number}/embed/{hash_}" if hash_ else f"{number}/embed"
            return Playback(f"https://{EVENT_HOST}/event/{path}")
        unlisted = f"&h={hash_}" if hash_ else ""
        return Playback(f"https://{HOST}/video/{number}?autoplay=1&dnt=1{unlisted}")

    def from_second(self, url: str, second: int) -> str:
        return url if "/event/" in url else f"{url}#t={second}s"

    def hosts(self, value: str, account: Account) -> set[str]:
        """The page of an event loads the player in a frame of its own."""
        return {EVENT_HOST if value.startswith("event/") else HOST}
