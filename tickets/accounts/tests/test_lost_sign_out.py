"""A sign-out or a refund while Redis is away counts when it is back, whoever was restarted meanwhile."""

import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.db import OperationalError
from django.test import Client

from conftest import client_of
from lib import cached
from lib.redis_cache import known_of
from lib.steady.breaker import Breaker
from lib.steady.postgresql import base
from tickets.admission import rule
from tickets.admission.rule import admission_of
from tickets.models import LostDelete
from tickets.models.scopes import forget_admissions

pytestmark = pytest.mark.services

LOGOUT = "/accounts/logout/"


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


@pytest.mark.parametrize("redis_too", [False, True])
def test_a_sign_out_without_the_database_says_what_it_could_not_do(
    signed_in, lose_the_database, redis_too
):
    browser, _name = signed_in
    lose_the_database()
    with redis_out_of_reach() if redis_too else contextlib.nullcontext():
        answer = browser.post(LOGOUT)
    assert answer.status_code == 503
    assert "signed out in this browser alone" in answer.text
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
