"""Bunny's two ways: its own player in a frame, and the files of a pull zone in ours."""

import base64
import hashlib
import hmac
import re
from datetime import datetime
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streaming.sources.base import (
    FRAME_LIFE,
    RENEWED_LIFE,
    Account,
    Playback,
    SignedForMinutes,
    Source,
    Viewer,
    address_in,
    end_of,
    https_url,
    wrong,
)

_VIDEO = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EMBED = re.compile(rf"/(?:embed|play)/(\d+)/({_VIDEO.pattern})/?")
FRAME_HOST = "iframe.mediadelivery.net"
PLAYER_HOST = "player.mediadelivery.net"
_FRAME_HOSTS = (FRAME_HOST, PLAYER_HOST, "video.bunnycdn.com")


def frame_token(key: str, video: str, expires: int) -> str:
    """https://docs.bunny.net/docs/stream-embed-token-authentication"""
    return hashlib.sha256(f"{key}{video}{expires}".encode()).hexdigest()


def directory_token(key: str, directory: str, expires: int) -> str:
    """Good for every file below the directory.
    https://bunny.net/docs/cdn/security/token-authentication/advanced
    """
    message = f"{directory}{expires}token_path={directory}"
    digest = hmac.digest(key.encode(), message.encode(), "sha256")
    return "HS256-" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


class BunnyStream(Source):
    kind = "bunny"
    label = gettext_lazy("Bunny Stream")
    site = r"(.+\.)?(mediadelivery\.net|bunny\.net)|video\.bunnycdn\.com"
    framed = rf"(iframe|player)\.mediadelivery\.net{_EMBED.pattern}"
    detours = (
        (
            r"(.+\.)?bunny\.net.*",
            gettext_lazy(
                "This is Bunny's own site, which only you can open. Open the video there, and paste"
                " its embed code or its video id."
            ),
        ),
    )
    wants = gettext_lazy("This is no video of Bunny Stream. Paste its embed code, or its video id.")
    player = "iframe"
    shield = gettext_lazy("signed, 8 h")
    protection = gettext_lazy(
        "Signed for 8 hours, because a frame cannot be renewed: our page drops it within a minute,"
        " a copied address opens until then."
    )
    revocation = FRAME_LIFE
    account_fields = {
        "account_id": gettext_lazy("Video library ID"),
        "secret": gettext_lazy("Token authentication key of the library (not the API key)"),
    }

    def clean(self, value: str) -> str:
        """`VIDEO`, or `LIBRARY/VIDEO` where the address says the library."""
        address = address_in(value)
        if re.fullmatch(rf"(\d+/)?{_VIDEO.pattern}", address):
            return address
        parts = https_url(address)
        found = _EMBED.fullmatch(parts.path)
        if parts.hostname not in _FRAME_HOSTS or found is None:
            raise self.refusal(address)
        return f"{found.group(1)}/{found.group(2)}"

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        library, _slash, video = value.rpartition("/")
        end = end_of(FRAME_LIFE, at)
        expires = int(end.timestamp())
        token = frame_token(account.secret, video, expires)
        return Playback(
            f"https://{FRAME_HOST}/embed/{library or account.account_id}/{video}"
            f"?token={token}&expires={expires}&autoplay=true",
            end,
        )

    def from_second(self, url: str, second: int) -> str:
        return f"{url}&t={second}"

    def hosts(self, value: str, account: Account) -> set[str]:
        """Theirs may lead from the one to the other."""
        return {FRAME_HOST, PLAYER_HOST}


class BunnyCDN(SignedForMinutes):
    """HLS from a pull zone: the token is part of the path, so that every file inherits it."""

    kind = "bunny-cdn"
    label = gettext_lazy("Bunny CDN (HLS)")
    # Or whatever host the zone was given.
    site = r".+\.b-cdn\.net"
    framed = r".+"
    account_fields = {
        "secret": gettext_lazy("Token authentication key of the pull zone"),
    }

    def recognises(self, pasted: str) -> bool:
        """A zone may have any host; only Bunny's own tells."""
        host = urlsplit(pasted.strip()).hostname or "" if "[" not in pasted else ""
        return host.endswith(".b-cdn.net") and super().recognises(pasted)

    def clean(self, value: str) -> str:
        """The address without an old token or other parameters."""
        parts = https_url(address_in(value))
        path = re.sub(r"^/bcdn_token=[^/]*", "", parts.path)
        if not path.endswith(".m3u8"):
            raise wrong(_("The address of an HLS playlist ends with .m3u8"))
        if path.count("/") < 2:
            raise wrong(
                _(
                    "Put the playlist into a folder of its own: the token opens its whole folder,"
                    " and this one is the whole zone."
                )
            )
        return f"https://{parts.netloc}{path}"

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        parts = urlsplit(value)
        directory = parts.path.rpartition("/")[0] + "/"
        end = end_of(RENEWED_LIFE, at)
        expires = int(end.timestamp())
        token = directory_token(account.secret, directory, expires)
        allowed = f"bcdn_token={token}&token_path={quote(directory, safe='')}&expires={expires}"
        return Playback(f"https://{parts.netloc}/{allowed}{parts.path}", end)
