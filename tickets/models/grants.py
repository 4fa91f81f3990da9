"""What organizers give one person, whatever tickets there are: a grant lets in, a ban keeps out."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.models.people import User
from tickets.models.scopes import (
    HeldScope,
    forget_admissions,
    held_scopes,
    validate_scopes,
    whole_conference,
)


def extended(ends_at: datetime, by: timedelta, at: datetime) -> datetime:
    """The new end of what is to last longer. What is over at that moment lasts so long from `at` on."""
    return max(ends_at, at) + by


class OrganizerDecisionQuerySet(models.QuerySet[Any]):
    def forget_admissions(self) -> None:
        """The admissions of these people are worked out again."""
        forget_admissions(self.values_list("conference", "user"))


class OrganizerDecision(models.Model):
    """What somebody has in one conference because an organizer says so, until it ends or is ended."""

    given_by: Any
    conference = models.ForeignKey(Conference, models.CASCADE, related_name="%(class)ss")
    user = models.ForeignKey(
        User, models.CASCADE, related_name="%(class)ss", verbose_name=_("person")
    )
    reason = models.CharField(_("reason"), max_length=200)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until taken back.")
    )

    objects = OrganizerDecisionQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"

    def forget_admission(self) -> None:
        forget_admissions([(self.conference_id, self.user_id)])

    def give(self) -> None:
        """Saves it, so that it counts at once."""
        self.save()
        self.forget_admission()

    def is_over_at(self, at: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at

    def end(self, at: datetime) -> None:
        """The row stays as a memory."""
        self.ends_at = at
        self.save(update_fields=["ends_at"])
        self.forget_admission()


class Grant(OrganizerDecision):
    """Access without a ticket (speaker, crew, press), with a reason, a giver and an end."""

    scopes = models.JSONField(_("opens"), default=whole_conference, validators=[validate_scopes])
    given_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="grants_given",
        verbose_name=_("given by"),
        help_text=_("Empty: a command."),
    )
    has_any_places = models.BooleanField(
        _("any number of devices"),
        default=False,
        help_text=_("For wall screens and the venue's machines."),
    )

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")

    @property
    def held_scopes(self) -> list[HeldScope]:
        return held_scopes(self.scopes, self.starts_at, self.ends_at)

    def extend(self, by: timedelta, at: datetime) -> None:
        """A grant without an end stays without."""
        if self.ends_at is not None:
            self.end(extended(self.ends_at, by, at))


class Ban(OrganizerDecision):
    """Keeps somebody out of one conference, whatever they hold. Tickets and grants stay as they are."""

    given_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="bans_given",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
