"""The token of a personal entry link. It is signed, not stored: a copy of the database opens nothing.

The holder's address is signed with it, so a link ends when the ticket gets another holder, whoever
wrote that: the shop, an organizer, or the holder who passed it on.

The token that the help desk shows on a screen is signed with a salt of its own, so that neither can be
made from the other: only the mailed one proves that somebody reads the mail of that address.
"""

import base64
from collections.abc import Iterator

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from lib.compiled_sql import prepared
from tickets.models import EntryLink, Ticket

_MAILED_SALT, _SHOWN_SALT = "tickets.entry.links", "tickets.entry.shown"
# 128 bits: nobody guesses one, and the address stays on one line of a mail.
_SIGNATURE_BYTES = 16


def link_to(ticket: Ticket) -> EntryLink:
    link, _made = EntryLink.objects.get_or_create(ticket=ticket)
    return link


def token_of(link: EntryLink, *, is_shown: bool = False) -> str:
    signature = next(_signatures(link, is_shown=is_shown))
    return f"{int_to_base36(link.pk)}.{signature}"


def link_of(token: str) -> EntryLink | None:
    """The link is read with its ticket. None: the token is none, or no longer good."""
    number, _dot, signature = token.partition(".")
    try:
        pk = base36_to_int(number)
    except ValueError:
        return None
    if pk.bit_length() > 63:
        return None  # SQLite would refuse to look for it
    for link in _numbered(pk):
        for is_shown in (False, True):
            good = _signatures(link, is_shown=is_shown)
            if any(constant_time_compare(signature, each) for each in good):
                link.is_shown = is_shown
                return link
    return None


@prepared
def _numbered(pk: int) -> QuerySet[EntryLink]:
    return EntryLink.objects.select_related("ticket").filter(pk=pk)


def _signatures(link: EntryLink, *, is_shown: bool) -> Iterator[str]:
    """That of the newest key comes first."""
    value = f"{link.pk}:{link.number}:{link.ticket_id}:{link.ticket.holder_email}"
    salt = _SHOWN_SALT if is_shown else _MAILED_SALT
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        digest = salted_hmac(salt, value, secret, algorithm="sha256").digest()
        yield base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode().rstrip("=")


def url_of(link: EntryLink, site: str, *, is_shown: bool = False) -> str:
    return site.rstrip("/") + reverse("entry", args=[token_of(link, is_shown=is_shown)])
