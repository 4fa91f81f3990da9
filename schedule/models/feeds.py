"""Where talks came from."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from schedule.models.conference import Conference
from schedule.models.talks import Talk


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
