"""The event itself and its places."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lib.locks import hold_until_commit
from schedule.models import days

hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a colour like #1a6b54."))
host_name = RegexValidator(
    r"^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
    _("Write a host name in small letters, without https:// and without a path."),
)


def validate_time_zone(name: str) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # "America" is a folder
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write a name like Europe/Berlin or Asia/Seoul."),
            params={"name": name},
        ) from None


class Visibility(models.TextChoices):
    HIDDEN = "hidden", _("hidden: the programme is for ticket holders")
    PROGRAMME = "programme", _("programme public: the rooms are for ticket holders")
    ALL = "all", _("all public: programme and rooms are open to everybody")


class Conference(models.Model):
    """One event. `domain` None: it answers every allowed host as long as it is the only conference,
    and none afterwards.
    """

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), unique=True)
    domain = models.CharField(
        _("domain"),
        max_length=253,
        unique=True,
        null=True,
        blank=True,
        validators=[host_name],
        help_text=_("live.example.org. It may be empty as long as there is no other conference."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_("Where the venue is, like Europe/Berlin."),
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    day_starts_at_hour = models.PositiveSmallIntegerField(
        _("day begins at"),
        default=4,
        validators=[MaxValueValidator(12)],
        help_text=_("Hour. A party at 01:00 belongs to the evening before."),
    )
    languages = models.CharField(
        _("languages"),
        max_length=200,
        default="en",
        help_text=_("Codes with commas between, like: en, de."),
    )
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility, default=Visibility.HIDDEN
    )
    public_at = models.DateTimeField(
        _("open to everybody from"),
        null=True,
        blank=True,
        help_text=_("Programme, rooms and replays, as if the visibility were “all public”."),
    )
    replays_end_at = models.DateTimeField(
        _("replays for ticket holders until"),
        null=True,
        blank=True,
        help_text=_("Empty: without an end."),
    )
    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    accent_colour = models.CharField(
        _("accent colour"), max_length=7, default="#1a6b54", validators=[hex_colour]
    )
    help_email = models.EmailField(
        _("help desk e-mail"),
        blank=True,
        help_text=_("Shown to people who cannot get in."),
    )
    help_url = models.URLField(_("help desk page"), blank=True)
    tickets_url = models.URLField(
        _("ticket shop"), blank=True, help_text=_("Where a ticket can be bought.")
    )

    class Meta:
        verbose_name = _("conference")
        verbose_name_plural = _("conferences")
        ordering = ["-starts_on", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="conference_ends_after_start",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=Q(day_starts_at_hour__lte=12), name="conference_day_starts_by_noon"
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="conference_visibility_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.domain = self.domain or None
        others = Conference.objects.exclude(pk=self.pk)
        if self.domain is None and others.exists():
            raise ValidationError(
                _(
                    "It needs a domain: there are other conferences, and each answers on its own alone."
                )
            )
        if self._state.adding and (other := others.filter(domain=None).first()):
            raise ValidationError(
                _(
                    "“%(other)s” has no domain. Give it one first, in the admin: beside another"
                    " conference it would answer nowhere."
                ),
                params={"other": other},
            )

    @cached_property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def programme_is_public(self) -> bool:
        return self.visibility == Visibility.PROGRAMME or self.is_public

    @property
    def is_public(self) -> bool:
        return self.is_public_at(timezone.now())

    def is_public_at(self, at: datetime) -> bool:
        if self.visibility == Visibility.ALL:
            return True
        return self.public_at is not None and self.public_at <= at

    @property
    def is_over(self) -> bool:
        return self.window[1] <= timezone.now()

    @property
    def replays_are_over(self) -> bool:
        """For ticket holders. Once the conference is open to everybody it does not matter."""
        return self.replays_end_at is not None and self.replays_end_at <= timezone.now()

    def next_edge(self, at: datetime) -> datetime | None:
        """When what pages say of the conference as a whole changes next, by the clock alone: when a
        day ends at the latest, and with it what goes on all day.
        """
        day_ends_at = self.day_window(self.day_of(at))[1]
        edges = (day_ends_at, self.window[1], self.replays_end_at, self.public_at)
        return min([edge for edge in edges if edge is not None and edge > at], default=None)

    def day_of(self, at: datetime, zone: zoneinfo.ZoneInfo | None = None) -> date:
        """The conference day that an instant belongs to, in the venue's zone or a viewer's. The first
        one begins at midnight: there is no evening before it.
        """
        local = at.astimezone(zone or self.zone)
        if local.date() == self.starts_on:
            return self.starts_on
        return (local - timedelta(hours=self.day_starts_at_hour)).date()

    def days_between(self, starts_at: datetime, ends_at: datetime) -> list[date]:
        """On which something goes on all day, at the venue."""
        return days.days_between(starts_at, ends_at, self.zone, self.day_starts_at_hour)

    def day_window(
        self, day: date, zone: zoneinfo.ZoneInfo | None = None
    ) -> tuple[datetime, datetime]:
        """Half-open [from, until) of a conference day, in UTC. 23 or 25 hours long at a DST change."""
        first, last = (
            datetime.combine(each, self._begins(each), zone or self.zone)
            for each in (day, day + timedelta(days=1))
        )
        return first.astimezone(UTC), last.astimezone(UTC)

    def _begins(self, day: date) -> time:
        return time(0 if day == self.starts_on else self.day_starts_at_hour)

    def whole_days(self, first: date, last: date) -> tuple[datetime, datetime]:
        """When something that goes on all these days begins and ends."""
        return days.whole_days(first, last, self.zone, self.day_starts_at_hour)

    @property
    def window(self) -> tuple[datetime, datetime]:
        return self.day_window(self.starts_on)[0], self.day_window(self.ends_on)[1]

    def one_writer(self, of: Literal["tickets", "programme", "recordings", "streams"]) -> None:
        """Waits until nobody else writes them, and keeps others from it until the transaction ends.

        For acts that first read what is there and then write what follows from it. Who only reads,
        and who writes rows that such an act locks, need not ask. No transaction takes two: those
        that took them in different orders would wait for each other.
        """
        hold_until_commit(f"{of} of conference {self.pk}")


class Room(models.Model):
    """A place with one stream at a time. Renamed, never deleted: streams and tickets hang on it."""

    conference = models.ForeignKey(Conference, models.PROTECT, related_name="rooms")
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), help_text=_("Part of its address: /rooms/main/"))
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Small numbers come first.")
    )
    description = models.TextField(_("description"), blank=True)
    chat_url = models.URLField(
        _("chat"), blank=True, help_text=_("A channel in Matrix, Discord, Slack, …")
    )
    questions_url = models.URLField(
        _("questions"), blank=True, help_text=_("A page in Slido, pretalx, …")
    )
    captions_url = models.URLField(
        _("live captions"), blank=True, help_text=_("A page of a captioning service.")
    )
    helpers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="helped_rooms",
        verbose_name=_("room helpers"),
        help_text=_("They may shift, extend and end the talks of this room at the desk."),
    )
    guid = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "slug"], name="room_slug_once"),
            models.UniqueConstraint(fields=["conference", "name"], name="room_name_once"),
            models.UniqueConstraint(fields=["conference", "guid"], name="room_guid_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("room", args=[self.slug])


class Track(models.Model):
    conference = models.ForeignKey(Conference, models.CASCADE, related_name="tracks")
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=80)
    colour = models.CharField(_("colour"), max_length=7, blank=True, validators=[hex_colour])

    class Meta:
        verbose_name = _("track")
        verbose_name_plural = _("tracks")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "slug"], name="track_slug_once"),
            models.UniqueConstraint(fields=["conference", "name"], name="track_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """Counts what has changed in a conference. Written by database triggers alone (schedule/site/revisions.py)."""

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
