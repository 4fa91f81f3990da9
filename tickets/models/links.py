"""Personal entry links: a ticket's own way in, mailed days ahead."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.admitting import Ticket


class EntryLink(models.Model):
    """What became of the link of a ticket. Its token is not stored: it is signed (entry/links.py).

    Raising `number` makes links that were handed out before open nothing.
    """

    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="entry_link")
    number = models.PositiveIntegerField(_("number"), default=1)
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_to = models.EmailField(_("sent to"), blank=True)
    times_sent = models.PositiveSmallIntegerField(_("times sent"), default=0)
    bounced_at = models.DateTimeField(_("came back"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    used_at = models.DateTimeField(_("signed in"), null=True, blank=True)

    class Meta:
        verbose_name = _("entry link")
        verbose_name_plural = _("entry links")

    def __str__(self) -> str:
        return str(self.ticket)
