"""Who may come in. The one rule itself is in tickets/admission."""

from tickets.models.entry_links import EntryLink
from tickets.models.grants import Ban, Grant
from tickets.models.lost_deletes import LostDelete
from tickets.models.people import (
    ManyDevices,
    ReplacementCount,
    User,
    fold_email,
    fold_reference,
)
from tickets.models.products import Product
from tickets.models.roles import Role
from tickets.models.scopes import validate_scopes, whole_conference
from tickets.models.shops import OrderHint, Shop, SyncRun, Upload
from tickets.models.tickets import Claim, Ticket, TicketQuerySet

__all__ = [
    "Ban",
    "Claim",
    "EntryLink",
    "Grant",
    "LostDelete",
    "ManyDevices",
    "OrderHint",
    "Product",
    "ReplacementCount",
    "Role",
    "Shop",
    "SyncRun",
    "Ticket",
    "TicketQuerySet",
    "Upload",
    "User",
    "fold_email",
    "fold_reference",
    "validate_scopes",
    "whole_conference",
]
