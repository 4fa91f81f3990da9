"""Where tickets come from, and what was last heard from there."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lib.http_client import validate_address
from lib.sealing import SealedField, unseal
from schedule.models import Conference
from tickets.models.people import User

# A task that has not begun after so long may be lost; another one does no harm.
MAX_QUEUED = timedelta(minutes=1)


def new_hook_secret() -> str:
    return secrets.token_urlsafe(24)


class ShopQuerySet(models.QuerySet["Shop"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Shop(models.Model):
    """An event in a ticket shop that has an API. `kind` names its module (tickets/sources/shops/).

    `cursor` is the shop's own word for the moment up to which we know everything; "" before the
    first full run. What the shop said last stays true while it cannot be reached.
    """

    FULL_EVERY: ClassVar[timedelta] = timedelta(days=1)
    # After a full run that failed or was refused: changes go on coming meanwhile.
    FULL_AGAIN_AFTER: ClassVar[timedelta] = timedelta(hours=1)

    conference = models.ForeignKey(Conference, models.PROTECT, related_name="shops")
    slug = models.SlugField(_("short name"), help_text=_("Part of the webhook's address."))
    kind = models.CharField(_("kind"), max_length=40)
    base_url = models.CharField(
        _("address of the API"),
        max_length=200,
        blank=True,
        validators=[validate_address],
        help_text=_("Only for a shop that you host yourself, like https://tickets.example.org"),
    )
    account = models.CharField(
        _("organizer or account"),
        max_length=100,
        help_text=_("As in the shop's address: pretix.eu/ORGANIZER/event, ti.to/ACCOUNT/event."),
    )
    event = models.CharField(_("event"), max_length=100, help_text=_("The word after it."))
    token = SealedField(_("API token"), blank=True)
    hook_secret = models.CharField(
        _("secret of the webhook's address"),
        max_length=64,
        default=new_hook_secret,
        editable=False,
    )
    hook_token = SealedField(
        _("webhook security token"),
        blank=True,
        help_text=_("Tito signs its calls with it. pretix has none."),
    )
    uses_buyer_email = models.BooleanField(
        _("the buyer's address stands for a ticket without one"),
        default=False,
        help_text=_("Of several tickets under one address the person gets one."),
    )
    is_test_mode = models.BooleanField(
        _("take test tickets"), default=False, help_text=_("And only those.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    cursor = models.CharField(max_length=100, blank=True, editable=False)
    synced_at = models.DateTimeField(_("last heard"), null=True, blank=True, editable=False)
    full_synced_at = models.DateTimeField(
        _("last heard in full"), null=True, blank=True, editable=False
    )

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket shop")
        verbose_name_plural = _("ticket shops")
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "slug"], name="shop_slug_once"),
        ]

    def __str__(self) -> str:
        return self.slug

    def opened_token(self, sent_to: str) -> str:
        """For that address. Raises SealBroken."""
        return unseal(self.token, owner=lambda: self.conference.slug, sent_to=sent_to)

    def opened_hook_token(self) -> str:
        """Raises SealBroken."""
        return unseal(self.hook_token, owner=lambda: self.conference.slug)

    def renew_hook_secret(self) -> None:
        """Calls to the old address of the webhook are not answered any more."""
        self.hook_secret = new_hook_secret()
        self.save(update_fields=["hook_secret"])

    def why_full(self, at: datetime) -> str:
        """Why the next run asks for everything, unasked; "": it does not."""
        if not self.cursor:
            return gettext("nothing has been read to its end yet")
        if self.full_synced_at is not None and self.full_synced_at > at - self.FULL_EVERY:
            return ""
        tried = self.runs.filter(is_full=True, started_at__gt=at - self.FULL_AGAIN_AFTER)
        return "" if tried.exists() else gettext("the last full run is older than a day")

    def add_hint(self, order_code: str, at: datetime) -> bool:
        """Something about the order has changed. However often the shop says so, one hint waits.
        Returns whether a task has to be made for it, because none is about to ask.
        """
        waiting = self.hints.waiting().filter(order_code=order_code)
        if not waiting.update(heard_at=at):
            hint = OrderHint(shop=self, order_code=order_code, heard_at=at)
            OrderHint.objects.bulk_create([hint], ignore_conflicts=True)
        return bool(waiting.exclude(queued_at__gt=at - MAX_QUEUED).update(queued_at=at))


class SyncRun(models.Model):
    """One time that a shop was asked, as a report for organizers. A run that is still `running`
    long after it began was killed; what it had written by then stays, and is right.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed: the shop could not be read")
        REFUSED = "refused", _("refused: it would cancel too many tickets")

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="runs")
    is_full = models.BooleanField(_("everything"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    started_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("sync")
        verbose_name_plural = _("syncs")
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.shop} {self.started_at:%Y-%m-%d %H:%M}"

    def finish(self, state: "SyncRun.State", at: datetime, problem: str = "") -> None:
        """`problem` comes before what was noted on the way."""
        self.state = state
        self.problem = " ".join(filter(None, [problem, self.problem]))
        self.finished_at = at
        self.save()


class OrderHintQuerySet(models.QuerySet["OrderHint"]):
    def waiting(self) -> Self:
        return self.filter(done_at__isnull=True)


class OrderHint(models.Model):
    """A shop's call said that something about an order has changed. One waiting hint per order,
    however often the shop calls; it is done when the order was asked for after `heard_at`.
    `queued_at`: since when a task is to ask; none once it begins to.
    """

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="hints")
    order_code = models.CharField(max_length=100)
    heard_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = OrderHintQuerySet.as_manager()

    class Meta:
        verbose_name = _("hint about an order")
        verbose_name_plural = _("hints about orders")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "order_code"],
                condition=Q(done_at__isnull=True),
                name="hint_one_waiting_per_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.shop}: {self.order_code}"

    def begin(self) -> None:
        """The order is asked for: what the shop says from now on needs another task."""
        OrderHint.objects.filter(pk=self.pk).update(queued_at=None)

    def finish(self, at: datetime) -> None:
        """The order was asked for."""
        self.done_at = at
        self.save(update_fields=["done_at"])


class UploadQuerySet(models.QuerySet["Upload"]):
    def waiting(self) -> Self:
        """Nobody has applied them yet."""
        return self.filter(applied_at__isnull=True)

    def keep(
        self,
        conference: Conference,
        name: str,
        rows: dict[str, object],
        *,
        by: User | None,
        at: datetime,
        mapping: dict[str, object] | None = None,
    ) -> "Upload":
        """Forgets what lies there unapplied of the same person, and of others if it is old."""
        uploads = self.filter(conference=conference)
        uploads.waiting().filter(uploaded_by=by).delete()
        uploads.unapplied(at - Upload.WAITS_FOR).delete()
        name = name[-Upload.MAX_NAME :]
        values = {"rows": rows, "mapping": mapping or {}, "uploaded_by": by, "uploaded_at": at}
        return self.create(conference=conference, name=name, **values)

    def unapplied(self, before: datetime) -> Self:
        """Nobody applied them, and they were uploaded before that moment."""
        return self.waiting().filter(uploaded_at__lte=before)

    def with_rows_set_aside(self, before: datetime) -> Self:
        """They were applied before that moment, as all below."""
        return self.filter(applied_at__lte=before).exclude(set_aside=[])

    def with_before(self, before: datetime) -> Self:
        return self.filter(applied_at__lte=before).exclude(before=[])


class Upload(models.Model):
    """A spreadsheet of tickets: read, looked at as a plan, applied, perhaps undone.

    `rows` is the file as it was read, emptied once it is applied; `mapping` says which column is
    which, and serves the next upload as a guess. `before` says of each ticket what it was and what
    it became, until the upload is undone or too old for that (tickets/sources/uploads/). `set_aside`
    are the rows that were not applied, each with what is wrong, for a day.
    """

    # A plan that nobody applied by then is forgotten about, and so are rows that nobody corrected.
    WAITS_FOR: ClassVar[timedelta] = timedelta(days=1)
    UNDONE_WITHIN: ClassVar[timedelta] = timedelta(days=30)
    MAX_NAME: ClassVar[int] = 200

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="ticket_uploads")
    name = models.CharField(_("file"), max_length=MAX_NAME)
    rows = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    before = models.JSONField(default=list)
    set_aside = models.JSONField(default=list)
    counts = models.JSONField(_("counts"), default=dict)
    cancels_missing = models.BooleanField(_("cancel what is missing"), default=False)
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    uploaded_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket spreadsheet")
        verbose_name_plural = _("ticket spreadsheets")
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name

    def can_be_undone(self, at: datetime) -> bool:
        if self.applied_at is None or self.undone_at is not None or not self.before:
            return False
        return self.applied_at > at - self.UNDONE_WITHIN
