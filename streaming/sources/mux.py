import re
from datetime import datetime

from django.utils.translation import gettext_lazy

from streaming.sources.base import (
    RENEWED_LIFE,
    Account,
    Playback,
    SignedForMinutes,
    Viewer,
    address_in,
    end_of,
    https_url,
)
from streaming.sources.signing import check_private_key, rs256

# Theirs are 36 to 50 letters and digits.
_ID = re.compile(r"[A-Za-z0-9]{30,64}")
_UID_OF_CLOUDFLARE = re.compile(r"[0-9a-f]{32}")
HOSTS = ("stream.mux.com", "player.mux.com")


class Mux(SignedForMinutes):
    """A playback id with the policy "signed".
    https://www.mux.com/docs/guides/secure-video-playback
    """

    kind = "mux"
    label = gettext_lazy("Mux")
    site = r"(.+\.)?mux\.com"
    framed = r"player\.mux\.com/.+"
    detours = (
        (
            r"(dashboard|www|docs|api)?\.?mux\.com.*",
            gettext_lazy(
                "This is Mux' own site, not a stream. Open the live stream there, copy its playback"
                " id, and paste that."
            ),
        ),
    )
    wants = gettext_lazy(
        "This is no playback of Mux. Paste one like https://stream.mux.com/….m3u8; its id has 36 or"
        " more letters and digits."
    )
    account_fields = {
        "key_id": gettext_lazy("Signing key ID"),
        "secret": gettext_lazy("Private key of the signing key, base64 as Mux shows it once"),
    }

    def recognises(self, pasted: str) -> bool:
        return not _UID_OF_CLOUDFLARE.fullmatch(pasted.strip()) and super().recognises(pasted)

    def clean(self, value: str) -> str:
        """The playback id, alone, in an address, or in the code of <mux-player>."""
        element = re.search(r"""playback-id=["']([^"']+)["']""", value)
        address = element.group(1) if element else address_in(value)
        if _ID.fullmatch(address):
            return address
        parts = https_url(address)
        found = parts.path.strip("/").split("/")[0].removesuffix(".m3u8")
        if parts.hostname not in HOSTS or not _ID.fullmatch(found):
            raise self.refusal(address)
        return found

    def clean_account(self, account: Account) -> Account:
        account = super().clean_account(account)
        check_private_key(account.secret)
        return account

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        end = end_of(RENEWED_LIFE, at)
        claims = {"sub": value, "aud": "v", "exp": int(end.timestamp()), "kid": account.key_id}
        token = rs256(claims, key_id=account.key_id, secret=account.secret)
        return Playback(f"https://{HOSTS[0]}/{value}.m3u8?token={token}", end)

    def hosts(self, value: str, account: Account) -> set[str]:
        """The playlists of the qualities and the segments come from hosts below this one."""
        return {"*.mux.com"}
