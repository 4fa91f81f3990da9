from datetime import datetime

from django.utils.translation import gettext_lazy

from streaming.sources.base import Account, Playback, Source, Viewer, address_in, https_url


class Iframe(Source):
    """Any other player, in a frame: no signals from it, no control over it."""

    kind = "iframe"
    label = gettext_lazy("another player in a frame")
    player = "iframe"

    def clean(self, value: str) -> str:
        value = address_in(value)
        https_url(value)
        return value

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        return Playback(value)
