from django.db import models
from django.utils.translation import gettext_lazy as _

from schedule.models.talks import Talk


class Timer(models.Model):
    """What the countdown of a talk shows beside the time. No row: nothing yet.

    `generation` is part of the secret link: a new number makes older links useless.
    """

    talk = models.OneToOneField(Talk, models.CASCADE, primary_key=True, related_name="timer")
    generation = models.PositiveIntegerField(default=0)
    message = models.CharField(_("message"), max_length=80, blank=True)
    message_at = models.DateTimeField(_("written"), null=True, blank=True)

    class Meta:
        verbose_name = _("timer")
        verbose_name_plural = _("timers")

    def __str__(self) -> str:
        return self.message
