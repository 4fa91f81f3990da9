from django.utils.translation import gettext_lazy

from streaming.sources.base import Source


class Iframe(Source):
    """Any other player, in a frame: no signals from it, no control over it."""

    kind = "iframe"
    label = gettext_lazy("another player in a frame")
    player = "iframe"
    # Sites that no kind of ours knows, and that cannot be framed as they are copied.
    detours = (
        (
            r"((www|m|web)\.)?(facebook\.com(?!/plugins/)|fb\.watch).*",
            gettext_lazy(
                "Facebook lets nobody frame this page. Press “Embed” at the video, and paste that"
                " code."
            ),
        ),
        (
            r"((www|m)\.)?(linkedin\.com(?!/embed/)|x\.com|twitter\.com|instagram\.com|tiktok\.com).*",
            gettext_lazy(
                "This site lets nobody frame its pages. Take a stream of YouTube, Vimeo or Twitch,"
                " or a playlist."
            ),
        ),
        (
            r"drive\.google\.com/file/d/(?P<id>[^/?]+)/(view|edit).*",
            gettext_lazy(
                "This page may not be framed. Paste https://drive.google.com/file/d/%(id)s/preview"
            ),
        ),
        (
            r"(www\.)?dailymotion\.com/video/(?P<id>[^/?]+).*",
            gettext_lazy(
                "This page may not be framed. Paste"
                " https://geo.dailymotion.com/player.html?video=%(id)s"
            ),
        ),
        (
            r"(www\.)?dropbox\.com.*|(studio\.)?streamyard\.com.*|(app|studio)\.restream\.io.*",
            gettext_lazy(
                "This page is no player. Send the picture to one of the other sources, and paste"
                " where it plays."
            ),
        ),
    )

    def clean(self, value: str) -> str:
        value = super().clean(value)
        self.refuse_detours(value)
        return value
