import re

from django.utils.translation import gettext_lazy

from streaming.sources.base import Player, https_url


class Iframe:
    """Any other player, in a frame: no signals from it, no control over it."""

    kind = "iframe"
    label = gettext_lazy("another player in a frame")
    player: Player = "iframe"
    protection = gettext_lazy("Anyone who copies the address can go on watching.")

    def clean(self, value: str) -> str:
        value = value.strip()
        if embedded := re.search(r'src="([^"]+)"', value):
            value = embedded.group(1).replace("&amp;", "&")
        https_url(value)
        return value

    def url(self, value: str) -> str:
        return value

    def hosts(self, value: str) -> set[str]:
        host = https_url(value).hostname
        return {host} if host else set()
