from typing import Any, Literal, Protocol
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What the page does with the URL: feed it to the video element, or put it into an iframe.
type Player = Literal["video", "iframe"]


class Source(Protocol):
    kind: str
    label: Any  # a lazy translation
    player: Player
    # How long a copied address goes on playing after the ticket has gone, for the form.
    protection: Any  # a lazy translation

    def clean(self, value: str) -> str:
        """What is stored for what was pasted. Raises ValidationError on the field `value`."""
        ...

    def url(self, value: str) -> str:
        """What the player of an admitted person opens."""
        ...

    def hosts(self, value: str) -> set[str]:
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
