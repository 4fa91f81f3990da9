"""Whoever works for a conference is admitted to it: everywhere, or to where they work."""

from datetime import timedelta

import pytest
from django.test import TestCase
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_role,
    make_room,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from schedule.changes.recorder import ChangeRecorder
from schedule.models import Change, Conference
from tickets.admission.rule import PLACES_BY_GRANT, Reason, admission_of, compute
from tickets.models import Ban, Role
from tickets.models.roles import ADMITTED_EVERYWHERE

# Of the talk that is on in the main room now, and of one that is over in another.
LIVE, OVER = "LIVE", "OVER"
SCOPES = (None, "room:main", "room:side", "talk:LIVE", "talk:OVER", "replay")


@pytest.fixture
def here(conference, room):
    make_talk(conference, room=room, code=LIVE)
    long_ago = timezone.now() - timedelta(hours=5)
    make_talk(conference, room=make_room(conference, slug="side"), code=OVER, starts_at=long_ago)
    return conference


def superuser(_here):
    return make_user(is_superuser=True)


def helper(here):
    user = make_user()
    here.rooms.get(slug="main").helpers.add(user)
    return user


def chair(here):
    user = make_user()
    for talk in here.talks.all():
        talk.chairs.add(user)
    return user


def having(kind):
    def make(here):
        return make_role(here, kind)

    make.__name__ = kind
    return make


EVERYTHING = set(SCOPES)
ADMITTED = [
    (superuser, EVERYTHING),
    (having("organizer"), EVERYTHING),
    (having("moderator"), EVERYTHING),
    (having("helpdesk"), {None}),
    (helper, {None, "room:main"}),
    (chair, {None, "room:main", "talk:LIVE"}),
]
WORKERS = [make for make, _opens in ADMITTED]
by_worker = pytest.mark.parametrize("make", WORKERS, ids=[make.__name__ for make in WORKERS])


@pytest.mark.parametrize(
    ("make", "opens"), ADMITTED, ids=[make.__name__ for make, _opens in ADMITTED]
)
def test_where_they_come_in(here, make, opens, django_assert_max_num_queries):
    user = make(here)
    with django_assert_max_num_queries(3):
        admission = compute(here, user.pk)
    now = timezone.now()
    assert {scope for scope in SCOPES if admission.refusal(scope, now) is None} == opens


def test_every_role_is_among_them():
    assert {make.__name__ for make in WORKERS} >= set(Role.Kind.values)
    assert set(ADMITTED_EVERYWHERE) < set(Role.Kind)


@pytest.mark.slow
@by_worker
def test_the_pages_of_the_site_are_open_to_them_also_at_another_moment(here, make):
    Conference.objects.update(visibility="hidden")
    settle()
    client = client_of(make(here))
    assert client.get("/lobby/").status_code == 200
    assert client.get("/schedule/").status_code == 200
    tomorrow = timezone.now() + timedelta(days=1)
    chosen = client.get("/schedule/", {"at": f"{tomorrow:%Y-%m-%dT%H:%M}"})
    assert chosen.wsgi_request.at_is_chosen
    assert client.get("/as-of/live.json").status_code == 200


@by_worker
def test_not_in_another_conference(here, make):
    user, other = make(here), make_conference(domain="other.example.com")
    now = timezone.now()
    expected = None if user.is_superuser else Reason.TICKET_REQUIRED
    assert compute(other, user.pk).refusal(None, now) is expected


@by_worker
def test_a_ban_keeps_them_out_superusers_apart(here, make):
    user = make(here)
    Ban.objects.create(conference=here, user=user, reason="x")
    expected = None if user.is_superuser else Reason.BANNED
    assert compute(here, user.pk).refusal(None, timezone.now()) is expected


@by_worker
def test_a_closed_account_comes_in_nowhere(here, make):
    user = make(here)
    type(user).objects.update(is_active=False)
    assert compute(here, user.pk).refusal(None, timezone.now()) is Reason.TICKET_REQUIRED


@by_worker
def test_organizers_watch_on_as_many_devices_as_they_like(here, make):
    expected = None if make.__name__ in ("superuser", "organizer") else PLACES_BY_GRANT
    assert compute(here, make(here).pk).places == expected


def test_work_adds_to_a_ticket(here):
    user = helper(here)
    make_ticket(here, user=user, scopes=["room:side"])
    now = timezone.now()
    admission = compute(here, user.pk)
    assert [admission.refusal(scope, now) for scope in ("room:main", "room:side")] == [None, None]
    assert admission.refusal("replay", now) is Reason.WRONG_TICKET


def test_a_ticket_cannot_name_what_the_help_desk_has(here):
    user = make_user()
    make_ticket(here, user=user, scopes=["pages"])
    assert compute(here, user.pk).refusal(None, timezone.now()) is Reason.TICKET_REQUIRED


# --- At once ------------------------------------------------------------------------------------


def chairs_by_a_change(conference, talk, people):
    changing = ChangeRecorder(conference, Change.Act.ADMIN)
    changing.set(talk, chairs=people)
    changing.write()


GAINS = {
    "role": lambda here, user: Role.objects.create(conference=here, user=user, kind="helpdesk"),
    "helper": lambda here, user: here.rooms.get(slug="main").helpers.add(user),
    "helper, from the person": lambda here, user: user.helped_rooms.set(here.rooms.all()),
    "chair": lambda here, user: here.talks.get(code=LIVE).chairs.add(user),
    "chair, by a change": lambda here, user: chairs_by_a_change(
        here, here.talks.get(code=LIVE), [user]
    ),
}
LOSSES = {
    "role": lambda here, user: user.roles.all().delete(),
    "helper": lambda here, user: here.rooms.get(slug="main").helpers.clear(),
    "helper, from the person": lambda here, user: user.helped_rooms.clear(),
    "chair": lambda here, user: here.talks.get(code=LIVE).chairs.remove(user),
    "chair, by a change": lambda here, user: chairs_by_a_change(
        here, here.talks.get(code=LIVE), []
    ),
}


@pytest.mark.parametrize("way", GAINS)
def test_what_is_kept_is_dropped_when_work_begins_and_ends(here, way):
    user, now = make_user(), timezone.now()
    assert admission_of(here, user.pk).refusal(None, now) is Reason.TICKET_REQUIRED
    with TestCase.captureOnCommitCallbacks(execute=True):
        GAINS[way](here, user)
    assert admission_of(here, user.pk).refusal(None, now) is None
    with TestCase.captureOnCommitCallbacks(execute=True):
        LOSSES[way](here, user)
    assert admission_of(here, user.pk).refusal(None, now) is Reason.TICKET_REQUIRED
