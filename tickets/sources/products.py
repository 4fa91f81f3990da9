"""Which product a shop's or a file's word means: the shop's number of it tells, else its name."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from lib.text import one_line
from schedule.models import Conference
from tickets.models import Product, Shop
from tickets.sources.shops.base import ShopTicket

MAX_NAME = 200


class ProductRegister:
    """The products of a conference, as they will be once `save` is called. A product that is
    renamed in the shop keeps what it opens and follows the name, unless another has that name.
    """

    def __init__(
        self, conference: Conference, shop: Shop | None, tickets: Iterable[ShopTicket]
    ) -> None:
        self.shop = shop
        self.conference = conference
        self.new: list[Product] = []
        self.changed: list[Product] = []
        known = list(conference.products.all())
        self.by_id = {product.pk: product for product in known}
        self._by_name = {product.name: product for product in known}
        shop_id = shop.pk if shop else None
        ours = [product for product in known if product.shop_id == shop_id and product.shop_code]
        self._by_code = {product.shop_code: product for product in ours}
        self._meant: dict[tuple[str, str], Product] = {}
        for ticket in tickets:
            key = (ticket.product_code, ticket.product)
            if key not in self._meant:
                self._meant[key] = self._find(ticket)

    def of(self, ticket: ShopTicket) -> Product:
        return self._meant[ticket.product_code, ticket.product]

    def save(self) -> None:
        Product.objects.bulk_create(self.new)
        Product.objects.bulk_update(self.changed, ["name", "shop", "shop_code"])

    def _find(self, ticket: ShopTicket) -> Product:
        name = one_line(ticket.product)[:MAX_NAME] or _("Ticket")
        code = ticket.product_code if self.shop is not None else ""
        product = self._by_code.get(code)
        if product is not None:
            # The name that it leaves is not free before the next time: the database looks row by row.
            if name not in self._by_name:
                product.name = name
                self._by_name[name] = product
                self._keep_changed(product)
            return product
        product = self._by_name.get(name)
        if product is not None and code:
            if not product.shop_code and product.shop_id in (None, self.shop and self.shop.pk):
                product.shop, product.shop_code = self.shop, code
                self._keep_changed(product)
            else:  # another shop's, or the shop has two of this name
                name = f"{name[: MAX_NAME - 80]} ({self.shop} {code})"[:MAX_NAME]
                product = self._by_name.get(name)
        if product is None:
            product = self._make(name, code, ticket)
        self._by_name[product.name] = product
        if code:
            self._by_code[code] = product
        return product

    def _make(self, name: str, code: str, ticket: ShopTicket) -> Product:
        product = Product(
            conference=self.conference,
            name=name,
            scopes=["conference"] if ticket.is_admission else [],
            shop=self.shop if code else None,
            shop_code=code,
        )
        self.new.append(product)
        return product

    def _keep_changed(self, product: Product) -> None:
        if product.pk is not None and product not in self.changed:
            self.changed.append(product)
