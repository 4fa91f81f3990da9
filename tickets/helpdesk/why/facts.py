"""What is known of one person or one ticket, before it is put into words."""

from collections.abc import Callable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from allauth.mfa.utils import is_mfa_enabled
from django.db.models import Count, Model, OuterRef, Q, Subquery
from django.utils.timesince import timesince

from schedule.models import Conference, Talk
from tickets.accounts.devices.sessions import last_sign_in
from tickets.admission.watching import devices_watching
from tickets.helpdesk.why.inquiry import Inquiry, is_open, live_claim
from tickets.models import Ban, EntryLink, Shop, SyncRun, Ticket
from tickets.models.scopes import talk_windows


class Fact:
    """The kind begins with the check that found it. `is_good` None: good to know, decides nothing.
    `about`: the row that it is about. The values are what its sentence may name.
    """

    def __init__(
        self, kind: str, is_good: bool | None, about: Model | None = None, **values: Any
    ) -> None:
        self.kind, self.is_good, self.about = kind, is_good, about
        self.parts: list[tuple[str, dict[str, Any]]] = [(kind, values)]

    def more(self, kind: str, **values: Any) -> Self:
        """A further sentence. It is left out while one of its values is None."""
        if all(value is not None for value in values.values()):
            self.parts.append((kind, values))
        return self


def visibility(case: Inquiry) -> Iterator[Fact]:
    conference, ends_at = case.conference, case.conference.window[1]
    if conference.is_public_at(case.at):
        yield Fact("visibility.public", True, conference=conference)
        return
    if conference.public_at is not None:
        at = conference.public_at
        yield Fact("visibility.public_later", None, conference=conference, at=at)
    if ends_at <= case.at:
        yield Fact("visibility.over", None, conference=conference, at=ends_at)
    if (until := conference.replays_end_at) is not None:
        if case.at < until:
            yield Fact("visibility.replays", None, at=until)
        else:
            is_good = False if case.scope == "replay" else None
            yield Fact("visibility.replays_over", is_good, at=until)


def account(case: Inquiry) -> Iterator[Fact]:
    user = case.user
    if user is None:
        yield Fact("account.none", False, who=case.email)
        return
    yield Fact("account", True, user, email=user.email, reference=user.reference)
    if not user.is_active:
        yield Fact("active", False, user)
    if not case.is_verified:
        yield Fact("verified.by_password" if user.last_login else "verified.no", False, user)
    elif signed_in_at := last_sign_in(user, case.conference):
        yield Fact("verified", True, user, at=signed_in_at)


def second_factor(case: Inquiry) -> Iterator[Fact]:
    """Of those who work here, but for chairs: the admin asks for it."""
    user = case.user
    if user is None or not (user.is_superuser or case.roles or case.helped_rooms):
        return
    if is_mfa_enabled(user):
        yield Fact("second_factor", True, user)
    else:
        yield Fact("second_factor.none", None, user)


def work(case: Inquiry) -> Iterator[Fact]:
    """What lets people in who work for the conference."""
    user = case.user
    if user is None:
        return
    if user.is_superuser:
        yield Fact("work.superuser", True, user)
    for kind in case.roles:
        yield Fact(f"work.{kind}", True, user, conference=case.conference)
    if case.helped_rooms:
        yield Fact("work.helper", True, user, rooms=", ".join(case.helped_rooms))
    for talk in Talk.objects.filter(conference=case.conference, chairs=user).order_by("starts_at"):
        yield Fact("work.chair", True, talk, code=talk.code, title=talk.title)


def bans(case: Inquiry) -> Iterator[Fact]:
    if case.user is None:
        return
    given = Ban.objects.filter(conference=case.conference, user=case.user)
    for ban in given.select_related("given_by").order_by("pk"):
        if ban.is_over_at(case.at):
            fact = Fact("ban.over", None, ban, reason=ban.reason)
        else:
            fact = Fact("ban", False, ban, reason=ban.reason).more("by", who=ban.given_by)
        yield fact.more("since", at=ban.starts_at).more("until", at=ban.ends_at)


def claims(case: Inquiry) -> Iterator[Fact]:
    for ticket in case.tickets:
        claim = case.claim_of(ticket)
        if claim is None:
            continue
        if claim.released_at:
            yield Fact("released", None, ticket, ticket=ticket, at=claim.released_at)
            continue
        is_good, opens = ticket.is_valid and case.is_open(ticket), ticket.product.scopes
        fact = Fact(f"claim.{ticket.state}", is_good, ticket, ticket=ticket, opens=opens)
        fact.more("from", at=ticket.valid_from).more("until", at=ticket.valid_until)
        yield _about_product(fact, ticket)


def _about_product(fact: Fact, ticket: Ticket) -> Fact:
    """What explains that a valid ticket opens nothing, or not what one would think."""
    fact.more("add_on", main=ticket.main_code or None)
    return fact.more("product.waits", product=ticket.product if ticket.product.is_waiting else None)


def names(case: Inquiry) -> Iterator[Fact]:
    """The tickets in the person's name, whoever has them; and how many they bought for others."""
    in_their_name = [ticket for ticket in case.tickets if ticket.holder_email == case.email]
    for ticket in in_their_name:
        claim = live_claim(ticket)
        if claim is None:
            is_good = ticket.is_valid and bool(ticket.product.scopes)
            if case.user is None and ticket.is_valid:
                fact = Fact("ticket.waits", is_good, ticket, ticket=ticket)
            else:
                fact = Fact(f"ticket.{ticket.state}", is_good, ticket, ticket=ticket)
            yield _about_product(fact, ticket)
        elif claim.user_id != case.user_id:
            other = claim.user.reference
            yield Fact("ticket_of_other", False, ticket, ticket=ticket, other=other)
    if not in_their_name:
        yield Fact("ticket.none", None, email=case.email)
    if bought := len(case.bought):
        yield Fact("bought", None, count=bought)


def links(case: Inquiry) -> Iterator[Fact]:
    """Of tickets that are theirs, or free and in their name. An add-on has that of its ticket."""
    for ticket in case.tickets:
        claim = live_claim(ticket)
        is_theirs = claim is None or claim.user_id == case.user_id
        if ticket.is_valid and is_theirs and not ticket.goes_with_main:
            yield _link(ticket)


def _link(ticket: Ticket) -> Fact:
    link: EntryLink | None = getattr(ticket, "entry_link", None)
    if link is None or link.sent_at is None:
        return Fact("link.not_sent", None, ticket, ticket=ticket.code)
    is_good = True if link.used_at else False if link.bounced_at else None
    fact = Fact("link", is_good, ticket, ticket=ticket.code, at=link.sent_at, to=link.sent_to)
    fact.more("bounced", at=link.bounced_at).more("opened", at=link.opened_at)
    return fact.more("used", at=link.used_at)


def grants(case: Inquiry) -> Iterator[Fact]:
    for grant in case.grants:
        is_open, values = case.is_open(grant), {"reason": grant.reason, "opens": grant.scopes}
        fact = Fact("grant.later" if is_open is None else "grant", bool(is_open), grant, **values)
        fact.more("by", who=grant.given_by)
        fact.more("from" if case.at < grant.starts_at else "since", at=grant.starts_at)
        yield fact.more("until", at=grant.ends_at)


def talks(case: Inquiry) -> Iterator[Fact]:
    if case.user is None:
        return
    theirs = {"speakers__email__iexact": case.email}
    spoken = Talk.objects.filter(conference=case.conference, **theirs).distinct()
    for talk in spoken.order_by("starts_at"):
        yield Fact("talk", case.is_verified, talk, code=talk.code, title=talk.title)


def places(case: Inquiry) -> Iterator[Fact]:
    """Said only while they watch. Full places shut nobody out: the next device can take one."""
    if case.user is None or case.admission is None:
        return
    count, limit = len(devices_watching(case.conference.pk, case.user.pk)), case.admission.places
    if not count:
        return
    if limit is None:
        yield Fact("places.any", None, case.user, count=count)
        return
    fact = Fact("places", None, case.user, count=count, places=limit).more("limit", places=limit)
    yield fact if count < limit else fact.more("limit_reached")


def shops(case: Inquiry) -> Iterator[Fact]:
    """How old what we know is. During an outage of the shop all that is known stays."""
    last = SyncRun.objects.filter(shop=OuterRef("pk")).order_by("-started_at", "-pk")
    active: Any = Shop.objects.active().filter(conference=case.conference).order_by("slug")
    rows = active.annotate(
        last_state=Subquery(last.values("state")[:1]),
        last_problem=Subquery(last.values("problem")[:1]),
        waiting=Count("hints", filter=Q(hints__done_at__isnull=True)),
    )
    heard = [shop for shop in rows if shop.synced_at]
    oldest = min(heard, key=attrgetter("synced_at"), default=None)
    for shop in rows:
        has_failed = shop.last_state in (SyncRun.State.FAILED, SyncRun.State.REFUSED)
        if shop.synced_at is None:
            fact = Fact("shop.never", False, shop, shop=shop)
        else:
            is_good = False if has_failed else None
            age = timesince(shop.synced_at, case.at)
            values = {"shop": shop, "age": age, "at": shop.synced_at}
            fact = Fact("shop.oldest" if shop is oldest else "shop", is_good, shop, **values)
        if has_failed:
            problem = shop.last_problem or SyncRun.State(shop.last_state).label
            fact.more("sync_failed", problem=problem)
        yield fact.more("orders_wait", count=shop.waiting or None)


CHECKS: list[Callable[[Inquiry], Iterator[Fact]]] = [
    visibility,
    account,
    second_factor,
    bans,
    work,
    claims,
    names,
    links,
    grants,
    talks,
    places,
    shops,
]


def about_ticket(ticket: Ticket, conference: Conference, at: datetime) -> Iterator[Fact]:
    """One that was read `with_all`, whoever has it."""
    windows = talk_windows(conference, ticket.held_scopes)
    is_good = ticket.is_valid and is_open(ticket, conference, windows, at)
    fact = Fact("state", is_good, ticket=ticket, opens=ticket.product.scopes)
    fact.more("from", at=ticket.valid_from).more("until", at=ticket.valid_until)
    yield _about_product(fact, ticket)
    if ticket.holder_email:
        holder = f"{ticket.holder_name} {ticket.holder_email}".strip()
        is_passed_on = ticket.shop_email not in ("", ticket.holder_email)
        fact = Fact("holder", True, holder=holder)
        yield fact.more("passed_on", email=ticket.shop_email if is_passed_on else None)
    else:
        yield Fact("holder.none", None)
    for claim in ticket.claims.all():
        user, values = claim.user, {"at": claim.claimed_at, "way": claim.get_way_display()}
        values |= {"who": user.reference, "email": user.email, "end": claim.released_at}
        if claim.released_at:
            yield Fact("claim.before", None, user, **values)
        else:
            yield Fact("claim.now", True, user, **values)
    if live_claim(ticket) is None:
        yield Fact("claim.nobody", None)
    yield _link(ticket.goes_with or ticket)
