"""What can be watched in a room, when, and from where."""

from datetime import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, Room, host_name
from streaming.sources import SOURCES, source_choices
from streaming.tags import opaque_tag


class StreamHost(models.Model):
    """A host that players may load from. The pages' Content-Security-Policy is made of these."""

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="stream_hosts")
    host = models.CharField(
        _("host"),
        max_length=253,
        validators=[host_name],
        help_text=_("Like stream.example.org. Open pages reload between talks to learn a new one."),
    )

    class Meta:
        verbose_name = _("stream host")
        verbose_name_plural = _("stream hosts")
        ordering = ["host"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "host"], name="stream_host_once")
        ]

    def __str__(self) -> str:
        return self.host


class StreamQuerySet(models.QuerySet["Stream"]):
    def in_order(self) -> Self:
        """Of each room the first choice first: primary, and what begins late before what always is."""
        begins_late = F("starts_at").desc(nulls_last=True)
        return self.order_by("room_id", "-role", begins_late, "pk")


class Stream(models.Model):
    """One source of one room for one span of time. None as a bound: no bound."""

    class Role(models.TextChoices):
        PRIMARY = "primary", _("primary")
        BACKUP = "backup", _("backup")

    room = models.ForeignKey(Room, models.PROTECT, related_name="streams")
    kind = models.CharField(_("source"), max_length=20, choices=source_choices)
    value = models.CharField(
        _("address"),
        max_length=1000,
        help_text=_("Paste what you have: the address of the video, the embed code or its id."),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.PRIMARY)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = StreamQuerySet.as_manager()

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="stream_ends_after_start",
                violation_error_message=_("The stream ends before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["primary", "backup"]), name="stream_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_role_display()})"

    def clean(self) -> None:
        source = SOURCES.get(self.kind)
        if source is None:
            return
        self.value = source.clean(self.value)
        wanted = source.hosts(self.value)
        known = set(
            StreamHost.objects.filter(conference__rooms=self.room_id).values_list("host", flat=True)
        )
        if missing := sorted(wanted - known):
            raise ValidationError(
                {
                    "value": _(
                        "%(hosts)s is not among the conference's stream hosts. Add it there first:"
                        " pages that are open learn a new host only by reloading."
                    )
                    % {"hosts": ", ".join(missing)}
                }
            )

    def covers(self, at: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and (
            self.ends_at is None or at < self.ends_at
        )

    @property
    def tag(self) -> str:
        """Names the stream in public, and changes with it. Says nothing of where it is."""
        return opaque_tag("stream", f"{self.pk} {self.kind} {self.value}")


class StageRevision(models.Model):
    """Counts changes of streams and announcements. Written by database triggers alone."""

    conference = models.OneToOneField(
        Conference, models.CASCADE, primary_key=True, related_name="stage_revision"
    )
    number = models.BigIntegerField(default=1)
    # The database transaction that raised it last (PostgreSQL).
    raised_in = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("stage revision")

    def __str__(self) -> str:
        return str(self.number)
