"""Workshops happen in a meeting elsewhere. Its address is handed out per click (join in
streaming/watching/views.py) and is never in a page.
"""

import hashlib
import re
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlencode

import jwt
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streaming.sources.base import (
    Account,
    Playback,
    Source,
    Viewer,
    address_in,
    https_url,
    wrong,
)

# Jitsi looks at its token on entry only.
ENTRY_LIFE = timedelta(minutes=5)
# Where people meet. Others are chosen by hand.
_MEETINGS = re.compile(
    r"(.+\.)?(zoom\.us|zoom\.com|zoomgov\.com)|meet\.jit\.si|8x8\.vc|meet\.google\.com"
    r"|teams\.(microsoft|live)\.com|(.+\.)?webex\.com|(bbb|bigbluebutton|jitsi)\..+|whereby\.com"
)


class Join(Source):
    kind = "join"
    label = gettext_lazy("a meeting to join (Zoom, Jitsi, BigBlueButton …)")
    player = "link"
    shield = gettext_lazy("link per click")
    protection = gettext_lazy(
        "The address is handed out per click, to ticket holders. Whoever has it can pass it on: use"
        " the meeting's waiting room or registration."
    )

    site = _MEETINGS.pattern
    framed = (
        r"(meet\.jit\.si|8x8\.vc|(.+\.)?webex\.com|(bbb|bigbluebutton|jitsi)\..+?|whereby\.com)/.+"
    )
    detours = (
        (
            r"(.+\.)?zoom(gov)?\.(us|com)/(meeting|webinar)/?(?P<id>\d+)?([/?#].*)?",
            gettext_lazy(
                "This is the page on which only you manage the meeting. Paste its link to join, like"
                " https://zoom.us/j/81234567890?pwd=…"
            ),
        ),
        (
            r"((.+\.)?zoom(gov)?\.(us|com)|meet\.google\.com|meet\.jit\.si|8x8\.vc|whereby\.com)"
            r"(/|/landing|/profile|/signin|/home)?(\?.*)?",
            gettext_lazy(
                "This is the vendor's own page, not a meeting. Paste the link to join it."
            ),
        ),
        (
            r"teams\.(microsoft|live)\.com(/_.*|/v2/?.*|/)?",
            gettext_lazy(
                "This is Teams itself, not a meeting. Paste the meeting's link to join, like"
                " https://teams.microsoft.com/l/meetup-join/…"
            ),
        ),
    )

    def recognises(self, pasted: str) -> bool:
        try:
            host = https_url(self.clean(pasted)).hostname
        except ValidationError:
            return False
        return bool(_MEETINGS.fullmatch(host or ""))

    def clean(self, value: str) -> str:
        value = super().clean(value)
        self.refuse_detours(value)
        return value

    def hosts(self, value: str, account: Account) -> set[str]:
        """None: the page does not load it."""
        return set()


class Jitsi(Join):
    """A server that wants a token on entry (prosody's mod_auth_token with an app secret)."""

    kind = "jitsi"
    site = ""
    label = gettext_lazy("Jitsi with tokens")
    shield = gettext_lazy("signed, entry within 5 min")
    protection = gettext_lazy(
        "Signed per click, for one person and 5 minutes. Who is inside stays inside until the"
        " meeting ends or a moderator says otherwise."
    )
    account_fields = {
        "account_id": gettext_lazy("App ID"),
        "secret": gettext_lazy("App secret"),
    }

    def recognises(self, pasted: str) -> bool:
        """Its address looks like that of a server without tokens."""
        return False

    def clean(self, value: str) -> str:
        parts = https_url(address_in(value))
        room = parts.path.strip("/")
        if not room or "/" in room:
            raise wrong(_("Paste the address of one room, like https://meet.example.org/workshop"))
        return f"https://{parts.netloc}/{room}"

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        parts = https_url(value)
        end = at + ENTRY_LIFE
        user = {"id": viewer.reference, "name": viewer.name or viewer.reference}
        claims = {
            "aud": "jitsi",
            "iss": account.account_id,
            "sub": parts.hostname,
            # Prosody knows its rooms in small letters.
            "room": unquote(parts.path.strip("/")).lower(),
            "exp": int(end.timestamp()),
            "context": {"user": user},
        }
        token = jwt.encode(claims, account.secret, algorithm="HS256")
        return Playback(f"{value}?{urlencode({'jwt': token})}", end)

    def clean_account(self, account: Account) -> Account:
        account = super().clean_account(account)
        # PyJWT warns below the length of the hash (RFC 7518, 3.2), and rightly.
        if len(account.secret.encode()) < 32:
            text = _("Fewer than 32 characters can be guessed: set a longer secret there.")
            raise ValidationError({"secret": text})
        return account

    def probed(self, value: str, account: Account, at: datetime) -> str:
        """The server, not the room: the probe shall not knock at the door."""
        return f"https://{https_url(value).netloc}/"


class BigBlueButton(Join):
    """A meeting, by its id, of a server whose shared secret we have.
    https://docs.bigbluebutton.org/development/api/
    """

    kind = "bigbluebutton"
    site = ""
    label = gettext_lazy("BigBlueButton with its shared secret")
    shield = gettext_lazy("signed per click")
    protection = gettext_lazy(
        "Signed per click, for one person by name. The address opens until the meeting ends."
    )
    account_fields = {
        "account_id": gettext_lazy("Server, like https://bbb.example.org/bigbluebutton"),
        "secret": gettext_lazy("Shared secret, as “bbb-conf --secret” shows it"),
    }

    def recognises(self, pasted: str) -> bool:
        """A meeting id looks like anything."""
        return False

    def clean(self, value: str) -> str:
        value = value.strip()
        if not re.fullmatch(r"[^\s/,]{2,256}", value):
            raise wrong(_("Write the id of the meeting, as create was called with it."))
        return value

    def clean_account(self, account: Account) -> Account:
        account = super().clean_account(account)
        try:
            parts = https_url(account.account_id)
        except ValidationError as error:
            raise ValidationError({"account_id": error.messages}) from None
        path = parts.path.rstrip("/").removesuffix("/api") or "/bigbluebutton"
        server = f"https://{parts.netloc}{path}"
        return Account(server, account.key_id, account.secret)

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        asked = {
            "fullName": viewer.name or viewer.reference or "–",
            "meetingID": value,
            "redirect": "true",
            "role": "VIEWER",
            "userID": viewer.reference,
        }
        query = urlencode(asked, quote_via=quote)
        sum_ = checksum("join", query, account.secret)
        return Playback(f"{account.account_id}/api/join?{query}&checksum={sum_}")

    def probed(self, value: str, account: Account, at: datetime) -> str:
        """Whether the server answers and knows the secret."""
        query = urlencode({"meetingID": value}, quote_via=quote)
        sum_ = checksum("isMeetingRunning", query, account.secret)
        return f"{account.account_id}/api/isMeetingRunning?{query}&checksum={sum_}"

    def complaint(self, page: str) -> str:
        if "<returncode>FAILED" in page:
            return _("The server does not take the shared secret, or does not know us.")
        return ""


def checksum(call: str, query: str, secret: str, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, f"{call}{query}{secret}".encode()).hexdigest()
