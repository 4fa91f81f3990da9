"""What was done to the programme, by whom and when: one Change an act, old and new of each field."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.models.conference import Conference
from schedule.models.feeds import Feed, FeedItem
from schedule.models.talks import Talk


class ChangeQuerySet(models.QuerySet["Change"]):
    def newest_first(self) -> Self:
        return self.order_by("-made_at", "-pk")

    def of_people(self) -> Self:
        """Without imports, and without their undoing: those have a page of their own."""
        imports = Q(act=Change.Act.IMPORT) | Q(undoes__act=Change.Act.IMPORT)
        return self.exclude(imports).filter(feed__isnull=True)

    def can_be_undone(self) -> Self:
        """Acts that nobody has undone, undoings among them."""
        return self.filter(undone_by__isnull=True)


class Change(models.Model):
    """One act. `actor` None: a command, or a timer."""

    class Act(models.TextChoices):
        IMPORT = "import", _("import")
        DESK = "desk", _("desk")
        ADMIN = "admin", _("admin")
        UNDO = "undo", _("undo")

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="changes")
    act = models.CharField(_("act"), max_length=10, choices=Act)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="programme_changes",
        verbose_name=_("by"),
    )
    made_at = models.DateTimeField(_("at"), default=timezone.now)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    feed = models.ForeignKey(Feed, models.SET_NULL, null=True, blank=True, related_name="changes")
    undoes = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="undone_by"
    )

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [models.Index(fields=["conference", "-made_at"], name="change_by_time")]

    def __str__(self) -> str:
        return self.summary or str(self.get_act_display())

    @property
    def is_import(self) -> bool:
        """Or the undoing of one."""
        whole = self.undoes if self.act == self.Act.UNDO and self.undoes else self
        return whole.act == self.Act.IMPORT or self.feed_id is not None

    @property
    def is_undone(self) -> bool:
        """And that has not been undone in its turn."""
        return not self.can_be_undone and not self.undone_by.is_undone

    @property
    def last_word(self) -> "Change":
        """What came last of it: itself, its undoing, or the undoing of that."""
        return self if self.can_be_undone else self.undone_by.last_word

    @property
    def can_be_undone(self) -> bool:
        """Nobody has undone it. No query when it was read with `undone_by`."""
        return not hasattr(self, "undone_by")


class FieldChange(models.Model):
    """`old` and `new` are plain JSON: ISO times, primary keys, lists of primary keys.

    The field "talk" stands for the talk itself: `old` None, `new` its code, when it was made.
    """

    change = models.ForeignKey(Change, models.CASCADE, related_name="fields")
    talk = models.ForeignKey(Talk, models.CASCADE, related_name="field_changes")
    field = models.CharField(_("field"), max_length=40)
    old: Any = models.JSONField(null=True)
    new: Any = models.JSONField(null=True)

    class Meta:
        verbose_name = _("changed field")
        verbose_name_plural = _("changed fields")
        constraints = [
            models.UniqueConstraint(fields=["change", "talk", "field"], name="field_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.talk}: {self.field}"


class Override(models.Model):
    """An organizer's value of a field that a feed also tells: imports leave it alone."""

    talk = models.ForeignKey(Talk, models.CASCADE, related_name="overrides")
    field = models.CharField(_("field"), max_length=40)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="programme_overrides",
        verbose_name=_("by"),
    )
    set_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        constraints = [models.UniqueConstraint(fields=["talk", "field"], name="override_once")]

    def __str__(self) -> str:
        return f"{self.talk}: {self.field}"


class ItemChange(models.Model):
    """What an act did to a feed item, for its undo: otherwise the same file, imported again, would
    no longer propose what was undone. `old` is the item, and the overrides that were touched;
    `new_digest` tells whether it is still as the act left it.
    """

    change = models.ForeignKey(Change, models.CASCADE, related_name="items")
    item = models.ForeignKey(FeedItem, models.CASCADE, related_name="changes")
    old = models.JSONField()
    new_digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("changed feed item")
        verbose_name_plural = _("changed feed items")
        constraints = [models.UniqueConstraint(fields=["change", "item"], name="item_change_once")]

    def __str__(self) -> str:
        return str(self.item)
