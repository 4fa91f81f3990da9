import re
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
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

_UID = re.compile(r"[0-9a-f]{32}")
_CODE = re.compile(r"(?:.*customer-)?([a-z0-9]{8,40})(?:\.cloudflarestream\.com.*)?")
_DOMAINS = ("cloudflarestream.com", "videodelivery.net")


class CloudflareStream(SignedForMinutes):
    """A video or a live input with "require signed URLs": the token stands where its id would.
    https://developers.cloudflare.com/stream/viewing-videos/securing-your-stream/
    """

    kind = "cloudflare"
    label = gettext_lazy("Cloudflare Stream")
    site = r"(.+\.)?(cloudflarestream\.com|videodelivery\.net)|(dash|www)\.cloudflare\.com"
    framed = r".+/[0-9a-f]{32}/iframe|iframe\..+/[0-9a-f]{32}"
    detours = (
        (
            r"(dash|www)\.cloudflare\.com.*",
            gettext_lazy(
                "This is Cloudflare's own site, which only you can open. Open the live input or the"
                " video there, and paste its id or its embed code."
            ),
        ),
    )
    wants = gettext_lazy(
        "This is no video of Cloudflare Stream. Paste its id of 32 letters and digits, or the embed"
        " code."
    )
    account_fields = {
        "account_id": gettext_lazy("Customer code, as in customer-CODE.cloudflarestream.com"),
        "key_id": gettext_lazy("Signing key: “id”"),
        "secret": gettext_lazy("Signing key: “pem”, base64 as Cloudflare shows it once"),
    }

    def clean(self, value: str) -> str:
        """The id of a video or of a live input, alone, in an address or in an embed code."""
        address = address_in(value)
        if _UID.fullmatch(address):
            return address
        parts = https_url(address)
        found = parts.path.strip("/").split("/")[0]
        is_theirs = (parts.hostname or "").endswith(tuple(f".{name}" for name in _DOMAINS))
        if not is_theirs or not _UID.fullmatch(found):
            raise self.refusal(address)
        return found

    def clean_account(self, account: Account) -> Account:
        account = super().clean_account(account)
        code = _CODE.fullmatch(account.account_id)
        if code is None:
            raise ValidationError({"account_id": _("Write the code alone, like abc123def456ghi7.")})
        check_private_key(account.secret)
        return replace(account, account_id=code.group(1))

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        end = end_of(RENEWED_LIFE, at)
        claims = {"sub": value, "kid": account.key_id, "exp": int(end.timestamp())}
        token = rs256(claims, key_id=account.key_id, secret=account.secret)
        return Playback(f"https://{_host(account)}/{token}/manifest/video.m3u8", end)

    def hosts(self, value: str, account: Account) -> set[str]:
        return {_host(account)}


def _host(account: Account) -> str:
    return f"customer-{account.account_id}.cloudflarestream.com"
