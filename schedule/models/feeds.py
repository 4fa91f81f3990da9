"""Where talks came from."""

import zlib
from datetime import datetime, timedelta
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lib.http_client import validate_address
from schedule.models.conference import Conference
from schedule.models.talks import Talk

# After the last day feeds are asked for so long: recordings and corrections still arrive.
ASKED_AFTERWARDS = timedelta(days=2)


class FeedQuerySet(models.QuerySet["Feed"]):
    def due(self, at: datetime) -> "list[Feed]":
        """Those whose address a timer should ask now."""
        asked = self.filter(
            check_every_minutes__isnull=False,
            conference__ends_on__gte=(at - ASKED_AFTERWARDS).date(),
        ).exclude(address="")
        return [
            feed for feed in asked.select_related("conference").order_by("pk") if feed.is_due(at)
        ]

    def believes_clock(self, source: str) -> bool | None:
        """What was chosen for this file or address, where date and start contradict each other."""
        known = self.filter(models.Q(source=source) | models.Q(address=source))
        return known.values_list("believes_clock", flat=True).first()

    def forget_answers(self) -> None:
        """What they say is read again, though it is the same."""
        self.update(sha256="", etag="")

    def stop_applying(self) -> None:
        """An organizer knows better: what it says is read again, and waits for a review."""
        self.update(applies_by_itself=False, sha256="", etag="")


class Feed(models.Model):
    """Where talks came from: an address or the name of a file.

    `sha256` and `etag` are of what was last read from it, whether it has been applied or waits in
    its review. `check_every_minutes` None: no timer asks it.
    """

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="feeds")
    source = models.CharField(
        _("source"), max_length=500, help_text=_("Its name here: of a file, or of a system.")
    )
    address = models.CharField(
        _("address"),
        max_length=500,
        blank=True,
        validators=[validate_address],
        help_text=_("Of the schedule file or of the pretalx API. It begins with https://"),
    )
    check_every_minutes = models.PositiveSmallIntegerField(
        _("check every … minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: only when somebody asks."),
    )
    applies_by_itself = models.BooleanField(
        _("applies by itself"),
        default=False,
        help_text=_(
            "Otherwise what is new waits for a review. Conflicts wait in any case, and what is"
            " missing until it can be no outage."
        ),
    )
    believes_clock = models.BooleanField(
        _("where date and start contradict"),
        null=True,
        blank=True,
        choices=[
            (None, _("the date counts if the file names its time zone, else the start")),
            (True, _("the start counts, as the venue's clock time")),
            (False, _("the date counts, with its offset")),
        ],
    )
    format = models.CharField(_("format"), max_length=40, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    etag = models.CharField(max_length=200, blank=True, editable=False)
    last_imported_at = models.DateTimeField(_("last imported"), null=True, editable=False)
    last_checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)

    objects = FeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        constraints = [
            models.UniqueConstraint(fields=["conference", "source"], name="feed_source_once")
        ]

    def __str__(self) -> str:
        return self.source

    def is_due(self, at: datetime) -> bool:
        """Whether a timer should ask its address, as often as the organizers want."""
        if self.check_every_minutes is None:
            return False
        pause = timedelta(minutes=self.check_every_minutes)
        return self.last_checked_at is None or self.last_checked_at + pause <= at

    def begin_check(self, at: datetime) -> bool:
        """False: another timer was quicker."""
        mine = Feed.objects.filter(pk=self.pk, last_checked_at=self.last_checked_at)
        return bool(mine.update(last_checked_at=at))

    def end_check(self, at: datetime, *, etag: str = "", error: str = "") -> None:
        """Without an ETag the next answer is read whole, also if it is the same."""
        self.etag, self.last_checked_at, self.last_error = etag, at, error
        self.save(update_fields=["etag", "last_checked_at", "last_error"])

    def forget_answer(self) -> None:
        """The next check reads it again. Not saved yet."""
        self.etag = self.sha256 = ""


class FeedItemQuerySet(models.QuerySet["FeedItem"]):
    def unanswered(self) -> Self:
        """Of talks that attendees see and the feed no longer has: nobody has said whether they are
        gone.
        """
        return self.filter(missing_since__isnull=False, is_settled=False, talk__is_hidden=False)

    def waiting_at(self, at: datetime) -> Self:
        """Those of which somebody is to say so. What is over took place."""
        return self.unanswered().filter(talk__ends_at__gt=at)

    def settle(self) -> int:
        """Nobody is asked any more whether these talks are gone, until the feed has had them again."""
        return self.update(is_settled=True)


class FeedItem(models.Model):
    """What a feed last said of one talk. Identity lives here, not on the talk.

    `values` are the neutral values as read, so that a later import can tell what the feed changed
    from what an organizer did. Where a value is in conflict with an organizer's, it is the one
    that the organizer knew; without a title nothing was accepted, because the import was undone.
    `missing_since` None: the feed still has it; else `missing_looks` counts how often it was looked
    for in vain. `is_settled`: it has been answered whether the talk is gone. `has_hidden_talk`: the
    talk is hidden because the feed lost it, or because its import was undone, and is shown again
    when the feed brings it.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="items")
    talk = models.ForeignKey(Talk, models.CASCADE, related_name="feed_items")
    key = models.CharField(max_length=300)
    ordinal = models.PositiveSmallIntegerField(default=0)
    guid = models.CharField(max_length=200, blank=True)
    values = models.JSONField(default=dict)
    missing_since = models.DateTimeField(_("missing since"), null=True, blank=True)
    missing_looks = models.PositiveIntegerField(_("looks without it"), default=0, editable=False)
    is_settled = models.BooleanField(default=False, editable=False)
    has_hidden_talk = models.BooleanField(default=False, editable=False)

    objects = FeedItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("feed item")
        verbose_name_plural = _("feed items")
        constraints = [
            models.UniqueConstraint(fields=["feed", "key", "ordinal"], name="feed_item_key_once")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_accepted(self) -> bool:
        return "title" in self.values

    @property
    def is_asked_about(self) -> bool:
        """When the feed lacks it: whether somebody is to say that its talk is gone."""
        return not self.is_settled and not self.talk.is_hidden


class ImportReview(models.Model):
    """What a feed says now, waiting for an organizer: its bytes, and the plan made of them.

    `plan` is what the page shows (schedule.feeds.importing.plan.ImportPlan.as_dict), `digest` is of
    all its lines. `dismissed` are the digests of lines that an organizer left out; they stay so
    until the feed says something else of that talk. `lost` in the plan: so many talks are all that
    the feed had, and none of them is in it: it is another programme.
    """

    feed = models.OneToOneField(Feed, models.CASCADE, related_name="review")
    packed = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    format = models.CharField(_("format"), max_length=40)
    made_at = models.DateTimeField(_("made"))
    plan = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    dismissed = models.JSONField(default=list)

    class Meta:
        verbose_name = _("import review")
        verbose_name_plural = _("import reviews")

    def __str__(self) -> str:
        return str(self.feed)

    @property
    def data(self) -> bytes:
        """The bytes as they were read."""
        return zlib.decompress(self.packed)

    def lines_at(self, at: datetime) -> list[dict[str, Any]]:
        """Without those that ask whether something is gone that is over by now: it took place."""
        return [
            line
            for line in self.plan["lines"]
            if line["asked_until"] is None or datetime.fromisoformat(line["asked_until"]) > at
        ]

    def waiting_at(self, at: datetime) -> list[dict[str, Any]]:
        """The lines that nobody has left out."""
        dismissed = set(self.dismissed)
        return [line for line in self.lines_at(at) if line["digest"] not in dismissed]
