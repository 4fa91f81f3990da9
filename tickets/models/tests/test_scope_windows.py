"""When scopes are open."""

from datetime import timedelta

import pytest

from conftest import make_conference, make_talk, make_ticket, make_user, utc
from tickets.models import Grant
from tickets.models.scopes import (
    HeldScope,
    Scope,
    ScopeWindow,
    parse_scope,
    talk_window,
    talk_windows,
    windows,
)

NOON = utc("2026-11-21 12:00")
HOUR = timedelta(hours=1)
LATER = NOON + HOUR


@pytest.fixture
def conference(db):
    """In Berlin; its days begin at 04:00 there."""
    return make_conference(starts_on=NOON.date(), ends_on=NOON.date())


@pytest.mark.parametrize("text", ["conference", "room:main", "replay"])
def test_some_scopes_are_always_open(conference, text):
    held = [HeldScope(parse_scope(text))]
    assert list(windows(held, conference, {})) == [ScopeWindow(text, None, None)]


def test_a_day_is_open_as_long_as_the_conference_counts_it(conference):
    """The first one from midnight: before it there is no day to which the night could belong."""
    [window] = windows([HeldScope(Scope("day", "2026-11-21"))], conference, {})
    assert window[1:3] == (utc("2026-11-20 23:00"), utc("2026-11-22 03:00"))


def test_a_talk_is_open_a_little_longer_than_it_takes(conference):
    talks = {"WS": talk_window("WS", NOON, LATER, "lab")}
    quarter = timedelta(minutes=15)
    expected = ScopeWindow("talk:WS", NOON - quarter, LATER + quarter, "lab")
    held = [HeldScope(Scope("talk", code)) for code in ("WS", "GONE")]
    assert list(windows(held, conference, talks)) == [expected]


def test_the_talks_are_read_once_and_only_where_there_are_some(
    conference, django_assert_num_queries
):
    make_talk(conference, code="WS", starts_at=NOON)
    make_talk(conference, code="OTHER", starts_at=NOON)
    make_talk(make_conference(domain="other.example.org"), code="WS")
    with django_assert_num_queries(0):
        assert talk_windows(conference, [HeldScope(Scope("replay"))]) == {}
    held = [HeldScope(Scope("talk", code)) for code in ("WS", "WS", "GONE")]
    with django_assert_num_queries(1):
        talks = talk_windows(conference, held)
    assert [talk.room for talk in talks.values()] == [""]


@pytest.mark.parametrize(
    ("window", "held", "part"),
    [
        ((None, None), (None, None), (None, None)),
        ((NOON, None), (None, LATER), (NOON, LATER)),
        ((None, LATER), (NOON, None), (NOON, LATER)),
        ((NOON, LATER), (NOON - HOUR, LATER + HOUR), (NOON, LATER)),
        ((NOON - HOUR, LATER + HOUR), (NOON, LATER), (NOON, LATER)),
        ((NOON, LATER), (LATER, None), None),
        ((NOON, LATER), (None, NOON), None),
        ((None, None), (LATER, NOON), None),
    ],
)
def test_both_have_to_last(window, held, part):
    found = ScopeWindow("conference", *window).within(*held)
    assert found == (ScopeWindow("conference", *part) if part else None)


def test_a_window_is_half_open():
    window = ScopeWindow("conference", NOON, LATER)
    assert [window.has_begun_at(at) for at in (NOON - HOUR, NOON, LATER)] == [False, True, True]
    assert [window.is_over_at(at) for at in (NOON - HOUR, NOON, LATER)] == [False, False, True]
    always = ScopeWindow("conference")
    assert always.has_begun_at(NOON) and not always.is_over_at(NOON)


def test_what_tickets_and_grants_hold(conference):
    """Each scope as long as the ticket or grant lasts. What cannot be read opens nothing."""
    ticket = make_ticket(conference, scopes=["room:main", "day:2026-11-21"], valid_until=NOON)
    grant = Grant(
        conference=conference, user=make_user(), scopes=["replay", "nonsense"], starts_at=LATER
    )
    assert list(windows(ticket.held_scopes, conference, {})) == [
        ScopeWindow("room:main", None, NOON),
        ScopeWindow("day:2026-11-21", utc("2026-11-20 23:00"), NOON),
    ]
    assert list(windows(grant.held_scopes, conference, {})) == [ScopeWindow("replay", LATER, None)]
