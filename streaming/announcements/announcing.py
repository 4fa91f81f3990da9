"""Announcing and taking back, from the desk. The admin does the same with a form."""

from datetime import datetime

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from streaming.models import Announcement
from tickets.models import User


@transaction.atomic
def announce(announcement: Announcement, *, until: datetime | None, actor: User) -> None:
    """`until` None: until somebody ends it."""
    announcement.announce(at=timezone.now(), until=until, by=actor)
    _log(announcement, actor, ADDITION, _("Announced at the desk"))


@transaction.atomic
def end(announcement: Announcement, *, actor: User) -> None:
    announcement.end(timezone.now())
    _log(announcement, actor, CHANGE, _("Ended at the desk"))


def _log(announcement: Announcement, actor: User, flag: int, words: str) -> None:
    LogEntry.objects.log_actions(actor.pk, [announcement], flag, words, single_object=True)
