"""What changes on the stage while it runs: switches, slates, announcements, and the number of it."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, Room
from schedule.models.conference import Revision
from streaming.models.streams import Stream
from tickets.models import User


class SwitchQuerySet(models.QuerySet["Switch"]):
    def put_on(self, room: Room, *, at: datetime, by: User, **what: Stream | str) -> None:
        """A stream, or a slate over whatever is on."""
        values = {**what, "switched_at": at, "switched_by": by}
        self.update_or_create(room=room, defaults=values)

    def take_down_slate(self, *, at: datetime, by: User) -> None:
        """What was switched to comes back. Rooms where that was nothing are as planned."""
        with_slate = self.exclude(slate="")
        with_slate.filter(stream=None).delete()
        with_slate.update(slate="", switched_at=at, switched_by=by)


class Switch(models.Model):
    """What an organizer has put on in a room instead of what its streams would say: another of its
    streams, or a slate with words over it. Both empty is not kept: the row goes, and the room is as
    planned.
    """

    room = models.OneToOneField(Room, models.CASCADE, related_name="switch")
    stream = models.ForeignKey(Stream, models.CASCADE, null=True, blank=True, related_name="+")
    slate = models.CharField(_("slate"), max_length=200, blank=True)
    switched_at = models.DateTimeField(_("since"), default=timezone.now)
    switched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = SwitchQuerySet.as_manager()

    class Meta:
        verbose_name = _("switch")
        verbose_name_plural = _("switches")
        constraints = [
            models.CheckConstraint(
                condition=Q(stream__isnull=False) | ~Q(slate=""), name="switch_shows_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.room}: {self.slate or self.stream}"


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def not_over_at(self, at: datetime) -> Self:
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))

    def current_at(self, at: datetime) -> Self:
        return self.not_over_at(at).filter(starts_at__lte=at)


class Announcement(models.Model):
    """Words for everybody, or for one room, until a moment. Half-open [starts_at, ends_at)."""

    class Urgency(models.TextChoices):
        INFO = "info", _("for your information")
        IMPORTANT = "important", _("important")
        EMERGENCY = "emergency", _("emergency")

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="announcements")
    room = models.ForeignKey(
        Room,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="announcements",
        verbose_name=_("room"),
        help_text=_("Empty: everywhere."),
    )
    text = models.CharField(_("text"), max_length=500)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency, default=Urgency.INFO)
    is_public = models.BooleanField(
        _("also for people without a ticket"),
        default=False,
        help_text=_("Whoever reads the front page or the public programme."),
    )
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="announcement_ends_after_start",
                violation_error_message=_("It would end before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(urgency__in=["info", "important", "emergency"]),
                name="announcement_urgency_known",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def announce(self, *, at: datetime, until: datetime | None, by: User) -> None:
        """Shows it from now on. `until` None: until somebody ends it."""
        self.starts_at, self.ends_at, self.made_by = at, until, by
        self.save()

    def end(self, at: datetime) -> None:
        self.ends_at = at
        self.save(update_fields=["ends_at"])


class StageRevision(Revision):
    """The number of what open pages follow: it grows when streams or announcements change."""

    conference = models.OneToOneField(
        Conference, models.CASCADE, primary_key=True, related_name="stage_revision"
    )

    class Meta:
        verbose_name = _("stage revision")
