"""A sign-out or a refund while Redis is away counts when it is back, whoever was restarted meanwhile."""

import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.db import OperationalError
from django.test import Client

from conftest import client_of
from lib import cached
from lib.redis_cache import known_of
from lib.steady.breaker import Breaker
from lib.steady.postgresql import base
from tickets.accounts.sessions import SessionStore
from tickets.admission import rule
from tickets.admission.rule import admission_of
from tickets.models import LostDelete, lost_deletes
from tickets.models.scopes import forget_admissions

pytestmark = pytest.mark.services

LOGOUT, ADMIN_LOGOUT = "/accounts/logout/", "/admin/logout/"


@contextlib.contextmanager
def redis_out_of_reach():
    """It goes on, and nobody finds it: what it is told meanwhile does not wait for it anywhere."""
    address = Path(urlsplit(settings.REDIS_URL).path)
    elsewhere = address.with_suffix(".elsewhere")
    address.rename(elsewhere)
    cache.client.get_client().connection_pool.disconnect()
    try:
        yield
    finally:
        elsewhere.rename(address)


def restart():
    """The app begins again: it remembers nothing of its own."""
    del caches["default"]
    known_of.cache_clear()
    cached.clear()


@pytest.fixture
def lose_the_database(monkeypatch):
    def lose() -> None:
        breaker = Breaker("The database", 60.0)
        breaker.failed(OperationalError())
        monkeypatch.setattr(base, "breaker", breaker)

    return lose


@pytest.fixture
def signed_in(attendee):
    """A browser, and who asks with a copy of its cookie: what name the site gives them."""
    browser = client_of(attendee)
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value

    def name_of_copy() -> str | None:
        copy = Client()
        copy.cookies[settings.SESSION_COOKIE_NAME] = key
        name: str | None = copy.get("/me.json").json()["name"]
        return name

    assert name_of_copy() == "Ada"
    yield browser, name_of_copy
    lost_deletes._lost_rows.clear()
    restart()


def test_a_sign_out_counts_after_a_restart(signed_in):
    browser, name_of_copy = signed_in
    with redis_out_of_reach():
        assert browser.post(LOGOUT).status_code == 302
        restart()
        assert name_of_copy() is None
    restart()
    assert name_of_copy() is None


def test_once_it_is_made_up_for_nothing_is_left_to_look_at(signed_in):
    browser, name_of_copy = signed_in
    with redis_out_of_reach():
        browser.post(LOGOUT)
    assert LostDelete.objects.exists()
    restart()
    name_of_copy()
    assert not LostDelete.objects.exists()
    restart()
    assert name_of_copy() is None


def test_a_refund_counts_after_a_restart(
    conference, attendee, monkeypatch, django_capture_on_commit_callbacks
):
    admission_of(conference, attendee.pk)
    with redis_out_of_reach(), django_capture_on_commit_callbacks(execute=True):
        forget_admissions([(conference.pk, attendee.pk)])
    restart()
    monkeypatch.setattr(rule, "compute", lambda *_: pytest.fail("It was worked out anew."))
    with pytest.raises(pytest.fail.Exception):
        admission_of(conference, attendee.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [LOGOUT, ADMIN_LOGOUT])
def test_a_sign_out_while_the_database_is_away_counts_when_it_is_back(
    signed_in, lose_the_database, path
):
    browser, name_of_copy = signed_in
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    lose_the_database()
    answer = browser.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
    assert name_of_copy() is None
    base.breaker.worked()
    assert name_of_copy() is None
    assert not Session.objects.filter(pk=key).exists()
    cache.clear()
    assert name_of_copy() is None, "it came back from its row"


@pytest.mark.django_db(transaction=True)
def test_it_counts_after_a_restart_as_well(signed_in, lose_the_database):
    browser, name_of_copy = signed_in
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    lose_the_database()
    browser.post(LOGOUT)
    lost_deletes._lost_rows.clear()
    restart()
    base.breaker.worked()
    assert name_of_copy() is None
    assert not Session.objects.filter(pk=key).exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_asked_before_does_not_bring_it_back(signed_in, lose_the_database):
    browser, name_of_copy = signed_in
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    asked_before = SessionStore(key)
    asked_before["zone"] = "Asia/Seoul"
    lose_the_database()
    browser.post(LOGOUT)
    base.breaker.worked()
    with pytest.raises(UpdateError):
        asked_before.save()
    assert name_of_copy() is None


@pytest.mark.django_db(transaction=True)
def test_nobody_fills_the_cache_with_keys_of_their_own(signed_in, lose_the_database):
    browser, _name = signed_in
    browser.cookies[settings.SESSION_COOKIE_NAME] = key = "x" * 200
    lose_the_database()
    assert browser.post(LOGOUT).status_code == 503
    assert cache.get(SessionStore.cache_key_prefix + key) is None


@pytest.mark.django_db(transaction=True)
def test_without_both_it_says_what_it_could_not_do(signed_in, lose_the_database):
    browser, _name = signed_in
    lose_the_database()
    with redis_out_of_reach():
        answer = browser.post(LOGOUT)
    assert answer.status_code == 503
    assert "signed out in this browser alone" in answer.text
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
