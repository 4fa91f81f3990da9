import re
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streaming.sources.base import Account, Playback, Player, Viewer, https_url, wrong

HOST = "player.vimeo.com"


class Vimeo:
    kind = "vimeo"
    label = gettext_lazy("Vimeo")
    player: Player = "iframe"
    protection = gettext_lazy("As Vimeo's domain setting says; a copied address goes on playing.")
    revocation: timedelta | None = None
    account_fields: ClassVar[dict[str, Any]] = {}

    def clean(self, value: str) -> str:
        """`ID`, or `ID/HASH` for an unlisted video."""
        value = value.strip()
        if re.fullmatch(r"\d+(/[0-9a-f]+)?", value):
            return value
        if embedded := re.search(r'src="([^"]+)"', value):
            value = embedded.group(1)
        parts = https_url(value)
        host = (parts.hostname or "").removeprefix("www.")
        found = re.fullmatch(r"/(?:video/)?(\d+)(?:/([0-9a-f]+))?/?", parts.path)
        if host not in ("vimeo.com", HOST) or found is None:
            raise wrong(
                _("This is no address of a Vimeo video. Paste one like https://vimeo.com/76979871")
            )
        hash_ = found.group(2) or parse_qs(parts.query).get("h", [""])[0]
        return f"{found.group(1)}/{hash_}" if hash_ else found.group(1)

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        number, _slash, hash_ = value.partition("/")
        return Playback(
            f"https://{HOST}/video/{number}?autoplay=1&dnt=1" + (f"&h={hash_}" if hash_ else "")
        )

    def hosts(self, value: str, account: Account) -> set[str]:
        return {HOST}
