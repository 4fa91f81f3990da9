"""What lets people in: tickets with their claims, and grants. The one rule is in admission.py."""

from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.models.people import User, fold_email
from tickets.models.scopes import parse_scope
from tickets.models.shops import Shop, SyncRun


def validate_scopes(scopes: Any) -> None:
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise ValidationError(
            _('Write a list of scopes, like ["conference"] or ["day:2026-11-21"].')
        )
    for scope in scopes:
        try:
            parse_scope(scope)
        except ValueError as error:
            raise ValidationError(str(error)) from None


def whole_conference() -> list[str]:
    return ["conference"]


class Product(models.Model):
    """What was bought, as the ticket shop calls it, and which scopes it opens."""

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


class TicketQuerySet(models.QuerySet["Ticket"]):
    def valid(self) -> Self:
        return self.filter(state=Ticket.State.VALID)

    def unclaimed(self) -> Self:
        return self.exclude(Exists(Claim.objects.live().filter(ticket=OuterRef("pk"))))

    def for_holder(self, email: str) -> Self:
        return self.filter(holder_email=fold_email(email))


class Ticket(models.Model):
    """One admission bought or given, mirrored from a ticket shop, which decides its state.

    `shop` None: from a spreadsheet, or typed. `holder_email` is whose it is; `shop_email` is what
    the shop last said about that, so that a holder who passed it on here keeps that until the shop
    itself names somebody new. `valid_from`/`valid_until`: half-open window, None for no bound.
    """

    class State(models.TextChoices):
        VALID = "valid", _("valid")
        PENDING = "pending", _("not paid yet")
        CANCELED = "canceled", _("canceled")
        UNKNOWN = "unknown", _("unknown to us")

    conference = models.ForeignKey(Conference, models.PROTECT, related_name="tickets")
    code = models.CharField(
        _("code"), max_length=100, help_text=_("The shop's number of this ticket, not its secret.")
    )
    order_code = models.CharField(_("order"), max_length=100, blank=True)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="tickets", verbose_name=_("product")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.VALID)
    shop = models.ForeignKey(
        Shop,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("shop"),
    )
    seen_in = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    shop_says = models.CharField(
        _("the shop says"),
        max_length=100,
        blank=True,
        help_text=_("The shop's own word for the state, for the help desk."),
    )
    holder_name = models.CharField(_("holder"), max_length=200, blank=True)
    holder_email = models.EmailField(_("holder's e-mail"), blank=True, db_index=True)
    shop_email = models.EmailField(_("holder's e-mail in the shop"), blank=True, editable=False)
    buyer_email = models.EmailField(_("buyer's e-mail"), blank=True, db_index=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    passed_on_at = models.DateTimeField(_("passed on"), null=True, blank=True, editable=False)
    times_passed_on = models.PositiveSmallIntegerField(
        _("times passed on"), default=0, editable=False
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "code"], name="ticket_code_once"),
            models.CheckConstraint(
                condition=Q(state__in=["valid", "pending", "canceled", "unknown"]),
                name="ticket_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        self.holder_email = fold_email(self.holder_email)
        self.buyer_email = fold_email(self.buyer_email)

    @property
    def live_claim(self) -> "Claim | None":
        return self.claims.live().select_related("user").first()


class ClaimQuerySet(models.QuerySet["Claim"]):
    def live(self) -> Self:
        return self.filter(released_at__isnull=True)


class Claim(models.Model):
    """The link ticket → person. At most one live claim per ticket."""

    class Way(models.TextChoices):
        """How the person came by it. All but the help desk's prove the ticket's own mailbox."""

        EMAIL = "email", _("the verified address")
        ORDER = "order", _("order code, and a code to the address in the shop")
        LINK = "link", _("the personal entry link")
        HELPDESK = "helpdesk", _("an organizer")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="claims")
    user = models.ForeignKey(User, models.CASCADE, related_name="claims")
    way = models.CharField(_("by"), max_length=10, choices=Way, default=Way.EMAIL)
    claimed_at = models.DateTimeField(_("claimed"), default=timezone.now)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(released_at__isnull=True),
                name="claim_one_live_per_ticket",
                violation_error_message=_("Somebody else has this ticket."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ticket} → {self.user}"


class GrantQuerySet(models.QuerySet["Grant"]):
    def live_at(self, at: datetime) -> Self:
        return self.filter(starts_at__lte=at).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))


class Grant(models.Model):
    """Access without a ticket (speaker, crew, press), with a reason, a giver and an end."""

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="grants")
    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name=_("person"))
    scopes = models.JSONField(_("opens"), default=whole_conference, validators=[validate_scopes])
    reason = models.CharField(_("reason"), max_length=200)
    given_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="grants_given",
        verbose_name=_("given by"),
        help_text=_("Empty: a command."),
    )
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until taken back.")
    )
    has_any_places = models.BooleanField(
        _("any number of devices"),
        default=False,
        help_text=_("For wall screens and the venue's machines."),
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"


class Ban(models.Model):
    """Keeps somebody out of one conference, whatever they hold. Tickets and grants stay as they are."""

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="bans")
    user = models.ForeignKey(User, models.CASCADE, related_name="bans", verbose_name=_("person"))
    reason = models.CharField(_("reason"), max_length=200)
    given_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="bans_given",
        verbose_name=_("by"),
    )
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until taken back.")
    )

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"
