"""What a kind of source gives. A package adds one by an entry point of the group
`front_row.stream_sources`; its value names an object that is a `Source`.
"""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

# What the page does with the URL: feed it to the video element, put it into an iframe, or offer it
# as a link that opens elsewhere.
type Player = Literal["video", "iframe", "link"]

# How long a signed playback lives where our own player renews it. Frames cannot be renewed without
# a reload, so theirs lives as long as a day at the conference.
RENEWED_LIFE = timedelta(minutes=10)
FRAME_LIFE = timedelta(hours=8)
# Ends are rounded down to these, so that a room full of people needs one signature, not 600.
END_STEP_SECONDS = 30


# A host with a path.
_without_scheme = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}/", re.IGNORECASE)
# Links of mail programs, lists of hits and sites that lead on to what somebody meant.
_leads_on = re.compile(
    r"(.+\.safelinks\.protection\.outlook\.com/.*"
    r"|(www\.)?google(\.[a-z]{2,3}){1,2}/url"
    r"|(l|lm)\.facebook\.com/l\.php"
    r"|(www\.)?youtube\.com/redirect)\?(?P<query>.*)"
)


@dataclass(frozen=True, slots=True)
class Account:
    """The fields of a StreamAccount with its secret opened (lib/sealing.py)."""

    account_id: str = ""
    key_id: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who gets a playback. `reference` names the person without saying who it is (P-7K3Q-9XWB), for
    tracing a leak; `host` is the site's own, with its port.
    """

    reference: str
    name: str
    host: str


NOBODY = Viewer("", "", "")


@dataclass(frozen=True, slots=True)
class Playback:
    """The short-lived right to open one stream. `expires_at` None: the address has no end."""

    url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What the server saw. `mark`: what moves on while it plays ("" where nothing can be seen).
    `bits_per_second` of the best quality; 0 where it is not said.
    """

    is_playing: bool
    problem: str = ""
    mark: str = ""
    bits_per_second: int = 0


class Source:
    """One kind of source. Kinds derive from it and say what is different: as it is, it needs no
    account, takes any https address, and anybody may have that. Each has a `kind` and a `label`.
    """

    kind: str
    label: StrOrPromise
    player: Player = "video"
    # How well it is protected: in three words for lists, and in a sentence for the form.
    shield: StrOrPromise = gettext_lazy("anyone with the link")
    protection: StrOrPromise = gettext_lazy("Anyone who copies the address can go on watching.")
    # How long bytes flow at most after a ticket has gone; None: a copied address never stops.
    revocation: timedelta | None = None
    # The vendor's own site, as a pattern of its hosts: what is there is this kind's, or plays nowhere.
    # Nobody has to list its hosts. "": anybody's.
    site: ClassVar[str] = ""
    # Which of its addresses may be put into a frame as they are, as a pattern of host and path.
    framed: ClassVar[str] = ""
    # Which of its addresses are playlists for our own player as they are, in the same way.
    playlists: ClassVar[str] = ""
    # What people copy there that does not play, as a pattern of host, path and query, and what to
    # paste instead. The words may name groups of the pattern. The first that fits counts.
    detours: ClassVar[tuple[tuple[str, StrOrPromise], ...]] = ()
    # What is said where none fits.
    wants: StrOrPromise = ""
    # The fields of the account that it needs, and what the vendor calls them; empty: no account.
    account_fields: ClassVar[dict[str, StrOrPromise]] = {}

    def recognises(self, pasted: str) -> bool:
        """Whether it can be nothing but this. Decides the kind where nobody has chosen one."""
        try:
            self.clean(pasted)
        except ValidationError:
            return False
        return True

    def clean(self, value: str) -> str:
        """What is stored for what was pasted. Raises ValidationError on the field `value`."""
        value = address_in(value)
        https_url(value)
        return value

    def refuse_detours(self, address: str) -> None:
        """Raises ValidationError on `value`: what to paste instead."""
        place = place_of(address)
        for pattern, words in self.detours:
            if found := re.fullmatch(pattern, place):
                raise wrong(str(words) % found.groupdict())

    def refusal(self, address: str) -> ValidationError:
        """Why it cannot be played, and what can."""
        try:
            self.refuse_detours(address)
        except ValidationError as error:
            return error
        return wrong(str(self.wants))

    def clean_account(self, account: Account) -> Account:
        """What is stored of the account. Raises ValidationError on its fields."""
        missing = [name for name in self.account_fields if not getattr(account, name)]
        if missing:
            raise ValidationError({name: _("This field is required.") for name in missing})
        return account

    def playback(self, value: str, account: Account, viewer: Viewer, at: datetime) -> Playback:
        """What the player of an admitted person opens. Raises ValueError where it cannot sign."""
        return Playback(value)

    def is_recording(self, value: str) -> bool:
        """Whether it is meant to end, as far as its address tells."""
        return False

    def from_second(self, url: str, second: int) -> str:
        """The address of a playback that begins later; as it is, where only our player can."""
        return url

    def probed(self, value: str, account: Account, at: datetime) -> str:
        """The address that tells our server whether it is there."""
        return self.playback(value, account, NOBODY, at).url

    def complaint(self, page: str) -> str:
        """What is wrong with a page that answered the probe; "": nothing. Not for playlists."""
        return ""

    def hosts(self, value: str, account: Account) -> set[str]:
        """The hosts that the page must be allowed to load from, like stream.example.org or
        *.example.org; empty for our own.
        """
        host = urlsplit(value).hostname
        return {host} if host else set()


class SignedForMinutes(Source):
    """Signed for our own player, which asks for the next signature in time."""

    shield = gettext_lazy("signed, 10 min")
    protection = gettext_lazy("Signed: a copied address stops after 10 minutes.")
    revocation = RENEWED_LIFE


def end_of(life: timedelta, at: datetime) -> datetime:
    """When a right that is given now ends: after `life` at the latest."""
    end = int((at + life).timestamp())
    return datetime.fromtimestamp(end - end % END_STEP_SECONDS, UTC)


def wrong(message: str) -> ValidationError:
    return ValidationError({"value": message})


def place_of(address: str) -> str:
    """Its host, path and query, as the patterns of sources have them; "" where it has no host."""
    try:
        parts = urlsplit(address.strip())
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.hostname}{parts.path}{query}" if parts.hostname else ""
    except ValueError:
        return ""


def address_in(pasted: str) -> str:
    """The address in an embed code, or behind a link that leads on to it; else what was pasted. It
    may stand there as browsers show it, without https://.
    """
    while True:
        address = _named_in(pasted)
        leads_on = _leads_on.fullmatch(place_of(address))
        if leads_on is None:
            return address
        target = parse_qs(leads_on["query"])
        # Each of them is shorter than the one before.
        pasted = next((target[name][0] for name in ("url", "q", "u") if name in target), "")


def _named_in(pasted: str) -> str:
    # Word processors bend the quotes.
    embedded = re.search(r"""\bsrc=["'“”„]([^"'“”]+)["'“”]""", pasted)
    address = html.unescape(embedded.group(1)) if embedded else pasted.strip()
    return f"https://{address}" if _without_scheme.match(address) else address


def https_url(value: str) -> SplitResult:
    """Raises ValidationError unless the value is an absolute https address."""
    try:
        parts = urlsplit(value.strip())
        usable = parts.scheme == "https" and parts.hostname and not parts.username
    except ValueError:
        usable = False
    if not usable:
        if re.match(r"http://", value.strip(), re.IGNORECASE):
            raise wrong(
                _(
                    "Use https:// instead of http://. Our pages are encrypted, and browsers load"
                    " nothing else into them. It begins with https:// at every vendor."
                )
            )
        raise wrong(_("Paste an address that begins with https://"))
    return parts
