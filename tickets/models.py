"""Who may come in. The one rule itself is in admission.py."""

import re
import unicodedata
from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, validate_time_zone
from tickets.scopes import parse_scope


def fold_email(address: str) -> str:
    """The form in which addresses are stored and compared: NFKC and casefold, nothing stripped.

    `a+tag@…` and `a@…` are different people on most hosts, so tags and dots stay.
    """
    return unicodedata.normalize("NFKC", address).strip().casefold()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Without a password nobody can sign in by password: attendees get codes."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=fold_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=fold_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """One person across conferences. The e-mail address is the login."""

    email = models.EmailField(_("e-mail"), unique=True)
    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Empty: the conference's."),
    )
    language = models.CharField(_("language"), max_length=20, blank=True)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: may not come in anywhere.")
    )
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.display_name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = fold_email(self.email)

    @property
    def short_name(self) -> str:
        """What fits into the corner of a page."""
        return self.display_name or self.email.partition("@")[0]

    @property
    def reference(self) -> str:
        """What a person reads out to the helpdesk. Not a secret."""
        return f"P-{self.pk:06d}"


def person_of_reference(text: str) -> int | None:
    """The id in P-000123, as people read it out to the help desk. None: that is no reference."""
    found = re.fullmatch(r"P-?0*(\d{1,18})", text.strip(), re.IGNORECASE)
    return int(found.group(1)) if found else None


class Role(models.Model):
    """What someone may do in the admin of one conference: the permissions of a group."""

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    conference = models.ForeignKey(Conference, models.CASCADE, related_name="roles")
    group = models.ForeignKey(Group, models.CASCADE, related_name="roles")

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(fields=["user", "conference", "group"], name="role_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.group}"


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

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "name"], name="product_name_once")
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

    `valid_from`/`valid_until`: half-open window, None for no bound.
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
    holder_name = models.CharField(_("holder"), max_length=200, blank=True)
    holder_email = models.EmailField(_("holder's e-mail"), blank=True, db_index=True)
    buyer_email = models.EmailField(_("buyer's e-mail"), blank=True, db_index=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
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

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="claims")
    user = models.ForeignKey(User, models.CASCADE, related_name="claims")
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

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"
