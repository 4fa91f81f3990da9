"""Tickets, and who has them. Whom they let in is decided in tickets/admission/."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lib.sealing import SealBroken, SealedField, read_seal, seal
from schedule.models import Conference
from tickets.models.people import User, fold_email
from tickets.models.products import Product
from tickets.models.scopes import HeldScope, forget_admissions, held_scopes
from tickets.models.shops import Shop, SyncRun

if TYPE_CHECKING:
    from tickets.models.entry_links import EntryLink


class TicketQuerySet(models.QuerySet["Ticket"]):
    def valid(self) -> Self:
        return self.filter(state=Ticket.State.VALID)

    def in_name_of(self, email: str) -> Self:
        """Those of an address that is proved: in its name, or bought by it and in nobody's."""
        return self.filter(Q(holder_email=email) | Q(holder_email="", buyer_email=email))

    def unclaimed(self) -> Self:
        return self.exclude(Exists(Claim.objects.live().filter(ticket=OuterRef("pk"))))

    def concerning(self, conference: Conference, email: str, user: User | None) -> Self:
        """In their name, theirs, or bought by them, for whomever."""
        claims = Claim.objects.live().filter(ticket=OuterRef("pk"), user=user)
        theirs = Q(holder_email=email) | Q(buyer_email=email)
        if user is not None:
            theirs |= Q(Exists(claims))
        return self.filter(theirs, conference=conference)

    def with_main(self) -> Self:
        """`main_id`: of an add-on that goes with its main ticket, that one's; else None. It goes with
        that one if the shop has both in one name. Everything that asks for this asks here.
        """
        mains = Ticket.objects.filter(
            conference=OuterRef("conference"),
            code=OuterRef("main_code"),
            shop_email=OuterRef("shop_email"),
        )
        return self.annotate(main_id=Subquery(mains.values("pk")[:1]))

    def independent(self) -> Self:
        """Without the add-ons that go with their main tickets."""
        return self.with_main().filter(Q(main_code="") | Q(main_id=None))

    def going_with(self, mains: object) -> Self:
        """The add-ons that go with these tickets, which may be a queryset or keys."""
        return self.exclude(main_code="").with_main().filter(main_id__in=mains)

    def opening(self) -> Self:
        """What opens something, by itself or by add-ons that go with it and are valid."""
        on_top = Ticket.objects.add_ons_on_top().valid().exclude(product__scopes=[])
        return self.filter(~Q(product__scopes=[]) | Exists(on_top))

    def with_product(self, product: Product) -> Self:
        """Those of a product, and those with an add-on of it that goes with them."""
        on_top = Ticket.objects.add_ons_on_top().filter(product=product)
        return self.filter(Q(product=product) | Exists(on_top))

    def add_ons_on_top(self) -> Self:
        """Those that go with the ticket of the query that asks."""
        theirs = {"conference": OuterRef("conference"), "main_code": OuterRef("code")}
        return (
            self.filter(**theirs).exclude(main_code="").with_main().filter(main_id=OuterRef("pk"))
        )

    def add_ons_of(self, conference: Conference, codes: Collection[str]) -> Self:
        return self.filter(conference=conference, main_code__in=list(codes))

    def on_top_of(self, mains: models.QuerySet["Ticket"]) -> Self:
        """The add-ons that were bought for these tickets, in whatever name."""
        theirs = {"code": OuterRef("main_code"), "conference": OuterRef("conference")}
        return self.exclude(main_code="").filter(Exists(mains.filter(**theirs)))

    @transaction.atomic
    def set_state(self, state: str, at: datetime) -> list["Ticket"]:
        """An organizer says so; the shop may say something else again. An add-on ends with its ticket
        and comes back with it, and is not valid without it. Returns those that changed.
        """
        # Afterwards they may no longer be those that were asked for, like what is valid.
        chosen = Ticket.objects.filter(pk__in=list(self.values_list("pk", flat=True)))
        on_top = Ticket.objects.on_top_of(chosen)
        if state == Ticket.State.VALID:
            mains = chosen | Ticket.objects.valid()
            alone = chosen.exclude(main_code="").exclude(
                pk__in=chosen.on_top_of(mains).values("pk")
            )
            chosen, says = chosen.exclude(pk__in=alone.values("pk")), ""
            on_top = on_top.filter(shop_says__startswith=Ticket.ENDED_WITH).exclude(state=state)
        else:
            on_top, says = on_top.valid(), Ticket.ENDED_WITH + str(Ticket.State(state).label)
        with_them = set(on_top.values_list("pk", flat=True))
        changed = list(
            Ticket.objects.filter(Q(pk__in=chosen.exclude(state=state)) | Q(pk__in=with_them))
        )
        rows = Ticket.objects.filter(pk__in=[ticket.pk for ticket in changed])
        rows.update(state=state, updated_at=at)
        rows.filter(pk__in=with_them).update(shop_says=says)
        own_word = rows.exclude(pk__in=with_them).filter(shop_says__startswith=Ticket.ENDED_WITH)
        own_word.update(shop_says="")
        rows.forget_admissions()
        return changed

    def forget_admissions(self) -> None:
        """The admissions of all who have one of these are worked out again."""
        forget_admissions(self._whose())

    def _whose(self) -> models.QuerySet["Claim", tuple[int, int]]:
        claims = Claim.objects.live().filter(ticket__in=self.values("pk"))
        return claims.values_list("ticket__conference", "user")


class Ticket(models.Model):
    """One admission bought or given, mirrored from a ticket shop, which decides its state.

    `shop` None: from a spreadsheet, or typed. `holder_email` is whose it is; `shop_email` is what
    the shop last said about that, so that a holder who passed it on here keeps that until the shop
    itself names somebody new. `valid_from`/`valid_until`: half-open window, None for no bound.

    `main_code`: of an add-on the code of the ticket that it was bought for. It ends with that one, and
    is not passed on by itself. Where the shop has it in the same name, it goes with that ticket:
    whoever has that one has it.
    """

    class State(models.TextChoices):
        VALID = "valid", _("valid")
        PENDING = "pending", _("not paid yet")
        BLOCKED = "blocked", _("blocked")
        CANCELED = "canceled", _("canceled")
        UNKNOWN = "unknown", _("unknown to us")

    # Begins `shop_says` of an add-on that ended with its ticket, and not by the shop's own word.
    ENDED_WITH = "its ticket: "
    # Who has one of these can act in the shop as holder or buyer, or comes in at the venue's door.
    SEALED: ClassVar[tuple[str, ...]] = ("door_code", "order_url")
    # A ticket that goes round during the day would admit everybody in turn.
    COOL_DOWN: ClassVar[timedelta] = timedelta(hours=24)
    MOST_TIMES_PASSED_ON: ClassVar[int] = 3

    conference = models.ForeignKey(Conference, models.PROTECT, related_name="tickets")
    code = models.CharField(
        _("code"), max_length=100, help_text=_("The shop's number of this ticket, not its secret.")
    )
    order_code = models.CharField(_("order"), max_length=100, blank=True)
    main_code = models.CharField(
        _("add-on to"), max_length=100, blank=True, db_index=True, editable=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="tickets", verbose_name=_("product")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.VALID)
    shop = models.ForeignKey(
        Shop,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("shop"),
    )
    seen_in = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    shop_says = models.CharField(
        _("the shop says"),
        max_length=100,
        blank=True,
        help_text=_("The shop's own word for the state, for the help desk."),
    )
    door_code = SealedField(_("code at the door"), blank=True, default="", editable=False)
    order_url = SealedField(_("order in the shop"), blank=True, default="", editable=False)
    holder_name = models.CharField(_("holder"), max_length=200, blank=True)
    holder_email = models.EmailField(_("holder's e-mail"), blank=True, db_index=True)
    shop_email = models.EmailField(
        _("holder's e-mail in the shop"), blank=True, db_index=True, editable=False
    )
    buyer_email = models.EmailField(_("buyer's e-mail"), blank=True, db_index=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    passed_on_at = models.DateTimeField(_("passed on"), null=True, blank=True, editable=False)
    times_passed_on = models.PositiveSmallIntegerField(
        _("times passed on"), default=0, editable=False
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["conference", "code"], name="ticket_code_once"),
            models.CheckConstraint(
                condition=Q(state__in=["valid", "pending", "blocked", "canceled", "unknown"]),
                name="ticket_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        self.holder_email = fold_email(self.holder_email)
        self.buyer_email = fold_email(self.buyer_email)
        if self.lacks_main:
            raise ValidationError({"state": self.main_first})

    @property
    def live_claim(self) -> "Claim | None":
        return self.claims.live().select_related("user").first()

    @property
    def entry_link_or_none(self) -> "EntryLink | None":
        link: EntryLink | None = getattr(self, "entry_link", None)
        return link

    @property
    def is_valid(self) -> bool:
        return self.state == Ticket.State.VALID

    def opened(self, name: str) -> str:
        """What is sealed in that field, for the person whose it is; "": nothing that can be read."""
        try:
            return read_seal(getattr(self, name))
        except SealBroken:
            return ""

    def seal(self, name: str, value: str) -> None:
        setattr(self, name, seal(value))

    def is_bought_by(self, email: str) -> bool:
        """Whether the order in the shop is that address's, with all that it tells and lets one do."""
        return bool(email) and email == self.buyer_email

    @property
    def is_add_on(self) -> bool:
        return bool(self.main_code)

    @property
    def lacks_main(self) -> bool:
        """Whether it is a valid add-on of a ticket that is not."""
        mains = Ticket.objects.filter(conference=self.conference_id, code=self.main_code).valid()
        return self.is_add_on and self.is_valid and not mains.exists()

    @property
    def main_first(self) -> str:
        text = _("%(code)s is an add-on to %(main)s, which is not valid. Restore that one.")
        return text % {"code": self.code, "main": self.main_code}

    @property
    def goes_with(self) -> "Ticket | None":
        """Of an add-on that is whose its main ticket is: that one."""
        if not self.is_add_on:
            return None
        own: Any = Ticket.objects.filter(pk=self.pk).with_main()
        return Ticket.objects.filter(pk__in=own.values("main_id")).first()

    @property
    def goes_with_main(self) -> bool:
        return self.goes_with is not None

    @property
    def add_ons(self) -> TicketQuerySet:
        """Those that go with it."""
        return Ticket.objects.add_ons_of(self.conference, [self.code]).going_with([self.pk])

    @property
    def held_scopes(self) -> list[HeldScope]:
        return held_scopes(self.product.scopes, self.valid_from, self.valid_until)

    @property
    def first_name(self) -> str:
        """To greet the holder. Empty once it was passed on: the shop's name is the last holder's."""
        return "" if self.passed_on_at else self.holder_name.partition(" ")[0]

    @property
    def times_left(self) -> int:
        """How often it can still be passed on, without the help desk."""
        return max(0, self.MOST_TIMES_PASSED_ON - self.times_passed_on)

    def cools_down_at(self, at: datetime) -> bool:
        """Whether it was passed on so lately that it has to wait."""
        return self.passed_on_at is not None and at < self.passed_on_at + self.COOL_DOWN

    def give_to(self, user: User, way: "Claim.Way") -> "Claim":
        """Gives a ticket that nobody has."""
        claim = Claim.objects.create(ticket=self, user=user, way=way)
        forget_admissions([(self.conference_id, user.pk)])
        return claim

    def pass_to(self, email: str, at: datetime) -> None:
        """It is that address's from now on, with its add-ons, and who had it is out."""
        for add_on in self.add_ons:
            add_on.pass_to(email, at)
        self.claims.live().release(at)
        self.holder_email, self.holder_name = email, ""
        self.passed_on_at = at
        self.times_passed_on += 1
        self.save()


class ClaimQuerySet(models.QuerySet["Claim"]):
    def live(self) -> Self:
        return self.filter(released_at__isnull=True)

    def give(self, claims: Collection["Claim"]) -> None:
        """Saves new claims, which know their tickets. There is one live claim per ticket: what somebody
        has got meanwhile stays theirs.
        """
        self.bulk_create(claims, ignore_conflicts=True)
        forget_admissions([(claim.ticket.conference_id, claim.user_id) for claim in claims])

    def release(self, at: datetime) -> list[Ticket]:
        """Nobody has their tickets then. Returns those."""
        claims = list(self.select_related("ticket"))
        Claim.release_all(claims, at)
        return [claim.ticket for claim in claims]


class Claim(models.Model):
    """The link ticket → person. At most one live claim per ticket."""

    class Way(models.TextChoices):
        """How the person came by it. All but the help desk's prove the ticket's own mailbox."""

        EMAIL = "email", _("the verified address")
        ORDER = "order", _("order code, and a code to the address in the shop")
        LINK = "link", _("the personal entry link")
        HELPDESK = "helpdesk", _("an organizer")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="claims")
    user = models.ForeignKey(User, models.CASCADE, related_name="claims")
    way = models.CharField(_("by"), max_length=10, choices=Way, default=Way.EMAIL)
    claimed_at = models.DateTimeField(_("claimed"), default=timezone.now)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(released_at__isnull=True),
                name="claim_one_live_per_ticket",
                violation_error_message=_("Somebody else has this ticket."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ticket} → {self.user}"

    def release(self, at: datetime) -> None:
        """Nobody has the ticket then."""
        self.released_at = at
        self.release_all([self], at)

    @classmethod
    def release_all(cls, claims: Collection["Claim"], at: datetime) -> None:
        """Releases claims that were read with their tickets, and with a ticket its add-ons. All
        releasing ends here.
        """
        lost = [claim.pk for claim in (*claims, *cls._of_add_ons(claims))]
        cls.objects.filter(pk__in=lost).update(released_at=at)
        forget_admissions([(claim.ticket.conference_id, claim.user_id) for claim in claims])

    @classmethod
    def _of_add_ons(cls, claims: Collection["Claim"]) -> list["Claim"]:
        """What the same people have by the add-ons that go with these tickets."""
        whose = {
            (claim.ticket.conference_id, claim.ticket.code, claim.user_id)
            for claim in claims
            if not claim.ticket.is_add_on
        }
        codes = {code for _conference_id, code, _user_id in whose}
        theirs = Ticket.objects.filter(main_code__in=codes).going_with(
            [claim.ticket_id for claim in claims]
        )
        on_top = cls.objects.live().filter(ticket__in=theirs).select_related("ticket")
        return [
            claim
            for claim in on_top
            if (claim.ticket.conference_id, claim.ticket.main_code, claim.user_id) in whose
        ]
