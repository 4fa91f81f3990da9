"""The token of a personal entry link. It is signed, not stored: a copy of the database opens nothing.

The holder's address is signed with it, so a link ends when the ticket gets another holder, whoever
wrote that: the shop, an organizer, or the holder who passed it on.
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

_SALT = "tickets.entry.links"
# 128 bits: nobody guesses one, and the address stays on one line of a mail.
_SIGNATURE_BYTES = 16


def link_to(ticket: Ticket) -> EntryLink:
    link, _made = EntryLink.objects.get_or_create(ticket=ticket)
    return link


def token_of(link: EntryLink) -> str:
    signature = next(_signatures(link))
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
        if any(constant_time_compare(signature, each) for each in _signatures(link)):
            return link
    return None


@prepared
def _numbered(pk: int) -> QuerySet[EntryLink]:
    return EntryLink.objects.select_related("ticket").filter(pk=pk)


def _signatures(link: EntryLink) -> Iterator[str]:
    """That of the newest key comes first."""
    value = f"{link.pk}:{link.number}:{link.ticket_id}:{link.ticket.holder_email}"
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        digest = salted_hmac(_SALT, value, secret, algorithm="sha256").digest()
        yield base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode().rstrip("=")


def url_of(link: EntryLink, site: str) -> str:
    return site.rstrip("/") + reverse("entry", args=[token_of(link)])
