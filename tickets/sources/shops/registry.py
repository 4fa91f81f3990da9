"""The kinds of shop that we know: ours, and those of installed packages."""

from lib.plugins import plugins
from tickets.sources.shops.base import ShopKind
from tickets.sources.shops.pretix import PRETIX
from tickets.sources.shops.tito import TITO

GROUP = "front_row.ticket_shops"
OURS: tuple[ShopKind, ...] = (PRETIX, TITO)


def known_kinds() -> dict[str, ShopKind]:
    """By name. Ours first: no package can take a name from them."""
    kinds = {kind.name: kind for kind in OURS}
    for kind in plugins(GROUP, ShopKind):
        kinds.setdefault(kind.name, kind)
    return kinds
