import re
from datetime import datetime
from urllib.parse import parse_qs, urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streaming.sources.base import (
    Account,
    Playback,
    Source,
    Viewer,
    address_in,
    https_url,
    wrong,
)

_ID = re.compile(r"[A-Za-z0-9_-]{11}")
HOST = "www.youtube-nocookie.com"
_PATHS_WITH_ID = ("embed", "live", "shorts", "v")


class YouTube(Source):
    kind = "youtube"
    label = gettext_lazy("YouTube")
    player = "iframe"
    protection = gettext_lazy("Anyone with the link can watch, and goes on watching.")

    def clean(self, value: str) -> str:
        """The id of the video, from a watch, share, live or embed address or an embed code."""
        address = address_in(value)
        if _ID.fullmatch(address):
            return address
        parts = https_url(address)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        steps = parts.path.strip("/").split("/")
        if host == "youtu.be":
            found = steps[0]
        elif host in ("youtube.com", "youtube-nocookie.com"):
            has_id = len(steps) > 1 and steps[0] in _PATHS_WITH_ID
            found = steps[1] if has_id else parse_qs(parts.query).get("v", [""])[0]
        else:
            found = ""
        if not _ID.fullmatch(found):
            raise wrong(
                _("This is no address of a YouTube video. Paste one like https://youtu.be/…")
            )
        return found

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        return Playback(f"https://{HOST}/embed/{value}?autoplay=1&playsinline=1&rel=0")

    def from_second(self, url: str, second: int) -> str:
        return f"{url}&start={second}"

    def probed(self, value: str, account: Account, at: datetime) -> str:
        """The frame answers 200 for whatever id; this one knows videos that are not there, and
        those that may not be embedded.
        """
        watched = urlencode({"url": f"https://www.youtube.com/watch?v={value}", "format": "json"})
        return f"https://www.youtube.com/oembed?{watched}"

    def hosts(self, value: str, account: Account) -> set[str]:
        return {HOST}
