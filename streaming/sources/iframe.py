from django.utils.translation import gettext_lazy

from streaming.sources.base import Source


class Iframe(Source):
    """Any other player, in a frame: no signals from it, no control over it."""

    kind = "iframe"
    label = gettext_lazy("another player in a frame")
    player = "iframe"
