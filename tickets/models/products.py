"""What was bought, which scopes it opens, and who has said so."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.models.scopes import validate_scopes, whole_conference
from tickets.models.shops import Shop


class ProductQuerySet(models.QuerySet["Product"]):
    def waiting(self) -> Self:
        """They open nothing until somebody says what."""
        return self.filter(decided_by__in=Product.WAITING)

    def opened_alone(self) -> Self:
        """Opened as the only ones of their source. Nobody has confirmed that."""
        return self.filter(decided_by=Product.DecidedBy.ALONE)


class Product(models.Model):
    """What was bought, as the ticket shop calls it, and which scopes it opens.

    By itself opens only what its shop calls admission, or what is the only product of a source that
    does not tell. All others wait until somebody says what they open, which may be nothing.
    """

    class DecidedBy(models.TextChoices):
        """Who has said what it opens. The last two wait: the shop does not tell what lets in; or it
        would, but this is an add-on, or unknown to the shop.
        """

        ORGANIZER = "organizer", _("an organizer")
        SHOP = "shop", _("the shop")
        ALONE = "alone", _("nobody: it was the only product")
        UNTOLD = "untold", _("nobody yet: the source does not tell")
        NOBODY = "nobody", _("nobody yet")

    WAITING = (DecidedBy.UNTOLD, DecidedBy.NOBODY)

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="products")
    name = models.CharField(_("name"), max_length=200)
    scopes = models.JSONField(
        _("opens"),
        default=whole_conference,
        blank=True,
        validators=[validate_scopes],
        help_text=_(
            'A list of: "conference", "day:2026-11-21", "room:main", "talk:CODE", "replay".'
            " An empty list opens nothing."
        ),
    )
    decided_by = models.CharField(
        _("decided by"),
        max_length=10,
        choices=DecidedBy,
        default=DecidedBy.ORGANIZER,
        editable=False,
    )
    places = models.PositiveSmallIntegerField(
        _("places"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text=_("On how many devices its holder may watch at the same time."),
    )
    shop = models.ForeignKey(
        Shop,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="products",
        verbose_name=_("shop"),
    )
    shop_code = models.CharField(
        _("the shop's number of it"), max_length=100, blank=True, editable=False
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "name"], name="product_name_once"),
            models.UniqueConstraint(
                fields=["shop", "shop_code"],
                condition=~Q(shop_code=""),
                name="product_once_per_shop",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_waiting(self) -> bool:
        """Whether it opens nothing only because nobody has said yet what it opens."""
        return self.decided_by in self.WAITING

    @property
    def is_decided(self) -> bool:
        """Whether an organizer or the shop has said what it opens."""
        return self.decided_by in (self.DecidedBy.ORGANIZER, self.DecidedBy.SHOP)

    @property
    def may_admit(self) -> bool:
        """False: its shop has said that it lets nobody in."""
        return bool(self.scopes) or self.decided_by != self.DecidedBy.SHOP

    def open_alone(self) -> None:
        self.scopes, self.decided_by = whole_conference(), self.DecidedBy.ALONE

    def wait(self) -> None:
        """It is not the only one any more."""
        self.scopes, self.decided_by = [], self.DecidedBy.UNTOLD
