"""What can be watched again."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, Room, Talk
from streaming.models.streams import Sourced, Stream, StreamAccount
from streaming.models.tags import opaque_tag
from streaming.sources import SOURCES, source_choices


class Recording(Sourced, models.Model):
    """Of one talk, or of a room for a while: then `starts_at` is the moment of its second 0, from
    which the second of each talk follows (streaming/replays/). Nothing is shown of a talk whose
    speakers have not agreed (Talk.may_be_replayed).
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
    kind = models.CharField(_("source"), max_length=20, choices=source_choices)
    value = models.CharField(_("address"), max_length=1000)
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

    # As the player calls it.
    role = Stream.Role.PRIMARY

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
        """As that of a stream."""
        return opaque_tag("recording", f"{self.pk} {self.kind} {self.value} {self.account_id}")


class Nudge(models.Model):
    """An organizer looked, and moved the second at which a talk begins in a room's recording."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="nudges")
    talk = models.ForeignKey(Talk, models.CASCADE, related_name="+")
    seconds = models.SmallIntegerField(_("seconds"))

    class Meta:
        verbose_name = _("nudge")
        verbose_name_plural = _("nudges")
        constraints = [models.UniqueConstraint(fields=["recording", "talk"], name="nudge_once")]

    def __str__(self) -> str:
        return f"{self.talk}: {self.seconds:+d} s"
