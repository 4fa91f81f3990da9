"""What can be watched again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, Room, Talk
from streaming.models.streams import Sourced, Stream, StreamAccount, opaque_tag
from streaming.sources import SOURCES

# Nobody has to agree that these are shown.
PAUSES = frozenset({Talk.Kind.BREAK, Talk.Kind.SOCIAL})


def rooms_of(talk: Talk) -> list[int]:
    """Its own first."""
    own = [talk.room_id] if talk.room_id else []
    return own + [room.pk for room in talk.also_in.all()]


class Recording(Sourced):
    """A recording of one talk, or of a room for a while: then `starts_at` is the moment of its
    second 0, from which the second of each talk follows (streaming/replays/). Nothing is shown of a
    talk whose speakers have not agreed (Talk.may_be_replayed).
    """

    conference = models.ForeignKey(Conference, models.PROTECT, related_name="recordings")
    talk = models.ForeignKey(
        Talk,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="recordings",
        verbose_name=_("talk"),
    )
    room = models.ForeignKey(
        Room,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="recordings",
        verbose_name=_("room"),
    )
    account = models.ForeignKey(
        StreamAccount, models.PROTECT, null=True, blank=True, related_name="recordings"
    )
    starts_at = models.DateTimeField(
        _("its first second was at"),
        null=True,
        blank=True,
        help_text=_("For a recording of a room."),
    )
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: it still goes on.")
    )
    captions = models.FileField(_("captions"), upload_to="captions/", blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    is_shown = models.BooleanField(_("shown"), default=True)
    public_at = models.DateTimeField(
        _("open to everybody from"),
        null=True,
        blank=True,
        help_text=_("Empty: ticket holders only."),
    )

    # The player asks for the role of every source.
    role = Stream.Role.PRIMARY
    is_recording = True

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        constraints = [
            models.CheckConstraint(
                condition=Q(talk__isnull=False, room__isnull=True)
                | Q(talk__isnull=True, room__isnull=False, starts_at__isnull=False),
                name="recording_of_a_talk_or_a_room",
                violation_error_message=_(
                    "Choose a talk, or a room and the moment of the first second."
                ),
            )
        ]

    def __str__(self) -> str:
        return str(self.talk or self.room)

    @property
    def owner(self) -> Conference:
        return self.conference

    def clean(self) -> None:
        source = SOURCES.get(self.kind)
        if source is not None and source.player == "link":
            raise ValidationError({"value": _("A meeting cannot be watched again.")})
        self.clean_source()
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("It ends before it starts.")})
        for name in ("talk", "room"):
            of = getattr(self, name)
            if of is not None and of.conference_id != self.conference_id:
                raise ValidationError({name: _("This is of another conference.")})

    @property
    def tag(self) -> str:
        """Names the recording in public, as the tag of a stream does."""
        return opaque_tag("recording", f"{self.pk} {self.kind} {self.value} {self.account_id}")

    def computed_second(self, talk: Talk) -> int:
        """Where the talk begins in it, before an organizer has looked. Negative: it began late."""
        if self.talk_id or self.starts_at is None:
            return 0
        return int((talk.starts_at - self.starts_at).total_seconds())

    def second_of(self, talk: Talk) -> int:
        """Where the talk begins in it. What is before the beginning is the beginning."""
        nudges = (each.seconds for each in self.nudges.all() if each.talk_id == talk.pk)
        return max(0, self.computed_second(talk) + next(nudges, 0))

    def time_held_of(self, talk: Talk) -> timedelta:
        """How much of the talk a recording of a room has; one that goes on ends with its day."""
        if self.starts_at is None:
            return timedelta()
        today = self.conference.day_of(self.starts_at)
        end = self.ends_at or self.conference.day_window(today)[1]
        return max(timedelta(), min(end, talk.ends_at) - max(self.starts_at, talk.starts_at))

    def held_talks(self, talks: Iterable[Talk]) -> list[Talk]:
        """What a recording of a room holds at least a moment of."""
        here = (talk for talk in talks if self.room_id in rooms_of(talk))
        return [talk for talk in here if self.time_held_of(talk)]

    def not_agreed(self, talks: Iterable[Talk]) -> list[Talk]:
        """What it holds of talks whose speakers have not agreed."""
        held = self.held_talks(talks)
        return [talk for talk in held if not talk.may_be_replayed and talk.kind not in PAUSES]

    def is_withheld(self, talks: Iterable[Talk]) -> bool:
        """Whether it is through, and holds something of speakers who have not agreed."""
        if self.talk_id:
            return not any(talk.pk == self.talk_id and talk.may_be_replayed for talk in talks)
        return self.ends_at is not None and bool(self.not_agreed(talks))

    def shown_until(self, talks: Iterable[Talk]) -> datetime | None:
        """None: for ever. One that still goes on may be shown until somebody comes on who has not
        agreed; one that is through and holds something of theirs, never.
        """
        theirs = [talk.starts_at for talk in self.not_agreed(talks)]
        if not theirs:
            return None
        return min(theirs) if self.ends_at is None else self.starts_at

    def is_open_at(self, at: datetime) -> bool:
        """Whether everybody may watch it."""
        return self.public_at is not None and self.public_at <= at

    @transaction.atomic
    def begin_talk_at(self, talk: Talk, second: int) -> None:
        """An organizer has looked where the talk begins. Raises ValidationError."""
        seconds = second - self.computed_second(talk)
        Nudge.refuse_too_far(seconds)
        if seconds == 0:
            self.nudges.filter(talk=talk).delete()
        else:
            self.nudges.update_or_create(talk=talk, defaults={"seconds": seconds})

    @transaction.atomic
    def move_talk(self, talk: Talk, by: int) -> None:
        """Moves the beginning by so many seconds from where it is now. Raises ValidationError."""
        # When two press at the same moment, the second moves it on from where the first did.
        row = Recording.objects.select_for_update(of=("self",)).get(pk=self.pk)
        self.begin_talk_at(talk, max(0, row.second_of(talk) + by))


class Nudge(models.Model):
    """An organizer looked, and moved the second at which a talk begins in a room's recording."""

    # What the column holds: nine hours.
    MOST_SECONDS: ClassVar[int] = 32_767

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="nudges")
    talk = models.ForeignKey(Talk, models.CASCADE, related_name="+")
    seconds = models.SmallIntegerField(_("seconds"))

    class Meta:
        verbose_name = _("nudge")
        verbose_name_plural = _("nudges")
        constraints = [models.UniqueConstraint(fields=["recording", "talk"], name="nudge_once")]

    def __str__(self) -> str:
        return f"{self.talk}: {self.seconds:+d} s"

    @classmethod
    def refuse_too_far(cls, seconds: int) -> None:
        """Raises ValidationError."""
        if abs(seconds) > cls.MOST_SECONDS:
            raise ValidationError(_("That is more than nine hours away from where it should be."))
