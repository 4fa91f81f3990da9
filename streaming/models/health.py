"""How the streams are. Written every few seconds, so no trigger watches these tables."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.models import Room
from streaming.models.streams import Stream


class StreamHealth(models.Model):
    """What the last probe saw. `mark` is what should move on while it plays (a playlist's last
    sequence number); `moved_at` when it last did.
    """

    stream = models.OneToOneField(Stream, models.CASCADE, primary_key=True, related_name="health")
    probed_at = models.DateTimeField(default=timezone.now)
    is_playing = models.BooleanField(default=False)
    problem = models.CharField(max_length=200, blank=True)
    mark = models.CharField(max_length=100, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("health of a stream")
        verbose_name_plural = _("health of streams")

    def __str__(self) -> str:
        return f"{self.stream}: {self.problem or self.is_playing}"


class RoomMinuteQuerySet(models.QuerySet["RoomMinute"]):
    def count_failures(self, room: Room, at: datetime, number: int) -> None:
        self._of(room.pk, at).update(failures=F("failures") + number)

    def count_viewers(self, room_id: int, at: datetime, number: int) -> None:
        """The most at one time are kept."""
        self._of(room_id, at).update(viewers=Greatest(F("viewers"), number))

    def _of(self, room_id: int, at: datetime) -> Self:
        minute = at.replace(second=0, microsecond=0)
        here = self.filter(room=room_id, began_at=minute)
        if not here.exists():
            self.bulk_create([self.model(room_id=room_id, began_at=minute)], ignore_conflicts=True)
        return here


class RoomMinute(models.Model):
    """One minute of a room: how many watched at most, and how many players reported a failure."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="minutes")
    began_at = models.DateTimeField()
    viewers = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)

    objects = RoomMinuteQuerySet.as_manager()

    class Meta:
        verbose_name = _("minute of a room")
        verbose_name_plural = _("minutes of rooms")
        constraints = [
            models.UniqueConstraint(fields=["room", "began_at"], name="room_minute_once")
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.began_at:%H:%M}"
