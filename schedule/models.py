"""What is on, when and where. Times are UTC instants; the conference's zone is for display."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# A talk of more than a week is a typing error; real workshops run a day (facts of 14 real files).
MAX_TALK_LENGTH = timedelta(days=7)

hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a colour like #1a6b54."))
host_name = RegexValidator(
    r"^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
    _("Write a host name in small letters, without https:// and without a path."),
)
talk_code = RegexValidator(r"^[A-Za-z0-9_-]+$", _("Use letters, digits, - and _ only."))


def validate_time_zone(name: str) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write a name like Europe/Berlin or Asia/Seoul."),
            params={"name": name},
        ) from None


class Visibility(models.TextChoices):
    HIDDEN = "hidden", _("hidden: the programme is for ticket holders")
    PROGRAMME = "programme", _("programme public: the rooms are for ticket holders")
    ALL = "all", _("all public: programme and rooms are open to everybody")


class Conference(models.Model):
    """One event. `domain` None: it answers every allowed host that no other conference has."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), unique=True)
    domain = models.CharField(
        _("domain"),
        max_length=253,
        unique=True,
        null=True,
        blank=True,
        validators=[host_name],
        help_text=_("live.example.org. Empty: this conference answers every allowed host."),
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
        # Two conferences without a domain would both claim every host.
        self.domain = self.domain or None

    @cached_property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def programme_is_public(self) -> bool:
        return self.visibility in (Visibility.PROGRAMME, Visibility.ALL)

    @property
    def is_public(self) -> bool:
        return self.visibility == Visibility.ALL

    def day_of(self, at: datetime, zone: zoneinfo.ZoneInfo | None = None) -> date:
        """The conference day that an instant belongs to, in the venue's zone or a viewer's."""
        local = at.astimezone(zone or self.zone)
        return (local - timedelta(hours=self.day_starts_at_hour)).date()

    def day_window(
        self, day: date, zone: zoneinfo.ZoneInfo | None = None
    ) -> tuple[datetime, datetime]:
        """Half-open [from, until) of a conference day, in UTC. 23 or 25 hours long at a DST change."""
        boundary = time(self.day_starts_at_hour)
        first = datetime.combine(day, boundary, zone or self.zone)
        last = datetime.combine(day + timedelta(days=1), boundary, zone or self.zone)
        return first.astimezone(UTC), last.astimezone(UTC)

    @property
    def window(self) -> tuple[datetime, datetime]:
        return self.day_window(self.starts_on)[0], self.day_window(self.ends_on)[1]


class Room(models.Model):
    """A place with one stream at a time. Renamed, never deleted: streams and tickets hang on it."""

    conference = models.ForeignKey(Conference, models.PROTECT, related_name="rooms")
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), help_text=_("Part of its address: /rooms/main/"))
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Small numbers come first.")
    )
    description = models.TextField(_("description"), blank=True)
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

    def scheduled(self) -> Self:
        """Talks that take place somewhere at some time."""
        return self.shown().filter(is_canceled=False, room__isnull=False)

    def live_at(self, at: datetime) -> Self:
        return self.scheduled().filter(starts_at__lte=at, ends_at__gt=at)

    def next_after(self, at: datetime) -> Self:
        """What begins later, soonest first."""
        return self.scheduled().filter(starts_at__gt=at).order_by("starts_at", "pk")

    def on_day(
        self, conference: Conference, day: date, zone: zoneinfo.ZoneInfo | None = None
    ) -> Self:
        first, last = conference.day_window(day, zone)
        return self.filter(starts_at__gte=first, starts_at__lt=last)

    def days(self, conference: Conference, zone: zoneinfo.ZoneInfo | None = None) -> list[date]:
        """The days that have talks, as the viewer counts them."""
        starts = self.order_by("starts_at").values_list("starts_at", flat=True)
        return sorted({conference.day_of(at, zone) for at in starts})

    def in_room(self, room: Room) -> Self:
        return self.filter(Q(room=room) | Q(also_in=room)).distinct()

    def in_order(self) -> Self:
        return self.order_by("starts_at", "room__position", "room__name", "pk")

    def with_cards(self) -> Self:
        """Everything that a card in a list shows, in a fixed number of queries."""
        return self.select_related("room", "track").prefetch_related("speakers", "also_in")


class Talk(models.Model):
    """One occurrence of one item of the programme.

    `starts_at`/`ends_at` are what attendees see; `planned_starts_at` is what was first published
    (None: as planned). `code` is unique in its conference; repeats of one item share `series`.
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
    planned_starts_at = models.DateTimeField(_("first published start"), null=True, blank=True)
    is_canceled = models.BooleanField(
        _("canceled"), default=False, help_text=_("Stays visible, with a mark.")
    )
    is_hidden = models.BooleanField(_("hidden"), default=False)
    links = models.JSONField(
        _("links"), default=list, blank=True, help_text=_('[{"title": "…", "url": "https://…"}]')
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
        if self.starts_at and self.ends_at and self.ends_at - self.starts_at > MAX_TALK_LENGTH:
            raise ValidationError(
                {"ends_at": _("A talk of more than seven days. Check the dates.")}
            )
        if self.room is not None and self.room.conference_id != self.conference_id:
            raise ValidationError({"room": _("This room belongs to another conference.")})

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def is_moved(self) -> bool:
        return self.planned_starts_at is not None and self.planned_starts_at != self.starts_at

    def is_live_at(self, at: datetime) -> bool:
        return not self.is_canceled and self.starts_at <= at < self.ends_at


class Feed(models.Model):
    """Where talks came from: an address or the name of a file."""

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="feeds")
    source = models.CharField(_("source"), max_length=500)
    format = models.CharField(_("format"), max_length=40)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    last_imported_at = models.DateTimeField(_("last imported"), null=True, editable=False)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        constraints = [
            models.UniqueConstraint(fields=["conference", "source"], name="feed_source_once")
        ]

    def __str__(self) -> str:
        return self.source


class FeedItem(models.Model):
    """What a feed last said of one talk. Identity lives here, not on the talk.

    `values` are the neutral values as read, so that a later import can tell what the feed changed
    from what an organizer did. `missing_since` None: the feed still has it.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="items")
    talk = models.ForeignKey(Talk, models.CASCADE, related_name="feed_items")
    key = models.CharField(max_length=300)
    ordinal = models.PositiveSmallIntegerField(default=0)
    guid = models.CharField(max_length=200, blank=True)
    values: Any = models.JSONField(default=dict)
    missing_since = models.DateTimeField(_("missing since"), null=True, blank=True)

    class Meta:
        verbose_name = _("feed item")
        verbose_name_plural = _("feed items")
        constraints = [
            models.UniqueConstraint(fields=["feed", "key", "ordinal"], name="feed_item_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class ProgrammeRevision(models.Model):
    """The number that every page key carries. Written by database triggers alone (revisions.py)."""

    conference = models.OneToOneField(
        Conference, models.CASCADE, primary_key=True, related_name="programme_revision"
    )
    number = models.BigIntegerField(default=1)
    # The database transaction that raised it last (PostgreSQL).
    raised_in = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("programme revision")

    def __str__(self) -> str:
        return str(self.number)
