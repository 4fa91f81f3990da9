import re
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streaming.sources.base import Account, Playback, Source, Viewer, wrong

# A room, and of its stream another rendition than the whole (deploy/origin-renditions.sh).
_VALUE = re.compile(r"[-a-zA-Z0-9_]+(?:/(?:audio|low))?")
_FOLDER = re.compile(r"[A-Za-z0-9]+")


class Origin(Source):
    """HLS from our own nginx, which asks for every file whether this person may have it. The value
    is the slug of the room whose encoder it is; main/audio and main/low are made of that.
    """

    kind = "origin"
    label = gettext_lazy("our own origin")
    shield = gettext_lazy("gated, 10 s")
    protection = gettext_lazy(
        "Only ticket holders, each file asked for: it stops 10 seconds after the ticket, and a"
        " copied address is useless."
    )
    revocation = timedelta(seconds=10)

    def recognises(self, pasted: str) -> bool:
        return pasted.strip().startswith("/hls/") and super().recognises(pasted)

    def clean(self, value: str) -> str:
        found = value.strip().removeprefix("/hls/").removesuffix(".m3u8").removesuffix("/index")
        if not _VALUE.fullmatch(found):
            raise wrong(
                _(
                    "Write the short name of the room whose encoder it is, like main, or nothing;"
                    " for its sound alone main/audio."
                )
            )
        return found

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        return Playback(f"/hls/{value if '/' in value else f'{value}/index'}.m3u8")

    def hosts(self, value: str, account: Account) -> set[str]:
        return set()


class OriginRecording(Origin):
    """What our own origin has recorded (streaming/origin/recording.py). The value is its folder."""

    kind = "origin-recording"
    label = gettext_lazy("recording of our own origin")

    def recognises(self, pasted: str) -> bool:
        return pasted.strip().startswith("/recordings/") and Source.recognises(self, pasted)

    def clean(self, value: str) -> str:
        found = value.strip().removeprefix("/recordings/").removesuffix("/index.m3u8")
        if not _FOLDER.fullmatch(found):
            raise wrong(_("Our recordings have addresses like /recordings/NAME/index.m3u8"))
        return found

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        return Playback(f"/recordings/{value}/index.m3u8")

    def is_recording(self, value: str) -> bool:
        return True
