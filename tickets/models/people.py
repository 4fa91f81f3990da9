"""Who people are, and what organizers see of how they watch."""

import re
import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, validate_time_zone
from schedule.models.codes import ALPHABET

# Twice four signs: 38 random bits, so that among 50,000 people one guess in seven million is right.
REFERENCE_HALF = 4


def fold_email(address: str) -> str:
    """The form in which addresses are stored and compared: NFKC and casefold, nothing stripped.

    `a+tag@…` and `a@…` are different people on most hosts, so tags and dots stay.
    """
    return unicodedata.normalize("NFKC", address).strip().casefold()


def mask_email(address: str) -> str:
    """a***@example.com: enough for whoever knows it, on pages and in mails that others may read."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}***{at}{domain}" if at else ""


def new_reference() -> str:
    signs = get_random_string(2 * REFERENCE_HALF, ALPHABET)
    return f"P-{signs[:REFERENCE_HALF]}-{signs[REFERENCE_HALF:]}"


def fold_reference(text: str) -> str | None:
    """A reference as it is stored, however it was read out and typed: p 7k3q9xwb. None: it is none."""
    signs = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).upper())
    if len(signs) == 2 * REFERENCE_HALF + 1:
        signs = signs.removeprefix("P")
    if len(signs) != 2 * REFERENCE_HALF or set(signs) - set(ALPHABET):
        return None
    return f"P-{signs[:REFERENCE_HALF]}-{signs[REFERENCE_HALF:]}"


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
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=fold_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """One person across conferences. The e-mail address is the login. What somebody may do hangs on a
    conference (tickets/models/roles.py), so there are none of Django's groups and permissions.
    """

    groups = None  # type: ignore[assignment]  # how a field of an abstract model is left out
    user_permissions = None  # type: ignore[assignment]  # as groups

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
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    # What a person reads out to the help desk. It cannot be counted through, and opens nothing.
    reference = models.CharField(
        _("reference"), max_length=11, unique=True, default=new_reference, editable=False
    )

    # Off where somebody came in by a link or by another device (tickets/admission/sign_in.py): in such
    # a session the person has no rights, whatever their roles are. Not stored.
    may_work = True

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

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.may_work and super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return self.may_work and super().has_module_perms(app_label)

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        return super().get_all_permissions(obj) if self.may_work else set()

    @property
    def is_staff(self) -> bool:
        """What Django's admin asks for where there is no conference."""
        return self.is_superuser

    @property
    def short_name(self) -> str:
        """What fits into the corner of a page."""
        return self.display_name or self.email.partition("@")[0]


class ReplacementCount(models.Model):
    """How often a person had a device replaced by another, with "Watch here instead"."""

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="replacement_counts")
    times = models.PositiveIntegerField(_("times"), default=0)
    last_at = models.DateTimeField(_("last"), default=timezone.now)

    class Meta:
        verbose_name = _("replaced devices")
        verbose_name_plural = _("replaced devices")
        constraints = [
            models.UniqueConstraint(
                fields=["conference", "user"], name="replacement_count_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.times}"

    @classmethod
    def add(cls, conference: Conference, user_id: int) -> None:
        count, _made = cls.objects.get_or_create(conference=conference, user_id=user_id)
        cls.objects.filter(pk=count.pk).update(times=F("times") + 1, last_at=timezone.now())


class ManyDevices(User):
    """A person who may share a ticket, as a row of that report (tickets/admin/sharing.py)."""

    class Meta:
        proxy = True
        verbose_name = _("person with many devices")
        verbose_name_plural = _("unusually many devices")
