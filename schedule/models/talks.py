"""What takes place, and who speaks. Times are UTC instants; the conference's zone is for display."""

import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import Signer
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from schedule.models.conference import Conference, Room, Track

# A talk of more than a week is a typing error; real workshops run a day (facts of 14 real files).
MAX_TALK_LENGTH = timedelta(days=7)
# What comes later than this has moved; before, it is late.
MAX_LATENESS = timedelta(hours=1)

# When a talk takes place is one thing: half of a move ends it before it starts, or leaves something on
# all day with the time of a talk. Whoever holds one of these fields holds all.
TIMES = frozenset({"starts_at", "ends_at", "is_all_day"})

talk_code = RegexValidator(r"^[A-Za-z0-9_-]+$", _("Use letters, digits, - and _ only."))


def with_times(fields: Iterable[str]) -> set[str]:
    """These fields of a talk, and those that go with them."""
    found = set(fields)
    return found if TIMES.isdisjoint(found) else found | TIMES


class SpeakerQuerySet(models.QuerySet["Speaker"]):
    def with_talks(self) -> Self:
        """People who are in the programme that attendees see, each with `shown_talks`."""
        talks = Talk.objects.shown().in_order().select_related("room")
        return (
            self.filter(talks__is_hidden=False)
            .distinct()
            .prefetch_related(models.Prefetch("talks", talks, to_attr="shown_talks"))
        )


class Speaker(models.Model):
    conference = models.ForeignKey(Conference, models.CASCADE, related_name="speakers")
    code = models.CharField(
        _("code"), max_length=40, validators=[talk_code], help_text=_("Part of the address.")
    )
    name = models.CharField(_("name"), max_length=200)
    biography = models.TextField(_("biography"), blank=True, help_text=_("Clean HTML."))
    avatar_url = models.URLField(_("picture"), blank=True, max_length=500)
    email = models.EmailField(
        _("e-mail"),
        blank=True,
        help_text=_("Never shown. Whoever signs in with it is let in for their own talks."),
    )

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "code"], name="speaker_code_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("speaker", args=[self.code])


class TalkQuerySet(models.QuerySet["Talk"]):
    def shown(self) -> Self:
        """What attendees see. Canceled talks stay, with a mark."""
        return self.filter(is_hidden=False)

    def removed(self) -> Self:
        """What attendees saw until its feed lost it, and would see again if the feed brought it."""
        return self.filter(
            is_hidden=True,
            feed_items__has_hidden_talk=True,
            feed_items__values__has_key="title",  # the import was not undone: see FeedItem
        ).distinct()

    def scheduled(self) -> Self:
        """Talks that take place somewhere at some time."""
        return self.shown().filter(is_canceled=False, room__isnull=False, is_all_day=False)

    def all_day(self) -> Self:
        """What goes on all day, in a room or in none."""
        return self.shown().filter(is_canceled=False, is_all_day=True)

    def keep_days(self, before: Conference) -> None:
        """What goes on all day is on the same days when the conference's zone or hour, which were those
        of `before`, have changed. What a feed says of its own talks is the next import's.
        """
        own = Q(feed_items=None) | Q(overrides__field__in=TIMES)
        talks = list(self.filter(own, is_all_day=True).select_related("conference").distinct())
        for talk in talks:
            days = talk.days(before)
            talk.starts_at, talk.ends_at = talk.conference.whole_days(days[0], days[-1])
        self.model.objects.bulk_update(talks, ["starts_at", "ends_at"])

    def next_after(self, at: datetime) -> Self:
        """What begins later, soonest first."""
        return self.scheduled().filter(starts_at__gt=at).order_by("starts_at", "pk")

    def on_day(
        self, conference: Conference, day: date, zone: zoneinfo.ZoneInfo | None = None
    ) -> Self:
        """All-day items are on the venue's days, whichever zone somebody reads them in."""
        first, last = conference.day_window(day, zone)
        begins, ends = conference.whole_days(day, day)
        return self.filter(
            Q(is_all_day=False, starts_at__gte=first, starts_at__lt=last)
            | Q(is_all_day=True, starts_at__lt=ends, ends_at__gt=begins)
        )

    def days(self, conference: Conference, zone: zoneinfo.ZoneInfo | None = None) -> list[date]:
        """The days that have talks, as the viewer counts them."""
        times = self.order_by("starts_at").values_list("starts_at", "ends_at", "is_all_day")
        days: set[date] = set()
        for starts_at, ends_at, is_all_day in times:
            if is_all_day:
                days.update(conference.days_between(starts_at, ends_at))
            else:
                days.add(conference.day_of(starts_at, zone))
        return sorted(days)

    def starred_by(self, user_id: int) -> Self:
        return self.filter(bookmarks__user_id=user_id)

    def in_order(self) -> Self:
        return self.order_by("starts_at", "room__position", "room__name", "pk")

    def with_cards(self) -> Self:
        """Everything that a card in a list shows, in a fixed number of queries."""
        return self.select_related("room", "track", "planned_room").prefetch_related(
            "speakers", "also_in"
        )


class Talk(models.Model):
    """One occurrence of one item of the programme.

    `starts_at`/`ends_at`/`room` are what attendees see; `planned_starts_at`/`planned_room` are
    what was first published (None: as planned). `code` is unique in its conference; repeats of one item share `series`.
    """

    class Kind(models.TextChoices):
        KEYNOTE = "keynote", _("keynote")
        TALK = "talk", _("talk")
        WORKSHOP = "workshop", _("workshop")
        PANEL = "panel", _("panel")
        BREAK = "break", _("break")
        SOCIAL = "social", _("social event")

    class Delivery(models.TextChoices):
        LIVE = "live", _("live")
        PRE_RECORDED = "pre_recorded", _("pre-recorded")
        ON_SITE = "on_site", _("on site only")

    conference = models.ForeignKey(Conference, models.PROTECT, related_name="talks")
    code = models.CharField(
        _("code"), max_length=40, validators=[talk_code], help_text=_("Part of the address.")
    )
    series = models.CharField(
        _("series"), max_length=40, blank=True, help_text=_("Repeats of one talk share it.")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TALK)
    delivery = models.CharField(
        _("delivery"), max_length=12, choices=Delivery, default=Delivery.LIVE
    )
    title = models.CharField(_("title"), max_length=300)
    subtitle = models.CharField(_("subtitle"), max_length=300, blank=True)
    abstract = models.TextField(_("abstract"), blank=True, help_text=_("Clean HTML."))
    description = models.TextField(_("description"), blank=True, help_text=_("Clean HTML."))
    language = models.CharField(_("language"), max_length=20, blank=True)
    speakers = models.ManyToManyField(
        Speaker, blank=True, related_name="talks", verbose_name=_("speakers")
    )
    chairs = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="chaired_talks",
        verbose_name=_("session chairs"),
    )
    room = models.ForeignKey(
        Room,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="talks",
        verbose_name=_("room"),
    )
    also_in = models.ManyToManyField(
        Room, blank=True, related_name="also_talks", verbose_name=_("also in")
    )
    track = models.ForeignKey(
        Track,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="talks",
        verbose_name=_("track"),
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    is_all_day = models.BooleanField(
        _("all day"),
        default=False,
        help_text=_("Without a time: shown above the talks of its day, or of each of its days."),
    )
    planned_starts_at = models.DateTimeField(_("first published start"), null=True, blank=True)
    planned_room = models.ForeignKey(
        Room,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("first published room"),
    )
    is_canceled = models.BooleanField(
        _("canceled"), default=False, help_text=_("Stays visible, with a mark.")
    )
    is_hidden = models.BooleanField(_("hidden"), default=False)
    links = models.JSONField(
        _("links"), default=list, blank=True, help_text=_('[{"title": "…", "url": "https://…"}]')
    )

    captions_url = models.URLField(
        _("live captions"), blank=True, help_text=_("A page of a captioning service.")
    )
    may_be_replayed = models.BooleanField(
        _("speakers agree to the recording"),
        default=False,
        help_text=_("Without this nothing of it is ever shown afterwards."),
    )
    sequence = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Grows with every change of time, room and state.")
    )

    objects = TalkQuerySet.as_manager()

    class Meta:
        verbose_name = _("talk")
        verbose_name_plural = _("talks")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["conference", "starts_at"], name="talk_by_time"),
            models.Index(fields=["room", "starts_at"], name="talk_by_room"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conference", "code"],
                name="talk_code_once",
                violation_error_message=_("Another talk of this conference has this code."),
            ),
            # Zero length is legal: "Doors open".
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")),
                name="talk_ends_after_start",
                violation_error_message=_("The talk ends before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["keynote", "talk", "workshop", "panel", "break", "social"]),
                name="talk_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(delivery__in=["live", "pre_recorded", "on_site"]),
                name="talk_delivery_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("talk", args=[self.code])

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self._is_too_long:
            raise ValidationError(
                {"ends_at": _("A talk of more than seven days. Check the dates.")}
            )
        if self.room is not None and self.room.conference_id != self.conference_id:
            raise ValidationError({"room": _("This room belongs to another conference.")})
        if self.is_all_day and self.starts_at and self.ends_at:
            days = self.days(self.conference)  # whose edges count, instead of what was typed
            self.starts_at, self.ends_at = self.conference.whole_days(days[0], days[-1])

    @classmethod
    def field_label(cls, name: str) -> str:
        return str(getattr(cls._meta.get_field(name), "verbose_name", name))

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def _is_too_long(self) -> bool:
        if self.is_all_day:  # seven of them are an hour more where the clock is put back
            return len(self.days(self.conference)) > MAX_TALK_LENGTH.days
        return self.length > MAX_TALK_LENGTH

    def day(self, conference: Conference, zone: zoneinfo.ZoneInfo | None = None) -> date:
        """On which it is listed, for a reader in that zone."""
        if self.is_all_day:
            return self.days(conference)[0]
        return conference.day_of(self.starts_at, zone)

    def days(self, conference: Conference) -> list[date]:
        """Of something that goes on all day: each of them, at the venue."""
        return conference.days_between(self.starts_at, self.ends_at)

    @property
    def is_moved(self) -> bool:
        if self.is_all_day:
            return False
        return self.planned_starts_at is not None and self.planned_starts_at != self.starts_at

    @property
    def is_late(self) -> bool:
        """Behind its published start by so little that people wait for it."""
        if self.planned_starts_at is None:
            return False
        return timedelta() < self.starts_at - self.planned_starts_at <= MAX_LATENESS

    @property
    def is_in_another_room(self) -> bool:
        return self.planned_room_id is not None and self.planned_room_id != self.room_id

    def is_over_at(self, at: datetime) -> bool:
        return self.ends_at <= at

    def is_live_at(self, at: datetime) -> bool:
        """What goes on all day makes no room live, and nobody is kept from taking it out."""
        takes_place = not (self.is_canceled or self.is_all_day)
        return takes_place and self.starts_at <= at < self.ends_at


class Timer(models.Model):
    """What the countdown of a talk shows beside the time. No row: nothing yet.

    `generation` is part of the secret link: a new number makes older links useless.
    """

    talk = models.OneToOneField(Talk, models.CASCADE, primary_key=True, related_name="timer")
    generation = models.PositiveIntegerField(default=0)
    message = models.CharField(_("message"), max_length=80, blank=True)
    message_at = models.DateTimeField(_("written"), null=True, blank=True)

    class Meta:
        verbose_name = _("timer")
        verbose_name_plural = _("timers")

    def __str__(self) -> str:
        return self.message

    def get_absolute_url(self) -> str:
        """The secret link by which a speaker's tablet shows the countdown without login."""
        return reverse("timer", args=[self.talk.code], query={"key": self.key})

    @classmethod
    def of(cls, talk: Talk) -> Self:
        """Its row, else an empty one that is not stored. No query when it was read with `timer`."""
        return getattr(talk, "timer", None) or cls(talk=talk)

    @property
    def key(self) -> str:
        """Of this talk alone, until somebody asks for a new link."""
        return Signer(salt="schedule.timer").signature(f"{self.talk_id}/{self.generation}")
