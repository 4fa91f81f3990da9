from django.db import models
from django.utils.translation import gettext_lazy as _

from schedule.models.conference import Conference


class Revision(models.Model):
    """Counts what has changed in a conference. Written by database triggers alone (revisions.py)."""

    number = models.BigIntegerField(default=1)
    # The database transaction that raised it last (PostgreSQL).
    raised_in = models.BigIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.number)


class ProgrammeRevision(Revision):
    """The number that every page key carries."""

    conference = models.OneToOneField(
        Conference, models.CASCADE, primary_key=True, related_name="programme_revision"
    )

    class Meta:
        verbose_name = _("programme revision")
