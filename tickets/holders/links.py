"""The token of a personal entry link. It is signed, not stored: a copy of the database opens nothing.

The holder's address is signed with it, so a link ends when the ticket gets another holder, whoever
wrote that: the shop, an organizer, or the holder who passed it on.

The token that the help desk shows on a screen is signed for another purpose, so that neither can be
made from the other: only the mailed one proves that somebody reads the mail of that address.
"""

import base64
from itertools import product

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from lib.compiled_sql import prepared
from tickets.models import EntryLink, Ticket

# What the last part of a token is made for.
_MAILED, _SHOWN = "signature", "shown"
_SALT = "tickets.entry.links"
# Whose link it is takes 64 bits, which nobody can forge for want of the signature's 128. With both
# the address stays on one line of a mail.
_HOLDER_BYTES, _SIGNATURE_BYTES = 8, 16


def link_to(ticket: Ticket) -> EntryLink:
    """An add-on that goes with its main ticket has no link but that one's."""
    link, _made = EntryLink.objects.get_or_create(ticket=ticket.goes_with or ticket)
    return link


def token_of(link: EntryLink, *, is_shown: bool = False) -> str:
    secret = settings.SECRET_KEY
    signed = f"{int_to_base36(link.pk)}.{_holder(link, secret)}"
    return f"{signed}.{_signature(signed, secret, _SHOWN if is_shown else _MAILED)}"


def link_of(token: str) -> EntryLink | None:
    """The link is read with its ticket. None: the token is none, or no longer good. One that was not
    made here is refused by its signature, before anything is asked.
    """
    signed, _dot, signature = token.rpartition(".")
    number, _dot, holder = signed.partition(".")
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    for secret, purpose in product(secrets, (_MAILED, _SHOWN)):
        if constant_time_compare(signature, _signature(signed, secret, purpose)):
            link = next(iter(_numbered(base36_to_int(number))), None)
            if link is None or not constant_time_compare(holder, _holder(link, secret)):
                return None
            link.is_shown = purpose == _SHOWN
            return link
    return None


@prepared
def _numbered(pk: int) -> QuerySet[EntryLink]:
    return EntryLink.objects.select_related("ticket").filter(pk=pk)


def _holder(link: EntryLink, secret: str) -> str:
    value = f"{link.pk}:{link.number}:{link.ticket_id}:{link.ticket.holder_email}"
    return _digest("holder", value, secret, _HOLDER_BYTES)


def _signature(signed: str, secret: str, purpose: str) -> str:
    return _digest(purpose, signed, secret, _SIGNATURE_BYTES)


def _digest(purpose: str, value: str, secret: str, length: int) -> str:
    digest = salted_hmac(f"{_SALT}.{purpose}", value, secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:length]).decode().rstrip("=")


def url_of(link: EntryLink, site: str, *, is_shown: bool = False) -> str:
    return site.rstrip("/") + reverse("entry", args=[token_of(link, is_shown=is_shown)])
