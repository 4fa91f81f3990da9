import re
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy

from streaming.sources.base import Account, Playback, Player, Viewer, https_url


class Iframe:
    """Any other player, in a frame: no signals from it, no control over it."""

    kind = "iframe"
    label = gettext_lazy("another player in a frame")
    player: Player = "iframe"
    protection = gettext_lazy("Anyone who copies the address can go on watching.")
    revocation: timedelta | None = None
    account_fields: ClassVar[dict[str, Any]] = {}

    def clean(self, value: str) -> str:
        value = value.strip()
        if embedded := re.search(r'src="([^"]+)"', value):
            value = embedded.group(1).replace("&amp;", "&")
        https_url(value)
        return value

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        return Playback(value)

    def hosts(self, value: str, account: Account) -> set[str]:
        host = https_url(value).hostname
        return {host} if host else set()
