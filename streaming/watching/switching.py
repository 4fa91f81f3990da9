"""What the desk does to a room's picture: another of its streams, words in its place, and back.

Open pages learn of it by the tag in /live.json. The admin's history of the room says who did what.
"""

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schedule.models import Room
from streaming.models import Stream, Switch
from tickets.models import User


@transaction.atomic
def switch_to(stream: Stream, *, actor: User) -> str:
    """Everybody in its room sees this stream, until somebody switches back."""
    Switch.objects.put_on(stream.room, at=timezone.now(), by=actor, stream=stream, slate="")
    return _log(stream.room, actor, _("Switched to %(stream)s") % {"stream": stream})


@transaction.atomic
def put_up_slate(room: Room, words: str, *, actor: User) -> str:
    """Words in the place of any picture. What was switched to comes back after them."""
    Switch.objects.put_on(room, at=timezone.now(), by=actor, slate=words)
    return _log(room, actor, _("Put up: %(words)s") % {"words": words})


@transaction.atomic
def take_down_slate(room: Room, *, actor: User) -> str:
    Switch.objects.filter(room=room).take_down_slate(at=timezone.now(), by=actor)
    return _log(room, actor, _("Took the words down"))


@transaction.atomic
def switch_back(room: Room, *, actor: User) -> str:
    """To what the streams of the room say."""
    Switch.objects.filter(room=room).delete()
    return _log(room, actor, _("Switched back to what was planned"))


def _log(room: Room, actor: User, words: str) -> str:
    LogEntry.objects.log_actions(actor.pk, [room], CHANGE, words, single_object=True)
    return words
