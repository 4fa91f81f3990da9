from django.db import models
from django.utils.translation import gettext_lazy as _

from schedule.models.conference import Conference


class ProgrammeRevision(models.Model):
    """The number that every page key carries. Written by database triggers alone (revisions.py)."""

    conference = models.OneToOneField(
        Conference, models.CASCADE, primary_key=True, related_name="programme_revision"
    )
    number = models.BigIntegerField(default=1)
    # The database transaction that raised it last (PostgreSQL).
    raised_in = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("programme revision")

    def __str__(self) -> str:
        return str(self.number)
