"""The one rule: who may enter what, when, and why not."""

from datetime import date, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import (
    make_conference,
    make_room,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
    utc,
)
from schedule.models import Conference, Visibility
from tickets.admission.rule import (
    KEPT,
    NOBODY,
    Admission,
    Reason,
    admission_of,
    compute,
    refusal,
)
from tickets.models import Claim, Grant, Product, Ticket, User
from tickets.models.lost_deletes import is_deleted
from tickets.models.scopes import ScopeWindow, admission_key, forget_admissions

NOON = utc("2026-11-21 12:00")
HOUR = timedelta(hours=1)


@pytest.fixture
def conference(db) -> Conference:
    """In Berlin, an hour before UTC in November; its days begin at 04:00 there, 03:00 UTC."""
    return make_conference(starts_on=date(2026, 11, 20), ends_on=date(2026, 11, 22))


def person_with(conference: Conference, *scopes: str, **kw) -> User:
    user = make_user()
    make_ticket(conference, user=user, scopes=list(scopes), **kw)
    return user


def why_not(user: User, scope: str | None, at: datetime = NOON) -> Reason | None:
    conference = Conference.objects.get()
    return refusal(conference, compute(conference, user.pk), scope, at)


def test_a_ticket_for_the_conference_opens_everything(conference):
    user = person_with(conference, "conference")
    for scope in (None, "conference", "day:2026-11-21", "room:main", "talk:KEYNOTE", "replay"):
        assert why_not(user, scope) is None


def test_nobody_has_signed_in(conference):
    assert refusal(conference, None, None, NOON) is Reason.LOGIN_REQUIRED
    assert refusal(conference, None, "room:main", NOON) is Reason.LOGIN_REQUIRED


def test_no_ticket(conference, stranger):
    assert why_not(stranger, None) is Reason.TICKET_REQUIRED
    assert why_not(stranger, "room:main") is Reason.TICKET_REQUIRED


def test_nobody_at_all(conference):
    assert compute(conference, 0) == NOBODY
    assert NOBODY.refusal(None, NOON) is Reason.TICKET_REQUIRED


def test_a_canceled_ticket(conference):
    user = person_with(conference, "conference", state="canceled")
    assert why_not(user, None) is Reason.TICKET_CANCELED


@pytest.mark.parametrize("is_claimed", [True, False])
@pytest.mark.parametrize("state", ["pending", "blocked", "unknown", "canceled"])
def test_a_ticket_that_is_not_valid(conference, state, is_claimed):
    user = person_with(conference, "conference", state=state)
    if not is_claimed:
        Claim.objects.all().delete()
    assert why_not(user, None) == why_not(user, "room:main") == f"ticket_{state}"
    make_ticket(conference, user=user, state="canceled")
    assert why_not(user, None) == f"ticket_{state}"


def test_what_is_in_a_name_is_told_to_who_has_proved_the_address_and_to_nobody_else(conference):
    user = make_user()
    ticket = make_ticket(conference, holder_email=user.email, state="pending")
    bought = {"holder_email": "", "buyer_email": user.email}
    assert why_not(user, None) is Reason.TICKET_PENDING
    Ticket.objects.update(**bought)
    assert why_not(user, None) is Reason.TICKET_PENDING
    Ticket.objects.update(holder_email="other@example.com")
    assert why_not(user, None) is Reason.TICKET_REQUIRED
    Ticket.objects.update(**bought)
    EmailAddress.objects.update(verified=False)
    assert why_not(user, None) is Reason.TICKET_REQUIRED
    EmailAddress.objects.update(verified=True)
    Ticket.objects.update(holder_email=user.email)
    Claim.objects.create(ticket=ticket, user=make_user())
    assert why_not(user, None) is Reason.TICKET_REQUIRED


def test_of_several_that_one_is_named_which_can_be_mended(conference):
    user = make_user()
    for state in ("canceled", "unknown", "blocked", "pending"):
        make_ticket(conference, holder_email=user.email, state=state)
        assert why_not(user, None) == f"ticket_{state}"


@pytest.mark.parametrize(
    ("scopes", "state", "expected"),
    [
        (["conference"], "pending", "ticket_pending"),
        (["conference"], "blocked", "ticket_blocked"),
        (["conference"], "canceled", "wrong_ticket"),
        (["room:other"], "pending", "wrong_ticket"),
        (["day:2026-11-22"], "pending", "wrong_ticket"),
    ],
)
def test_beside_an_open_one_that_one_counts_which_would_open_this_now(
    conference, scopes, state, expected
):
    user = person_with(conference, "room:side")
    make_ticket(conference, holder_email=user.email, state=state, scopes=scopes)
    assert why_not(user, None) is None
    assert why_not(user, "room:main") == expected


def test_one_whose_time_passed_before_anybody_claimed_it(conference):
    user = make_user()
    make_ticket(conference, holder_email=user.email, scopes=["day:2026-11-20"])
    assert why_not(user, None) is Reason.OVER
    make_ticket(conference, holder_email=user.email, scopes=["day:2026-11-22"])
    assert why_not(user, None) is Reason.TICKET_REQUIRED


def test_a_canceled_ticket_beside_a_valid_one(conference):
    user = person_with(conference, "conference", state="canceled")
    make_ticket(conference, user=user, scopes=["room:main"])
    assert why_not(user, "room:main") is None
    assert why_not(user, "room:side") is Reason.WRONG_TICKET


def test_a_released_claim_opens_nothing(conference):
    user = person_with(conference, "conference")
    Claim.objects.update(released_at=timezone.now())
    assert why_not(user, None) is Reason.TICKET_REQUIRED


def test_a_ticket_for_another_conference(conference):
    user = make_user()
    make_ticket(make_conference(domain="other.example.org"), user=user)
    assert compute(conference, user.pk).refusal(None, NOON) is Reason.TICKET_REQUIRED


def test_a_banned_person(conference):
    user = person_with(conference, "conference")
    Grant.objects.create(conference=conference, user=user, reason="crew")
    User.objects.update(is_active=False)
    assert why_not(user, None) is Reason.TICKET_REQUIRED


def test_everything_is_public(conference, stranger):
    conference.visibility = Visibility.ALL
    conference.save()
    assert why_not(stranger, "room:main") is None
    assert refusal(conference, None, "room:main", NOON) is None


@pytest.mark.parametrize("scope", ["day:2026-11-22", "room:side", "talk:OTHER", "replay"])
def test_the_wrong_ticket(conference, scope):
    user = person_with(conference, "room:main")
    assert why_not(user, "room:main") is None
    assert why_not(user, scope) is Reason.WRONG_TICKET
    assert why_not(user, None) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-21 02:59", Reason.NOT_YET),
        ("2026-11-21 03:00", None),
        ("2026-11-21 23:30", None),
        ("2026-11-22 02:59", None),
        ("2026-11-22 03:00", Reason.OVER),
    ],
)
def test_a_day_lasts_until_the_day_boundary_at_the_venue(conference, at, expected):
    user = person_with(conference, "day:2026-11-21")
    for scope in ("day:2026-11-21", "room:main", "talk:ANY"):
        assert why_not(user, scope, utc(at)) is expected


def test_a_day_opens_neither_other_days_nor_replays(conference):
    user = person_with(conference, "day:2026-11-21")
    assert why_not(user, "day:2026-11-22") is Reason.WRONG_TICKET
    assert why_not(user, "replay") is Reason.WRONG_TICKET


def test_a_ticket_for_later_lets_into_the_lobby_already(conference):
    user = person_with(conference, "day:2026-11-22")
    assert why_not(user, None) is None
    assert why_not(user, "room:main") is Reason.NOT_YET
    assert why_not(user, None, utc("2026-11-23 12:00")) is Reason.OVER


@pytest.mark.parametrize(
    ("at", "expected"),
    [(NOON - HOUR, Reason.NOT_YET), (NOON, None), (NOON + HOUR, Reason.OVER)],
)
def test_the_window_of_the_ticket_is_half_open(conference, at, expected):
    user = person_with(conference, "conference", valid_from=NOON, valid_until=NOON + HOUR)
    assert why_not(user, "room:main", at) is expected


def test_windows_of_day_and_ticket_both_count(conference):
    user = person_with(conference, "day:2026-11-21", valid_from=NOON)
    assert why_not(user, "room:main", NOON - HOUR) is Reason.NOT_YET
    assert why_not(user, "room:main", NOON) is None
    assert why_not(user, "room:main", utc("2026-11-22 03:00")) is Reason.OVER


def test_windows_that_never_meet_open_nothing(conference):
    user = person_with(conference, "day:2026-11-21", valid_from=utc("2026-11-22 12:00"))
    for hours in range(48):
        assert why_not(user, None, NOON - 12 * HOUR + hours * HOUR) is Reason.TICKET_REQUIRED


def test_a_talk_opens_its_room_a_little_early_and_late(conference):
    workshop = make_room(conference, slug="workshop")
    talk = make_talk(conference, code="WS1", room=workshop, starts_at=NOON, ends_at=NOON + HOUR)
    user = person_with(conference, "talk:WS1")
    for scope in ("talk:WS1", "room:workshop"):
        assert why_not(user, scope, NOON - timedelta(minutes=16)) is Reason.NOT_YET
        assert why_not(user, scope, NOON - timedelta(minutes=15)) is None
        assert why_not(user, scope, NOON + HOUR + timedelta(minutes=14)) is None
        assert why_not(user, scope, NOON + HOUR + timedelta(minutes=15)) is Reason.OVER
    assert why_not(user, "room:main") is Reason.WRONG_TICKET
    talk.starts_at, talk.ends_at = NOON + HOUR, NOON + 2 * HOUR
    talk.save()
    assert why_not(user, "room:workshop", NOON + 2 * HOUR) is None


def test_a_talk_without_a_room_or_that_is_gone(conference):
    make_talk(conference, code="WS1", room=None, starts_at=NOON, ends_at=NOON + HOUR)
    user = person_with(conference, "talk:WS1", "talk:GONE")
    assert why_not(user, "talk:WS1") is None
    assert why_not(user, "talk:GONE") is Reason.WRONG_TICKET


def test_several_tickets_and_grants_add_up(conference):
    user = person_with(conference, "room:main")
    make_ticket(conference, user=user, scopes=["day:2026-11-22"])
    Grant.objects.create(
        conference=conference, user=user, scopes=["room:side"], reason="helper", ends_at=NOON
    )
    before = NOON - HOUR
    assert why_not(user, "room:main", before) is None
    assert why_not(user, "room:side", before) is Reason.NOT_YET  # by the day ticket
    Grant.objects.update(starts_at=before)
    assert why_not(user, "room:side", before) is None
    assert why_not(user, "room:side", utc("2026-11-22 12:00")) is None


def test_a_grant_from_until(conference, stranger):
    Grant.objects.create(
        conference=conference, user=stranger, reason="press", starts_at=NOON, ends_at=NOON + HOUR
    )
    Grant.objects.create(
        conference=make_conference(domain="other.example.org"), user=stranger, reason="crew"
    )
    admission = compute(conference, stranger.pk)
    assert admission.refusal("room:main", NOON - HOUR) is Reason.NOT_YET
    assert admission.refusal("room:main", NOON) is None
    assert admission.refusal("room:main", NOON + HOUR) is Reason.OVER


@pytest.mark.parametrize("email", ["speaker@example.com", "Speaker@Example.com"])
def test_speakers_come_in_for_their_own_talks(conference, room, email):
    speaker = make_speaker(conference, email=email)
    make_speaker(conference, email="")
    make_talk(
        conference, code="MINE", room=room, starts_at=NOON, ends_at=NOON + HOUR, speakers=[speaker]
    )
    make_talk(conference, code="NOT-MINE", room=room, starts_at=NOON + 5 * HOUR)
    user = make_user("speaker@example.com")
    assert why_not(user, "talk:MINE") is None
    assert why_not(user, "room:main") is None
    assert why_not(user, "talk:NOT-MINE") is Reason.WRONG_TICKET
    EmailAddress.objects.update(verified=False)
    assert why_not(user, None) is Reason.TICKET_REQUIRED


def test_an_old_grant_does_not_shorten_a_speakers_own_talk(conference, room):
    speaker = make_speaker(conference, email="speaker@example.com")
    make_talk(
        conference, code="MINE", room=room, starts_at=NOON, ends_at=NOON + HOUR, speakers=[speaker]
    )
    user = make_user("speaker@example.com")
    Grant.objects.create(
        conference=conference, user=user, reason="rehearsal", scopes=["talk:MINE"],
        starts_at=NOON - 9 * HOUR, ends_at=NOON - 8 * HOUR,
    )  # fmt: skip
    assert why_not(user, "room:main") is None


@pytest.mark.parametrize("scopes", [["nonsense"], ["day:yesterday"], [7], "conference", {}])
def test_scopes_that_nobody_understands_open_nothing(conference, scopes):
    user = person_with(conference, "conference")
    Product.objects.filter(tickets__claims__user=user).update(scopes=scopes)
    assert why_not(user, None) is Reason.TICKET_REQUIRED


def test_it_costs_three_queries(conference, room):
    user = person_with(conference, "talk:WS1", "conference")
    for _number in range(3):
        Grant.objects.create(conference=conference, user=user, reason="crew")
        make_ticket(conference, user=user, scopes=["talk:WS1"])
        make_talk(conference, room=room, speakers=[make_speaker(conference, email=user.email)])
    with CaptureQueriesContext(connection) as queries:
        compute(conference, user.pk)
    assert len(queries) == 3


def test_it_is_kept_as_plain_values(conference, attendee):
    make_ticket(conference, holder_email=attendee.email, scopes=["room:main"], state="canceled")
    make_talk(conference, code="WS9").chairs.add(attendee)
    admission = admission_of(conference, attendee.pk)
    kept, *_when = cache.get(admission_key(conference.pk, attendee.pk))
    openings, is_active, auth_hash, withheld, talks, banned_until, places, *person = kept
    assert ("conference", None, None, "") in openings
    assert withheld == (("canceled", ("room:main", None, None, "")),)
    assert talks == ("WS9",)
    assert {type(value) for value in kept} == {tuple, bool, str, type(None), int}
    assert (is_active, auth_hash) == (True, attendee.get_session_auth_hash())
    assert (banned_until, places) == (None, 2)
    assert person == [attendee.reference, attendee.display_name, attendee.short_name]
    assert Admission.unpack(kept) == admission == compute(conference, attendee.pk)
    # What Redis should have forgotten is read once a second.
    assert not is_deleted(admission_key(conference.pk, attendee.pk))
    with CaptureQueriesContext(connection) as queries:
        assert admission_of(conference, attendee.pk) == admission
    assert len(queries) == 0


def test_it_is_kept_until_the_next_edge_but_twenty_seconds_at_most(conference, monkeypatch):
    lives = []
    monkeypatch.setattr(cache, "set", lambda key, kept, seconds: lives.append(kept[2]))
    now = timezone.now()
    user = person_with(conference, "conference", valid_until=now + timedelta(seconds=5))
    admission_of(conference, user.pk)
    Ticket.objects.update(valid_until=now + HOUR, valid_from=now - HOUR)
    admission_of(conference, user.pk)
    assert 0 < lives[0] <= 5
    assert lives[1] == KEPT.total_seconds()


def test_edges():
    openings = (
        ScopeWindow("conference", NOON, NOON + HOUR),
        ScopeWindow("replay", None, NOON + 2 * HOUR),
    )
    admission = Admission(openings, is_active=True)
    assert admission.next_edge(NOON - HOUR) == NOON
    assert admission.next_edge(NOON) == NOON + HOUR
    assert admission.next_edge(NOON + HOUR) == NOON + 2 * HOUR
    assert admission.next_edge(NOON + 2 * HOUR) is None


def test_forgetting_waits_for_the_commit(conference, attendee, django_capture_on_commit_callbacks):
    key = admission_key(conference.pk, attendee.pk)
    admission_of(conference, attendee.pk)
    with django_capture_on_commit_callbacks() as callbacks:
        forget_admissions([(conference.pk, attendee.pk)])
    assert cache.get(key) is not None
    for callback in callbacks:
        callback()
    assert cache.get(key) is None


def test_a_broken_cache_lets_nobody_in_and_locks_nobody_out(conference, attendee, stranger):
    key = admission_key(conference.pk, attendee.pk)
    cache.set(key, None)
    assert admission_of(conference, attendee.pk).refusal(None, NOON) is None
    cache.delete(admission_key(conference.pk, stranger.pk))
    assert admission_of(conference, stranger.pk).refusal(None, NOON) is Reason.TICKET_REQUIRED
