"""The talks of a recording, as organizers see them: with the second at which each begins, and with
those that are not shown, and why.
"""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from schedule.models import Talk
from streaming.models import Recording
from streaming.replays.library import talks_of

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")
_UNITS = re.compile(r"(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?")


@dataclass(frozen=True, slots=True)
class Offset:
    talk: Talk
    second: int
    nudge: int
    # Another recording is shown instead.
    has_own: bool

    @property
    def clock(self) -> str:
        """1:02:03, or 2:03."""
        minutes, seconds = divmod(self.second, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def offsets_of(recording: Recording) -> list[Offset]:
    conference = recording.conference
    prefetch_related_objects([recording], "nudges")
    if recording.talk:
        talks = [recording.talk]
    else:
        talks = recording.held_talks(talks_of(conference))
    own = set(
        conference.recordings.filter(is_shown=True, talk__in=talks)
        .exclude(pk=recording.pk)
        .values_list("talk", flat=True)
    )
    nudges = {nudge.talk_id: nudge.seconds for nudge in recording.nudges.all()}
    return [
        Offset(talk, recording.second_of(talk), nudges.get(talk.pk, 0), talk.pk in own)
        for talk in talks
    ]


def why_not_shown(recording: Recording) -> str:
    """ "": nothing is in its way."""
    if recording.talk:
        talks = [] if recording.talk.may_be_replayed else [recording.talk]
    else:
        talks = recording.not_agreed(talks_of(recording.conference))
    if not talks:
        return ""
    named = ", ".join(f"“{talk}”" for talk in talks[:5]) + ("…" if len(talks) > 5 else "")
    if recording.talk:
        text = _("It is not shown: the speakers of %(talks)s have not agreed.")
    else:
        text = _(
            "Nothing of it is shown, because it also holds %(talks)s, whose speakers have not"
            " agreed. Cut it into talks, or say with “until” that it ends before."
        )
    return text % {"talks": named}


def parse_second(text: str) -> int:
    """Reads 95, 95s, 1m35s, 1:35 or 1:02:03. Raises ValidationError."""
    text = text.strip()
    found = _CLOCK.fullmatch(text) or _UNITS.fullmatch(text)
    if not text or found is None:
        raise ValidationError(
            _("“%(text)s” is no time: write 95, 1:35 or 1:02:03.") % {"text": text}
        )
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
