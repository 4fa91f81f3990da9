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

HOST = "player.twitch.tv"
_CHANNEL = re.compile(r"[a-zA-Z0-9]\w{2,24}")
_VIDEO = re.compile(r"videos/(\d+)")
# Pages of theirs that look like channels.
_PAGES = "directory|downloads|jobs|login|p|search|settings|store|subscriptions|turbo|wallet|videos"


class Twitch(Source):
    """A channel, as it is live, or a video of it: `NAME`, or `videos/NUMBER`. Their player wants to
    know whose page it is in. https://dev.twitch.tv/docs/embed/video-and-clips/
    """

    kind = "twitch"
    label = gettext_lazy("Twitch")
    player = "iframe"
    protection = gettext_lazy("Anyone can watch it at Twitch, and goes on watching.")
    site = r"(.+\.)?twitch\.tv"
    framed = r"player\.twitch\.tv/"
    detours = (
        (
            r"dashboard\.twitch\.tv/(u/)?(?P<channel>\w+).*",
            gettext_lazy(
                "This is your dashboard, which only you can open. Paste"
                " https://www.twitch.tv/%(channel)s"
            ),
        ),
        (
            r"clips\.twitch\.tv.*|(www\.|m\.)?twitch\.tv/\w+/clip/.*",
            gettext_lazy(
                "This is a clip. Paste the channel, like https://www.twitch.tv/NAME, or one of its"
                " videos, like https://www.twitch.tv/videos/123456"
            ),
        ),
    )
    wants = gettext_lazy(
        "This is no channel of Twitch. Paste one like https://www.twitch.tv/NAME, or one of its"
        " videos, like https://www.twitch.tv/videos/123456"
    )

    def recognises(self, pasted: str) -> bool:
        """A name alone is anything."""
        return "twitch.tv/" in pasted and super().recognises(pasted)

    def clean(self, value: str) -> str:
        address = address_in(value)
        if _VIDEO.fullmatch(address) or _CHANNEL.fullmatch(address):
            return address
        parts = https_url(address)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        path = parts.path.strip("/")
        if host == HOST:
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            video = asked.get("video", "").removeprefix("v")
            path = f"videos/{video}" if video else asked.get("channel", "")
        elif host != "twitch.tv":
            raise self.refusal(address)
        is_page = re.fullmatch(_PAGES, path)
        if not _VIDEO.fullmatch(path) and (is_page or not _CHANNEL.fullmatch(path)):
            raise self.refusal(address)
        return path

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        video = _VIDEO.fullmatch(value)
        what = {"video": f"v{video.group(1)}"} if video else {"channel": value}
        # Of the host that frames it, without a port; nobody's page is told by nothing.
        parent = viewer.host.partition(":")[0]
        query = {**what, **({"parent": parent} if parent else {}), "autoplay": "true"}
        return Playback(f"https://{HOST}/?{urlencode(query)}")

    def from_second(self, url: str, second: int) -> str:
        return f"{url}&time={second}s" if "video=" in url else url

    def hosts(self, value: str, account: Account) -> set[str]:
        return {HOST}
