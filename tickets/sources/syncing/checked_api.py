"""Asking a shop's module, which may be anybody's: what it gives is looked at before it is used."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from lib.http_client import Deadline
from lib.sealing import SealBroken
from tickets.models import Shop, Ticket
from tickets.sources.shops.base import Batch, ShopApi, ShopError, ShopTicket
from tickets.sources.shops.client import is_web_address
from tickets.sources.shops.registry import known_kinds

logger = logging.getLogger(__name__)

_ALLOWED = frozenset(
    ("order_code", "state", "shop_says", "holder_name", "holder_email", "buyer_email")
    + ("valid_from", "valid_until", "main_code", *Ticket.SEALED)
)
MAX_SEALED = 1000
_FIELDS = {field.name: field for field in Ticket._meta.concrete_fields if field.name in _ALLOWED}


class CheckedApi:
    """A shop, open. All of it raises ShopError, and nothing else."""

    def __init__(self, shop: Shop, deadline: Deadline | None = None) -> None:
        kind = known_kinds().get(shop.kind)
        if kind is None:
            raise ShopError(_("Nothing installed knows shops of the kind “%s”.") % shop.kind)
        self._api: ShopApi = _safely(lambda: kind.open(shop))
        if deadline is not None:
            self._api.deadline = deadline

    def everything(self) -> Iterator[tuple[datetime, Batch]]:
        """Each page with the moment before it was asked for."""
        return self._pages(self._api.everything)

    def changes(self, cursor: str) -> Iterator[tuple[datetime, Batch]]:
        return self._pages(lambda: self._api.changes(cursor))

    def order(self, code: str) -> Batch:
        return _checked(_safely(lambda: self._api.order(code)))

    def _pages(self, ask: Callable[[], Iterator[Batch]]) -> Iterator[tuple[datetime, Batch]]:
        pages = _safely(lambda: iter(ask()))
        while True:
            asked_at = timezone.now()
            batch = _safely(lambda: next(pages, None))
            if batch is None:
                return
            yield asked_at, _checked(batch)


def _safely[T](ask: Callable[[], T]) -> T:
    try:
        return ask()
    except ShopError:
        raise
    except SealBroken as error:
        raise ShopError(str(error)) from None
    except Exception as error:
        logger.exception("A ticket shop's module failed")
        text = _("The shop's module failed (%s); the log has more.")
        raise ShopError(text % type(error).__name__) from None


def _checked(batch: Batch) -> Batch:
    for ticket in batch.tickets:
        if problem := _problem(ticket):
            raise ShopError(_("The shop gives a ticket that cannot be stored: %s.") % problem)
    return batch


def _problem(ticket: ShopTicket) -> str:
    if not 0 < len(ticket.code) <= 100 or len(ticket.product_code) > 100:
        return _("its code is missing or too long")
    if unknown := ticket.values.keys() - _FIELDS.keys():
        return _("it has a field “%s”") % min(unknown)
    for name, value in ticket.values.items():
        longest = _FIELDS[name].max_length
        if longest is not None and (not isinstance(value, str) or len(value) > longest):
            return _("its “%s” is too long, or no text") % name
    for name in Ticket.SEALED:
        sealed = ticket.values.get(name, "")
        if not isinstance(sealed, str) or len(sealed) > MAX_SEALED:
            return _("its “%s” is too long, or no text") % name
    if not is_web_address(ticket.values.get("order_url", "")):
        return _("its “order_url” is no address of the web")
    if ticket.values.get("state", Ticket.State.UNKNOWN) not in Ticket.State.values:
        return _("its state is none that we know")
    return ""
