"""What a kind of source gives. A package adds one by an entry point of the group
`front_row.stream_sources`; its value names an object that is a `Source`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What the page does with the URL: feed it to the video element, put it into an iframe, or offer it
# as a link that opens elsewhere.
type Player = Literal["video", "iframe", "link"]

# How long a signed playback lives where our own player renews it. Frames cannot be renewed without
# a reload, so theirs lives as long as a day at the conference.
RENEWED_LIFE = timedelta(minutes=10)
FRAME_LIFE = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Account:
    """The fields of a StreamAccount with its secret opened (schedule/sealing.py)."""

    account_id: str = ""
    key_id: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who gets a playback. `reference` names the person without saying who it is (P-000123), for
    tracing a leak; `host` is the site's own, with its port.
    """

    reference: str
    name: str
    host: str


@dataclass(frozen=True, slots=True)
class Playback:
    """The short-lived right to open one stream. `expires_at` None: the address has no end."""

    url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What the server saw. `mark`: what moves on while it plays ("" where nothing can be seen)."""

    is_playing: bool
    problem: str = ""
    mark: str = ""


@runtime_checkable
class Source(Protocol):
    kind: str
    label: Any  # a lazy translation
    player: Player
    # For the form: how well it is protected. `revocation`: how long bytes flow at most after a
    # ticket has gone; None: a copied address never stops.
    protection: Any  # a lazy translation
    revocation: timedelta | None
    # The fields of the account that it needs, and what the vendor calls them; empty: no account.
    account_fields: ClassVar[dict[str, Any]]

    def clean(self, value: str) -> str:
        """What is stored for what was pasted. Raises ValidationError on the field `value`."""
        ...

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        """What the player of an admitted person opens."""
        ...

    def hosts(self, value: str, account: Account) -> set[str]:
        """The hosts that the page must be allowed to load from; empty for our own."""
        ...


def wrong(message: str) -> ValidationError:
    return ValidationError({"value": message})


def https_url(value: str) -> SplitResult:
    """Raises ValidationError unless the value is an absolute https address."""
    try:
        parts = urlsplit(value.strip())
        usable = parts.scheme == "https" and parts.hostname and not parts.username
    except ValueError:
        usable = False
    if not usable:
        raise wrong(_("Paste an address that begins with https://"))
    return parts
