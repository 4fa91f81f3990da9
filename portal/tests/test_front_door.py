"""What doctor sees at the front door: what the app says of the request is planted, the way is real."""

import json
from datetime import timedelta

import pytest
from django.test import RequestFactory

from conftest import client_of
from portal import front_door
from portal.tests.test_doctor import found, levels


@pytest.fixture
def site(internet, settings, conference):
    """What the app says of the request is planted; the way to it is real."""
    settings.HTTPS, settings.TRUSTED_PROXIES = True, 1
    conference.domain = "live.example.org"
    conference.save()
    seen = {"client": "198.51.100.1", "is_secure": True, "passed": ["198.51.100.1"]}

    def answers(**changed):
        internet.page("live.example.org/healthz", json.dumps(seen | changed))

    answers()
    return answers


def test_front_door(site, internet):
    assert levels("front_door") == ["ok"]
    (_place, headers, _data) = internet.asked[-1]
    assert headers["X-Forwarded-For"] == front_door.FORGED


def test_front_door_that_does_not_answer(site, internet):
    internet.pages.clear()
    assert levels("front_door") == ["error"]
    internet.page("live.example.org/healthz", "ok")
    assert levels("front_door") == ["error"]


@pytest.mark.parametrize(
    ("trusted", "changed", "text"),
    [
        (1, {"client": front_door.FORGED}, "name any address"),
        (2, {}, "requests pass 1"),
        (0, {}, "count as one"),
        (1, {"is_secure": False}, "plain HTTP"),
    ],
)
def test_front_door_with_wrong_proxies(site, settings, trusted, changed, text):
    settings.TRUSTED_PROXIES = trusted
    site(**changed)
    assert [(level, text in words) for level, words in found("front_door")] == [("error", True)]


def test_only_doctor_is_told_who_is_seen(settings):
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/healthz", headers={"X-Forwarded-For": "198.51.100.1"})
    assert front_door.what_is_seen(request) is None
    request.META["HTTP_X_FRONT_ROW_QUESTION"] = "Whom do you see?:forged"
    assert front_door.what_is_seen(request) is None
    answer = client_of(None).get(
        "/healthz",
        headers={front_door.HEADER: front_door._signer().sign(front_door.QUESTION)},
    )
    assert "client" in answer.json()


def test_certificates(site, monkeypatch):
    # It lives a day.
    assert levels("certificates") == ["error"]
    monkeypatch.setattr(front_door, "ALMOST_OVER", timedelta(hours=1))
    assert levels("certificates") == ["warning"]
    monkeypatch.setattr(front_door, "RENEWED_BEFORE", timedelta(hours=1))
    assert levels("certificates") == ["ok"]


def test_certificate_of_somebody_else(site, conference):
    conference.domain = "live.example.net"
    conference.save()
    assert levels("certificates") == ["error"]
