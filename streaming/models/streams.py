"""What can be watched in a room, when, and from where."""

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from lib.sealing import SealBroken, SealedField, unseal
from schedule.models import Conference, Room, Talk, host_name
from streaming.sources import (
    SOURCES,
    account_choices,
    guess,
    refuse_dead_end,
    source_choices,
    vendor_of,
    what_is_wrong,
)
from streaming.sources.base import Account, Playback, Source, Viewer

if TYPE_CHECKING:
    from streaming.models.health import StreamHealth


TAG_LENGTH = 12


# /live.json asks for the same ones each second.
@lru_cache(maxsize=1024)
def opaque_tag(of: str, text: str) -> str:
    """A name for something that changes with it and says nothing of it."""
    return salted_hmac(f"streaming.{of}", text, algorithm="sha256").hexdigest()[:TAG_LENGTH]


def stream_host(host: str) -> None:
    """A host, or *.example.org for all below it."""
    below = host.removeprefix("*.")
    host_name(below)
    if below != host and "." not in below:
        raise ValidationError(_("That would be half of the internet."))


def is_listed(host: str, listed: set[str]) -> bool:
    above = (f"*.{host.split('.', count)[count]}" for count in range(1, host.count(".") + 1))
    return host in listed or any(wildcard in listed for wildcard in above)


class StreamHost(models.Model):
    """A host that players may load from. The pages' Content-Security-Policy is made of these."""

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="stream_hosts")
    host = models.CharField(
        _("host"),
        max_length=253,
        validators=[stream_host],
        help_text=_("Like stream.example.org. Open pages reload between talks to learn a new one."),
    )

    class Meta:
        verbose_name = _("stream host")
        verbose_name_plural = _("stream hosts")
        ordering = ["host"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "host"], name="stream_host_once")
        ]

    def __str__(self) -> str:
        return self.host


class StreamAccountQuerySet(models.QuerySet["StreamAccount"]):
    def only_one(self, conference: Conference, kind: str) -> "StreamAccount | None":
        """None also where there are several to choose from."""
        accounts = self.filter(conference=conference, kind=kind)[:2]
        return accounts[0] if len(accounts) == 1 else None


class StreamAccount(models.Model):
    """What signing a vendor's playback takes. Which of the fields a kind needs, and what they are
    called there, its source says (`Source.account_fields`).
    """

    conference = models.ForeignKey(Conference, models.CASCADE, related_name="stream_accounts")
    kind = models.CharField(_("source"), max_length=20, choices=account_choices)
    name = models.CharField(_("name"), max_length=100, blank=True)
    account_id = models.CharField(
        _("account"),
        max_length=200,
        blank=True,
        help_text=_("Library, customer code, app id or server, as the kind asks for it."),
    )
    key_id = models.CharField(_("key id"), max_length=200, blank=True)
    secret = SealedField(_("signing key"), blank=True)

    objects = StreamAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("stream account")
        verbose_name_plural = _("stream accounts")
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()

    def clean(self) -> None:
        source = SOURCES.get(self.kind)
        if source is None:
            return
        try:
            account = source.clean_account(self.opened())
        except SealBroken as error:
            raise ValidationError({"secret": str(error)}) from None
        self.account_id, self.key_id = account.account_id, account.key_id

    def opened(self) -> Account:
        """Raises SealBroken."""
        secret = unseal(self.secret, owner=lambda: self.conference.slug)
        return Account(self.account_id, self.key_id, secret)


class Sourced(models.Model):
    """What plays from a source: a stream, or a recording. Both have an account."""

    kind = models.CharField(_("source"), max_length=20, choices=source_choices)
    value = models.CharField(
        _("address"),
        max_length=1000,
        help_text=_("Paste what you have: the address of the video, the embed code or its id."),
    )
    account: Any

    class Meta:
        abstract = True

    # Whoever saves it has agreed to add the hosts that it needs.
    adds_hosts = False

    @property
    def owner(self) -> Conference:
        raise NotImplementedError

    def paste(self, pasted: str, *, adds_hosts: bool) -> None:
        """Takes what somebody has pasted, of whatever kind it is. Raises ValidationError."""
        source = guess(pasted)
        if source is None:
            reason = what_is_wrong(pasted).messages[0]
            message = _("“%(url)s” is nothing that can be played. %(reason)s")
            raise ValidationError(message, params={"url": pasted[:100], "reason": reason})
        has_account = self.kind == source.kind and self.account
        if source.account_fields and not has_account:
            self.account = StreamAccount.objects.only_one(self.owner, source.kind)
        self.kind, self.adds_hosts = source.kind, adds_hosts
        try:
            self.value = source.clean(pasted)
            self.full_clean()
        except ValidationError as error:
            raise ValidationError(error.messages) from None

    def clean_source(self) -> None:
        """Raises ValidationError on `value` or `account`."""
        source = SOURCES.get(self.kind)
        if source is None or not self.value:
            return
        refuse_dead_end(self.kind, self.value)
        self.value = source.clean(self.value)
        self._check_account(source)
        missing = self.missing_hosts()
        if missing and not self.may_add_hosts:
            raise ValidationError(
                {
                    "value": ValidationError(
                        _(
                            "%(source)s: our pages load nothing from %(hosts)s so far. If that is"
                            " where your stream is, tick “Let players load from it” here."
                        ),
                        code="missing_hosts",
                        params={"source": source.label, "hosts": ", ".join(missing)},
                    )
                }
            )

    def _check_account(self, source: Source) -> None:
        if not source.account_fields:
            self.account = None
            return
        account = self.account
        is_ours = account is not None and account.conference_id == self.owner.pk
        if account is None or account.kind != self.kind or not is_ours:
            raise ValidationError(
                {
                    "account": _(
                        "%(source)s signs with an account of its own. Choose it, or add it first;"
                        " what is not signed plays as an HLS playlist or in a frame."
                    )
                    % {"source": source.label}
                }
            )
        try:
            account.opened()
        except SealBroken as error:
            raise ValidationError({"account": str(error)}) from None

    def missing_hosts(self) -> list[str]:
        """What players would load from and may not. Raises SealBroken."""
        listed = set(
            StreamHost.objects.filter(conference=self.owner).values_list("host", flat=True)
        )
        wanted = self.source.hosts(self.value, self.opened_account())
        return sorted(host for host in wanted if not is_listed(host, listed))

    @property
    def may_add_hosts(self) -> bool:
        """The hosts of vendors whom we know are listed as soon as something plays from them."""
        is_known = bool(self.source.site) or vendor_of(self.value) is not None
        return self.adds_hosts or is_known

    def add_missing_hosts(self) -> None:
        for host in self.missing_hosts():
            StreamHost.objects.get_or_create(conference=self.owner, host=host)

    @property
    def source(self) -> Source:
        """Raises ValueError where the package that it came from is not installed."""
        try:
            return SOURCES[self.kind]
        except KeyError:
            raise ValueError(f"no source {self.kind} is installed") from None

    def opened_account(self) -> Account:
        """Raises SealBroken."""
        return self.account.opened() if self.account else Account()

    def playback(self, viewer: Viewer, at: datetime) -> Playback:
        """Raises SealBroken, and ValueError where it cannot be signed."""
        return self.source.playback(self.value, self.opened_account(), viewer, at)


class StreamQuerySet(models.QuerySet["Stream"]):
    def in_order(self) -> Self:
        """The first choice of each room comes first: primary before the others, a talk's own before
        the room's, and what begins late before what always is.
        """
        rank = Case(When(role="primary", then=0), When(role="backup", then=1), default=2)
        of_talk = F("talk").asc(nulls_last=True)
        begins_late = F("starts_at").desc(nulls_last=True)
        return self.order_by("room_id", rank, of_talk, begins_late, "pk")


class Stream(Sourced):
    """One source of one room for one span of time. None as a bound: no bound.

    `role` says what it is for: the picture itself and what stands in for it, or what a viewer may
    choose instead. `talk`: only while that talk is on, from its actual start; for a pre-recorded
    talk it is played in step (streaming/watching/room_streams.py). `language` "": the talk's own.
    """

    class Role(models.TextChoices):
        PRIMARY = "primary", _("primary")
        BACKUP = "backup", _("backup")
        LANGUAGE = "language", _("other language")
        AUDIO = "audio", _("audio only")
        LOW = "low", _("low bitrate")
        SIGN = "sign", _("sign language")

    # The rest is chosen by hand.
    PLAYED = (Role.PRIMARY, Role.BACKUP)

    room = models.ForeignKey(Room, models.PROTECT, related_name="streams")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.PRIMARY)
    account = models.ForeignKey(
        StreamAccount,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="streams",
        verbose_name=_("account"),
        help_text=_("Whose key signs the playback, for the kinds that can."),
    )
    talk = models.ForeignKey(
        Talk,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="streams",
        verbose_name=_("talk"),
        help_text=_("Only while this talk is on. Empty: whatever is on."),
    )
    language = models.CharField(
        _("language"), max_length=20, blank=True, help_text=_("A code like de. Empty: the talk's.")
    )
    captions = models.FileField(
        _("captions"),
        upload_to="captions/",
        blank=True,
        help_text=_("WebVTT, for recordings. Live captions come inside the HLS."),
    )
    is_test = models.BooleanField(
        _("test"), default=False, help_text=_("Only the crew sees it, for the tech check.")
    )
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = StreamQuerySet.as_manager()

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="stream_ends_after_start",
                violation_error_message=_("The stream ends before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["primary", "backup", "language", "audio", "low", "sign"]),
                name="stream_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_role_display()})"

    @property
    def owner(self) -> Conference:
        return self.room.conference

    def clean(self) -> None:
        self.clean_source()
        if self.talk and self.talk.conference_id != self.room.conference_id:
            raise ValidationError({"talk": _("This talk is of another conference.")})

    @property
    def last_health(self) -> "StreamHealth | None":
        """What the last probe saw; None: there was none."""
        health: StreamHealth | None = getattr(self, "health", None)
        return health

    def covers(self, at: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and (
            self.ends_at is None or at < self.ends_at
        )

    @property
    def is_recording(self) -> bool:
        """Whether it is meant to end. Anything else that ends is an encoder that has hung up."""
        talk, source = self.talk, SOURCES.get(self.kind)
        is_own = talk is not None and talk.delivery == Talk.Delivery.PRE_RECORDED
        return is_own or (source is not None and source.is_recording(self.value))

    @property
    def tag(self) -> str:
        """Names the stream in public, and changes with it. Says nothing of where it is."""
        return opaque_tag("stream", f"{self.pk} {self.kind} {self.value} {self.account_id}")
