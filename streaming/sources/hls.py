from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streaming.sources.base import Account, Source, address_in, https_url, wrong


class HLS(Source):
    """A playlist (.m3u8) of any origin, or of our own as a path like /static/clips/opening.m3u8."""

    kind = "hls"
    label = gettext_lazy("HLS playlist")
    # Vendors whose playlists lead to other hosts of theirs.
    also: ClassVar[dict[str, set[str]]] = {
        "stream.mux.com": {"*.mux.com"},
        "player.vimeo.com": {"player.vimeo.com", "*.vimeocdn.com"},
    }

    def clean(self, value: str) -> str:
        value = address_in(value)
        if value.startswith("/") and not value.startswith("//"):
            path = value
        else:
            path = https_url(value).path
        if not path.split("?")[0].endswith((".m3u8", ".m3u")):
            raise wrong(_("The address of an HLS playlist ends with .m3u8"))
        return value

    def hosts(self, value: str, account: Account) -> set[str]:
        own = super().hosts(value, account)
        return {needed for host in own for needed in self.also.get(host, {host})}

    def is_recording(self, value: str) -> bool:
        """Our own site has files, and below /hls/ what encoders send."""
        return value.startswith("/") and not value.startswith("/hls/")
