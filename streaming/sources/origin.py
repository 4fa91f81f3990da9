import re
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streaming.sources.base import Account, Plain, Playback, Viewer, wrong

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Origin(Plain):
    """HLS from our own nginx, which asks for every file whether this person may have it. The value
    is the slug of the room whose encoder it is.
    """

    kind = "origin"
    label = gettext_lazy("our own origin")
    shield = gettext_lazy("gated, 10 s")
    protection = gettext_lazy(
        "Only ticket holders, each file asked for: it stops 10 seconds after the ticket, and a"
        " copied address is useless."
    )
    revocation: timedelta | None = timedelta(seconds=10)

    def recognises(self, pasted: str) -> bool:
        return pasted.strip().startswith("/hls/") and super().recognises(pasted)

    def clean(self, value: str) -> str:
        found = value.strip().removeprefix("/hls/").removesuffix("/index.m3u8")
        if not _SLUG.fullmatch(found):
            raise wrong(
                _("Write the short name of the room whose encoder it is, like main, or nothing.")
            )
        return found

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        return Playback(f"/hls/{value}/index.m3u8")

    def hosts(self, value: str, account: Account) -> set[str]:
        return set()
