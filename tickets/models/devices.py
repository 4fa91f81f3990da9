"""What organizers see of how people watch (tickets/admin/sharing.py)."""

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.models.people import User


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
    """A person, as one who may share a ticket: the rows of the report."""

    class Meta:
        proxy = True
        verbose_name = _("person with many devices")
        verbose_name_plural = _("unusually many devices")
