import re
from datetime import datetime
from urllib.parse import parse_qs, urlencode

from django.utils.translation import gettext_lazy

from streaming.sources.base import (
    Account,
    Playback,
    Source,
    Viewer,
    address_in,
    https_url,
)

_ID = re.compile(r"[A-Za-z0-9_-]{11}")
HOST = "www.youtube-nocookie.com"
_PATHS_WITH_ID = ("embed", "live", "shorts", "v")
# They have eleven letters too, and play a list or what a channel shows just then.
_NO_ID = ("videoseries", "live_stream")
_YOUTUBE = r"(?:www\.|m\.|music\.)?youtube(?:-nocookie)?\.com"


class YouTube(Source):
    kind = "youtube"
    label = gettext_lazy("YouTube")
    player = "iframe"
    site = r"(.+\.)?(youtube(-nocookie)?\.com|youtu\.be)"
    framed = rf"{_YOUTUBE}/embed/[A-Za-z0-9_-]+"
    detours = (
        (
            r"studio\.youtube\.com/video/(?P<id>[A-Za-z0-9_-]{11})(/.*)?",
            gettext_lazy(
                "This is YouTube Studio, which only you can open. Paste https://youtu.be/%(id)s"
            ),
        ),
        (
            r"studio\.youtube\.com.*",
            gettext_lazy(
                "This is YouTube Studio, which only you can open. Open the stream there, press"
                " “Share” above its picture, and paste that address."
            ),
        ),
        (
            rf"{_YOUTUBE}/(@|c/|channel/|user/|embed/live_stream).*",
            gettext_lazy(
                "This is a channel, and its page plays nowhere else. Open the live stream itself,"
                " press “Share”, and paste that address."
            ),
        ),
        (
            rf"{_YOUTUBE}/(playlist|embed/videoseries).*",
            gettext_lazy(
                "This is a playlist. Open the video itself, press “Share”, and paste that address."
            ),
        ),
        (
            rf"{_YOUTUBE}/(results|feed|hashtag|gaming|shorts/?$|live/?$|clip/|post/).*",
            gettext_lazy(
                "This page of YouTube is no video. Open the video itself, press “Share”, and paste"
                " that address."
            ),
        ),
        (
            rf"(youtu\.be/|{_YOUTUBE}/(watch\?(.*&)?v=|embed/|live/|shorts/|v/))"
            r"(?P<id>(?![A-Za-z0-9_-]{11}(?![A-Za-z0-9_-]))[^/?&#]+).*",
            gettext_lazy(
                "The id of a YouTube video has 11 letters and digits, and “%(id)s” has not: it was"
                " not copied whole. Press “Share” at the video, and paste that address."
            ),
        ),
    )
    wants = gettext_lazy("This is no address of a YouTube video. Paste one like https://youtu.be/…")
    protection = gettext_lazy("Anyone with the link can watch, and goes on watching.")

    def clean(self, value: str) -> str:
        """The id of the video, from a watch, share, live or embed address or an embed code."""
        address = address_in(value)
        if _ID.fullmatch(address) and address not in _NO_ID:
            return address
        parts = https_url(address)
        host = re.sub(r"^(www|m|music)\.", "", parts.hostname or "")
        steps = parts.path.strip("/").split("/")
        if host == "youtu.be":
            found = steps[0]
        elif host in ("youtube.com", "youtube-nocookie.com"):
            has_id = len(steps) > 1 and steps[0] in _PATHS_WITH_ID
            found = steps[1] if has_id else parse_qs(parts.query).get("v", [""])[0]
        else:
            found = ""
        if not _ID.fullmatch(found) or found in _NO_ID:
            raise self.refusal(address)
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
