"""A session is of one conference: what its cookie does on another host, and what it leaves alone."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from conftest import client_of, make_conference, make_ticket, make_user, settle
from schedule.models import Conference
from tickets.accounts.sessions import SessionStore
from tickets.accounts.tests.signing_in import CODE, LOGIN, ask_for_code, last_code, sign_in
from tickets.accounts.tests.test_hand_over import let_in
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.holders.links import link_to, url_of

PASSWORD = "correct horse battery"  # noqa: S105 - of a made-up person
ONE, TWO = "one.example.org", "two.example.org"


@pytest.fixture
def conferences(db):
    both = [make_conference(domain=host) for host in (ONE, TWO)]
    settle()
    return both


@pytest.fixture
def person(conferences):
    user = make_user("ada@example.com")
    for conference in conferences:
        make_ticket(conference, user=user)
    return user


def replayed(client, host=TWO):
    """A browser that brings the cookies of another host."""
    other = Client(headers={"host": host})
    for name, morsel in client.cookies.items():
        other.cookies[name] = morsel.value
    return other


def key_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def name_at(client):
    return client.get("/me.json").json()["name"]


def stored(key):
    return SessionStore(key).load()


POSTS = {
    "/accounts/logout/": {},
    LOGIN: {"email": "ada@example.com"},
    CODE: {"code": "0000-0000"},
    "/my/zone/": {"zone": "Asia/Seoul"},
    "/my/devices/end-others/": {},
    "/my/devices/add/": {},
    "/in/": {"code": "BCDFGHJK"},
    "/in/wait/": {},
    "/admin/logout/": {},
    "/admin/login/": {"username": "ada@example.com", "password": "x"},
}


@pytest.mark.parametrize("path", POSTS)
def test_nothing_that_is_done_elsewhere_touches_it(person, path):
    client = client_of(person, ONE)
    before = stored(key_of(client))
    elsewhere = replayed(client)
    elsewhere.post(path, POSTS[path])
    assert name_at(client) == "ada"
    assert stored(key_of(client)) == before
    assert name_at(elsewhere) is None


def test_what_is_written_elsewhere_has_a_key_of_its_own(person):
    """Else who signs in there would be signed in here."""
    client = client_of(person, ONE)
    stranger = make_user("eve@example.com")
    elsewhere = replayed(client)
    sign_in(elsewhere, stranger.email)
    assert name_at(elsewhere) == "eve"
    assert name_at(client) == "ada"
    assert {row.session_key for row in Session.objects.all()} == {key_of(client), key_of(elsewhere)}


def test_a_code_that_was_asked_for_elsewhere_opens_nothing(person):
    """Nor anything else that waits in a session: the second step, the offer to another device."""
    client = Client(headers={"host": ONE})
    ask_for_code(client, person.email)
    elsewhere = replayed(client)
    elsewhere.post(CODE, {"code": last_code()})
    assert name_at(elsewhere) is None
    client.post(CODE, {"code": last_code()})
    assert name_at(client) == "ada"


STORE_ACTS = {
    "flush": lambda session: session.flush(),
    "clear": lambda session: (session.clear(), session.save()),
    "delete": lambda session: session.delete(),
    "save": lambda session: session.save(),
    "cycle": lambda session: (session.cycle_key(), session.save()),
    "write": lambda session: (session.update({"x": 1}), session.save()),
}


@pytest.mark.parametrize("act", STORE_ACTS)
def test_the_store_itself_leaves_it_alone(person, conferences, act):
    """Also where it is changed before anybody has read it."""
    key = key_of(client_of(person, ONE))
    before = stored(key)
    STORE_ACTS[act](SessionStore(key, here=lambda: conferences[1].pk))
    assert stored(key) == before
    STORE_ACTS[act](SessionStore(key, here=lambda: conferences[0].pk))
    assert (stored(key) == before) == (act == "save")


@pytest.mark.parametrize("data", [{}, {"conference": None}, {"conference": "1"}, {"conference": 0}])
def test_a_session_that_does_not_say_its_conference_is_nobodys(person, data):
    client = client_of(person, ONE)
    session = client.session
    del session["conference"]
    session.update(data)
    session.save()
    assert name_at(client) is None


def test_the_host_without_a_conference_has_its_own(conferences):
    root = make_user("root@example.com", is_superuser=True)
    here = client_of(root, "nobody.example.org")
    assert here.get("/admin/").status_code == 200
    assert name_at(replayed(here, ONE)) is None
    at_one = client_of(root, ONE)
    assert at_one.get("/admin/").status_code == 200
    assert "login" in replayed(at_one, "nobody.example.org").get("/admin/").url


def test_a_conference_that_moves_takes_its_sessions_with_it(person, conferences):
    client = client_of(person, ONE)
    Conference.objects.filter(domain=ONE).update(domain="new.example.org")
    settle()
    assert name_at(replayed(client, "new.example.org")) == "ada"
    Conference.objects.filter(domain=TWO).update(domain=ONE)
    settle()
    assert name_at(replayed(client, ONE)) is None


def test_signing_in_once_more_changes_the_key(person, conferences):
    """Whoever had the cookie of the session that began by a link has not what it becomes."""
    ticket = person.claims.get(ticket__conference=conferences[0]).ticket
    client = Client(headers={"host": ONE})
    client.post(url_of(link_to(ticket), ""))
    old = replayed(client, ONE)
    assert SignIn.of(stored(key_of(old))).way == SignInWay.LINK
    phone = client_of(person, ONE)
    # By which one may come in while signed in: the login pages send away who is.
    let_in(phone, client)
    client.post("/in/wait/")
    assert SignIn.of(stored(key_of(client))).way == SignInWay.HANDED_OVER
    assert name_at(client) == "ada"
    assert name_at(old) is None


def by_code(client):
    sign_in(client, "ada@example.com")


def by_password(client):
    client.post("/accounts/login/password/", {"login": "ada@example.com", "password": PASSWORD})


@pytest.mark.parametrize("come_in", [by_code, by_password])
def test_it_ends_a_fortnight_after_the_sign_in_whatever_is_written(person, come_in, monkeypatch):
    """allauth sets the end itself after a password, and not after a code."""
    person.set_password(PASSWORD)
    person.save()
    client = Client(headers={"host": ONE})
    come_in(client)
    end = Session.objects.get(pk=key_of(client)).expire_date
    later = timezone.now() + timedelta(days=10)
    monkeypatch.setattr(timezone, "now", lambda: later)
    session = SessionStore(key_of(client))
    session["x"] = 1
    session.save()
    assert stored(key_of(client))["x"] == 1
    assert Session.objects.get(pk=key_of(client)).expire_date == end


def test_only_a_new_key_begins_a_new_fortnight(conferences, monkeypatch):
    session = SessionStore(here=lambda: None)
    session.save()
    first = session.get_expiry_date()
    later = timezone.now() + timedelta(days=10)
    monkeypatch.setattr(timezone, "now", lambda: later)
    session["x"] = 1
    session.save()
    assert session.get_expiry_date() == first
    session.cycle_key()
    assert session.get_expiry_date() == later + timedelta(seconds=settings.SESSION_COOKIE_AGE)


def test_a_post_from_the_other_host_is_refused(person):
    client = client_of(person, ONE)
    client.handler.enforce_csrf_checks = True
    token = client.get("/me.json").json()["csrf_token"]
    refused = client.post(
        "/my/zone/",
        {"zone": "Asia/Seoul"},
        headers={"origin": f"http://{TWO}", "x-csrftoken": token},
    )
    assert refused.status_code == 403
    done = client.post(
        "/my/zone/",
        {"zone": "Asia/Seoul"},
        headers={"origin": f"http://{ONE}", "x-csrftoken": token},
    )
    assert done.status_code == 302
