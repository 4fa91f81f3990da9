"""The personal way in of a ticket. Its token is made and read in tickets/holders/links.py."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tickets.models.tickets import Ticket


class EntryLink(models.Model):
    """A ticket's own way in, mailed days ahead, and what became of it. Its token is not stored: it is
    signed (tickets/holders/links.py). Raising `number` makes links that were handed out before open
    nothing.
    """

    # Twice in a day is a mistake of ours, and looks like one.
    AGAIN_AFTER: ClassVar[timedelta] = timedelta(days=1)

    # On for a link that was read from the token that the help desk shows: whoever has that token has
    # not read the mail of the ticket's address. Not stored.
    is_shown = False

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

    @property
    def events(self) -> list[tuple[datetime, str]]:
        """What happened to the link, in the order in which it matters and happens."""
        events = (
            (self.sent_at, gettext("sent")),
            (self.opened_at, gettext("opened")),
            (self.used_at, gettext("signed in")),
            (self.bounced_at, gettext("came back")),
        )
        return [(at, text) for at, text in events if at is not None]

    def was_sent_lately(self, at: datetime) -> bool:
        return self.sent_at is not None and at - self.sent_at < self.AGAIN_AFTER

    def renew(self) -> None:
        """Links that were handed out before open nothing from now on."""
        self._note(number=self.number + 1, sent_at=None, sent_to="", opened_at=None, used_at=None)

    def note_sent(self, to: str, at: datetime) -> None:
        self._note(sent_at=at, sent_to=to, times_sent=self.times_sent + 1, bounced_at=None)

    def note_bounced(self, at: datetime) -> None:
        self._note(bounced_at=at)

    def note_opened(self, at: datetime) -> None:
        """The first time counts."""
        if self.opened_at is None:
            self._note(opened_at=at)

    def note_used(self, at: datetime) -> None:
        """The first time counts."""
        if self.used_at is None:
            self._note(used_at=at)

    def _note(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        EntryLink.objects.filter(pk=self.pk).update(**values)
