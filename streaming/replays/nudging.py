"""An organizer has looked, and says where in a recording a talk begins."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from schedule.models import Talk
from streaming.models import Nudge, Recording
from streaming.replays.finding import computed_second

# What the column holds: nine hours.
MOST_SECONDS = 32_767


@transaction.atomic
def begin_at(recording: Recording, talk: Talk, second: int) -> None:
    """Raises ValidationError."""
    _write(recording, talk, second - computed_second(recording, talk))


@transaction.atomic
def move(recording: Recording, talk: Talk, by: int) -> None:
    """Raises ValidationError."""
    Recording.objects.select_for_update(of=("self",)).get(pk=recording.pk)
    nudge = recording.nudges.filter(talk=talk).first()
    # What is before the beginning of the recording is its beginning.
    now = max(0, computed_second(recording, talk) + (nudge.seconds if nudge else 0))
    begin_at(recording, talk, max(0, now + by))


def check_nudge(seconds: int) -> None:
    """Raises ValidationError."""
    if abs(seconds) > MOST_SECONDS:
        raise ValidationError(_("That is more than nine hours away from where it should be."))


def _write(recording: Recording, talk: Talk, seconds: int) -> None:
    check_nudge(seconds)
    if seconds == 0:
        recording.nudges.filter(talk=talk).delete()
    else:
        Nudge.objects.update_or_create(
            recording=recording, talk=talk, defaults={"seconds": seconds}
        )
