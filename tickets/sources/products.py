"""Which product a shop's or a file's word means, and what it opens by itself."""

from collections.abc import Collection, Iterable
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from lib.text import one_line
from schedule.models import Conference
from tickets.admission.claiming import claim_tickets
from tickets.models import Claim, Product, Shop, Ticket, TicketQuerySet, whole_conference
from tickets.sources.shops.base import Admits, ShopTicket

MAX_NAME = 200
DECISION = ["scopes", "decided_by"]


class ProductRegister:
    """The products of a conference, as they will be once `save` is called. A product that is
    renamed in the shop keeps what it opens and follows the name, unless another keeps that name.
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
        self._open_before = {product.pk for product in known if product.scopes}
        self._by_name = {product.name: product for product in known}
        shop_id = shop.pk if shop else None
        ours = [product for product in known if product.shop_id == shop_id and product.shop_code]
        self._by_code = {product.shop_code: product for product in ours}
        self._meant: dict[tuple[str, str], Product] = {}
        # The names that the shop gives to products that we know by their numbers, by `id`.
        self._wanted: dict[int, tuple[Product, str]] = {}
        # Those of them that were another one's until now.
        self._left: set[str] = set()
        codes, alive = set(), set()
        for ticket in tickets:
            codes.add(ticket.code)
            if ticket.values.get("state") != Ticket.State.CANCELED:
                alive.add((ticket.product_code, ticket.product))
            key = (ticket.product_code, ticket.product)
            if key not in self._meant:
                self._meant[key] = product = self._find(ticket)
                self._hear(product, ticket.admits)
        self._rename()
        # A file is known whole. A shop is when a run of it has ended.
        if shop is None:
            self._decide(codes, [self._meant[key] for key in alive])

    def of(self, ticket: ShopTicket) -> Product:
        return self._meant[ticket.product_code, ticket.product]

    def save(self) -> None:
        # The database looks at each name by itself, so those that others take are given up first.
        for product in self.conference.products.filter(name__in=self._left):
            product.name = uuid4().hex
            product.save(update_fields=["name"])
        Product.objects.bulk_create(self.new)
        Product.objects.bulk_update(self.changed, ["name", "shop", "shop_code", *DECISION])

    @property
    def opened(self) -> list[Product]:
        """Those that open something from now on."""
        found = [*self.new, *self.changed]
        return [each for each in found if each.scopes and each.pk not in self._open_before]

    def _decide(self, codes: set[str], named: list[Product]) -> None:
        """`named`: those of tickets that are not canceled."""
        others = _tickets_of(self.conference, self.shop).exclude(code__in=codes)
        known = [self.by_id[pk] for pk in _products_in(others) & self.by_id.keys()]
        # Those that are still to be made have no key yet.
        ours = {id(product): product for product in (*known, *named)}
        for product in decide(ours.values()):
            self._keep_changed(product)

    def _find(self, ticket: ShopTicket) -> Product:
        name = one_line(ticket.product)[:MAX_NAME] or _("Ticket")
        code = ticket.product_code if self.shop is not None else ""
        product = self._by_code.get(code)
        if product is not None:
            self._wanted[id(product)] = product, name
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

    def _rename(self) -> None:
        """To the names that the shop has for them, all at once: they may have swapped theirs. A name
        that another one keeps is not free, and of two who want one the first has it.
        """
        moving: dict[str, Product] = {}
        for product, name in self._wanted.values():
            if name != product.name:
                moving.setdefault(name, product)
        is_settled = False
        while not is_settled:
            leaving = {id(product) for product in moving.values()}
            kept = {name for name, each in self._by_name.items() if id(each) not in leaving}
            fitting = {name: product for name, product in moving.items() if name not in kept}
            is_settled = len(fitting) == len(moving)
            moving = fitting
        self._left = moving.keys() & {product.name for product in moving.values()}
        for name, product in moving.items():
            product.name = name
            self._keep_changed(product)

    def _make(self, name: str, code: str, ticket: ShopTicket) -> Product:
        is_untold = ticket.admits is Admits.UNTOLD
        decided_by = Product.DecidedBy.UNTOLD if is_untold else Product.DecidedBy.NOBODY
        product = Product(
            conference=self.conference,
            name=name,
            scopes=[],
            decided_by=decided_by,
            shop=self.shop if code else None,
            shop_code=code,
        )
        self.new.append(product)
        return product

    def _hear(self, product: Product, admits: Admits) -> None:
        """What no person has decided, a shop that tells decides when it is first heard of it."""
        if admits in (Admits.YES, Admits.NO) and not product.is_decided:
            product.scopes = whole_conference() if admits is Admits.YES else []
            product.decided_by = Product.DecidedBy.SHOP
            self._keep_changed(product)

    def _keep_changed(self, product: Product) -> None:
        if product.pk is not None and product not in self.changed:
            self.changed.append(product)


def decide(products: Iterable[Product]) -> list[Product]:
    """Which of one source's products change, if nobody tells what they open: the only one opens the
    conference. Beside another one it waits, unless somebody has come in by it already: nobody is shut
    out who was let in, before a person has said so.
    """
    rivals = [product for product in products if product.may_admit]
    if len(rivals) == 1:
        found = [each for each in rivals if each.decided_by == Product.DecidedBy.UNTOLD]
        for product in found:
            product.open_alone()
        return found
    found = [each for each in rivals if each.decided_by == Product.DecidedBy.ALONE]
    used = Claim.objects.live().filter(ticket__product__in=[each.pk for each in found])
    in_use = set(used.values_list("ticket__product", flat=True)) if found else set()
    closed = [product for product in found if product.pk not in in_use]
    for product in closed:
        product.wait()
    return closed


@transaction.atomic
def decide_for(conference: Conference, shop: Shop | None) -> list[Product]:
    """All that the source has is known: what it does not tell is decided. Returns what opens now."""
    ids = _products_in(_tickets_of(conference, shop))
    if changed := decide(Product.objects.filter(pk__in=ids)):
        Product.objects.bulk_update(changed, DECISION)
        claim_tickets(conference)
    return [product for product in changed if product.scopes]


def say_what_opens(product: Product, scopes: list[str]) -> None:
    say_what_open(product.conference, [product], scopes)


@transaction.atomic
def say_what_open(conference: Conference, products: Collection[Product], scopes: list[str]) -> None:
    """Somebody has said it. Who has signed in before gets the tickets that wait."""
    for product in products:
        product.scopes, product.decided_by = scopes, Product.DecidedBy.ORGANIZER
    Product.objects.bulk_update(products, DECISION)
    Ticket.objects.filter(product__in=products).forget_admissions()
    claim_tickets(conference)


def _tickets_of(conference: Conference, shop: Shop | None) -> TicketQuerySet:
    """Those that a source, a shop or all files together, has. What is canceled counts no more."""
    tickets = Ticket.objects.filter(conference=conference, shop=shop)
    return tickets.exclude(state=Ticket.State.CANCELED)


def _products_in(tickets: TicketQuerySet) -> set[int]:
    return set(tickets.order_by().values_list("product", flat=True).distinct())
