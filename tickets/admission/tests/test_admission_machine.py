"""Random lives of tickets and people. After every step the admission that is kept says what a plain
reading of the rows says, of everybody, everywhere, now and later.
"""

from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime, timedelta

import hypothesis.strategies as st
import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import TestCase
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from conftest import make_conference, make_room, make_talk, make_user, utc
from tickets.admission.claiming import claim_those, claim_tickets
from tickets.admission.rule import KEPT, admission_of, refusal
from tickets.grants.granting import give_grant
from tickets.models import Ban, Claim, Grant, Product, Ticket
from tickets.models.scopes import EARLY, GRACE
from tickets.sources.importing import write_tickets
from tickets.sources.shops.base import ShopTicket

BEGAN = utc("2026-11-21 06:00")
PRODUCTS = {
    "Conference": ["conference"],
    "Saturday": ["day:2026-11-21"],
    "Sunday": ["day:2026-11-22"],
    "Workshop": ["talk:WS"],
    "Hall": ["room:main"],
    "Replay": ["replay"],
    "T-shirt": [],
}
WANTED = [None, "conference", "room:main", "room:lab", "talk:WS", "talk:KEY", "replay"]
PEOPLE = ["ada@example.com", "bo@example.com", "cy@example.com"]
CODES = ["A-1", "A-2", "B-1", "B-2"]
LATER = [timedelta(0), timedelta(hours=7), timedelta(hours=25)]

hours = st.integers(-30, 60).map(lambda number: BEGAN + timedelta(hours=number))
maybe_hours = st.none() | hours
people = st.integers(0, len(PEOPLE) - 1)
tickets = st.builds(
    ShopTicket,
    code=st.sampled_from(CODES),
    product=st.sampled_from(list(PRODUCTS)),
    values=st.fixed_dictionaries(
        {
            "state": st.sampled_from(["valid", "valid", "valid", "pending", "canceled", "unknown"]),
            "holder_email": st.sampled_from([*PEOPLE, "elsewhere@example.com", ""]),
            "valid_from": maybe_hours,
            "valid_until": maybe_hours,
        }
    ),
)


def valid_ticket(code: str, email: str) -> ShopTicket:
    return ShopTicket(code, "Conference", {"state": "valid", "holder_email": email})


def window(conference, talks, scope: str):
    """When the scope itself is open."""
    kind, _colon, value = scope.partition(":")
    if kind == "day":
        return conference.day_window(datetime.fromisoformat(value).date())
    if kind == "talk":
        return talks[value].starts_at - EARLY, talks[value].ends_at + GRACE
    return None, None


def includes(talks, scope: str, wanted: str | None) -> bool:
    kind, _colon, value = scope.partition(":")
    if scope == "conference" or wanted in (None, scope):
        return True
    if kind == "day":
        return wanted.startswith(("room:", "talk:"))
    return kind == "talk" and wanted == f"room:{talks[value].room.slug}"


def held_in(conference):
    """What admits each person, from the rows, one by one: scopes, from, until."""
    held = defaultdict(list)
    claims = Claim.objects.filter(released_at=None, ticket__conference=conference)
    ticket = ("ticket__product__scopes", "ticket__valid_from", "ticket__valid_until")
    for user, state, *admitting in claims.values_list("user", "ticket__state", *ticket):
        if state == "valid":
            held[user].append(admitting)
    grants = Grant.objects.filter(conference=conference)
    for user, *admitting in grants.values_list("user", "scopes", "starts_at", "ends_at"):
        held[user].append(admitting)
    return held


def may_enter(conference, talks, held, wanted: str | None, at: datetime) -> bool:
    """The oracle. Where nothing in particular is wanted, what opens later is as good as what is
    open.
    """
    for scopes, valid_from, valid_until in held:
        for scope in scopes:
            first, last = window(conference, talks, scope)
            begins = max([bound for bound in (valid_from, first) if bound], default=at)
            moment = max(begins, at) if wanted is None else at
            is_open = begins <= moment and all(
                bound is None or moment < bound for bound in (valid_until, last)
            )
            if is_open and includes(talks, scope, wanted):
                return True
    return False


class Door(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        cache.clear()
        self.now = BEGAN
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(timezone, "now", lambda: self.now)
        days = {"starts_on": BEGAN.date(), "ends_on": (BEGAN + timedelta(days=1)).date()}
        self.conference = make_conference(**days)
        hall = make_room(self.conference, slug="main")
        lab = make_room(self.conference, slug="lab")
        make_talk(self.conference, code="KEY", room=hall, starts_at=BEGAN + timedelta(hours=3))
        make_talk(self.conference, code="WS", room=lab, starts_at=BEGAN + timedelta(hours=8))
        talks = self.conference.talks.select_related("room")
        self.talks = {talk.code: talk for talk in talks}
        for name, scopes in PRODUCTS.items():
            Product.objects.create(conference=self.conference, name=name, scopes=scopes)
        self.people = [make_user(email) for email in PEOPLE]
        # Two begin with a ticket, or most lives would end before anybody has one to lose.
        with self.committed():
            sold = zip(CODES, PEOPLE[:2], strict=False)
            write_tickets(self.conference, [valid_ticket(*ticket) for ticket in sold])
            for person in self.people:
                claim_tickets(self.conference, person)

    def teardown(self):
        if hasattr(self, "atomic"):
            self.patch.undo()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @contextmanager
    def committed(self):
        with TestCase.captureOnCommitCallbacks(execute=True):
            yield

    # --- What the shop does ---

    @rule(said=st.lists(tickets, min_size=1, max_size=3, unique_by=lambda ticket: ticket.code))
    def the_shop_says(self, said):
        with self.committed():
            write_tickets(self.conference, said)

    @rule(code=st.sampled_from(CODES), state=st.sampled_from(Ticket.State.values))
    def the_shop_gives_another_state(self, code, state):
        ticket = Ticket.objects.filter(conference=self.conference, code=code).first()
        if ticket is not None:
            with self.committed():
                said = ShopTicket(code, ticket.product.name, {"state": state})
                write_tickets(self.conference, [said])

    # --- What people do ---

    @rule(who=people)
    def somebody_signs_in(self, who):
        with self.committed():
            claim_tickets(self.conference, self.people[who])

    @rule(who=people, order=st.sampled_from("AB"))
    def somebody_uses_an_order_code(self, who, order):
        theirs = Ticket.objects.filter(conference=self.conference, code__startswith=order)
        with self.committed():
            claim_those(self.conference, self.people[who], theirs, Claim.Way.ORDER)

    @rule(who=people)
    def somebody_releases_a_ticket(self, who):
        claim = Claim.objects.live().filter(user=self.people[who]).first()
        if claim is not None:
            with self.committed():
                claim.release(self.now)

    # --- What organizers do ---

    @rule(
        who=people, scopes=st.sampled_from([s for s in PRODUCTS.values() if s]), until=maybe_hours
    )
    def somebody_is_let_in(self, who, scopes, until):
        if until is None or until > self.now:
            with self.committed():
                give_grant(
                    conference=self.conference,
                    email=PEOPLE[who],
                    scopes=scopes,
                    reason="crew",
                    ends_at=until,
                )

    @rule(who=people, until=maybe_hours)
    def somebody_is_shut_out(self, who, until):
        with self.committed():
            Ban(
                conference=self.conference, user=self.people[who], reason="rude", ends_at=until
            ).give()

    @rule(who=people)
    def all_bans_are_lifted(self, who):
        with self.committed():
            bans = Ban.objects.filter(user=self.people[who])
            bans.forget_admissions()
            bans.delete()

    # --- What happens ---

    @rule(minutes=st.sampled_from([1, 14, 61, 300, 1440, -90]))
    def the_clock_jumps(self, minutes):
        """What is kept is older than it may be then, except after a jump back."""
        self.now += timedelta(minutes=minutes)
        if minutes * 60 > KEPT.total_seconds():
            cache.clear()

    @rule(seconds=st.integers(1, int(KEPT.total_seconds()) - 1))
    def a_few_seconds_pass(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_cache_is_lost(self):
        cache.clear()

    # --- What is always true ---

    @invariant()
    def what_is_kept_is_what_is(self):
        held = held_in(self.conference)
        bans = list(Ban.objects.filter(conference=self.conference))
        for user in self.people:
            kept = admission_of(self.conference, user.pk)
            theirs = [ban.ends_at for ban in bans if ban.user_id == user.pk]
            for at in [self.now + later for later in LATER]:
                is_out = any(until is None or at < until for until in theirs)
                admitting = [] if is_out else held[user.pk]
                for wanted in WANTED:
                    is_let_in = refusal(self.conference, kept, wanted, at) is None
                    may = may_enter(self.conference, self.talks, admitting, wanted, at)
                    assert is_let_in == may, (user.email, wanted, at)

    @invariant()
    def a_ticket_has_one_holder(self):
        live = Claim.objects.live().values_list("ticket", flat=True)
        assert len(live) == len(set(live))


@pytest.mark.slow
@pytest.mark.django_db
def test_the_kept_admission_is_always_right():
    run_machine(
        Door,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
