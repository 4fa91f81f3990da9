"""The second factor where allauth leaves something to decide. Who needs one is tested in the portal."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from tickets.accounts.tests.signing_in import signed_in_as

pytestmark = pytest.mark.ignore_template_errors

SECOND_FACTOR = "/accounts/2fa/authenticate/"
SECRET = "JBSWY3DPEHPK3PXP"
SEED = "5eed" * 20


@pytest.fixture
def person(organizer):
    organizer.set_password("a long password")
    organizer.save()
    TOTP.activate(organizer, SECRET)
    return organizer


def second_step(person):
    client = Client()
    login = {"login": person.email, "password": "a long password"}
    assert client.post("/accounts/login/password/", login).url == SECOND_FACTOR
    return client


def test_its_secrets_are_sealed_in_the_database(person, monkeypatch):
    monkeypatch.setattr(RecoveryCodes, "generate_seed", staticmethod(lambda: SEED))
    RecoveryCodes.activate(person)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert len(RecoveryCodes.activate(person).get_unused_codes()) == 10
    assert SECRET not in stored
    assert SEED not in stored


def test_a_code_of_an_app_is_good_once_although_allauth_has_forgotten_it(person):
    code = format_hotp_value(hotp_value(SECRET, int(time.time() // 30)))
    first = second_step(person)
    first.post(SECOND_FACTOR, {"code": code})
    assert signed_in_as(first) == str(person.pk)
    cache.delete(f"allauth.mfa.totp.used?user={person.pk}&code={code}")  # after half a minute
    second = second_step(person)
    for spelled in (code, f"{code[:3]} {code[3:]}"):
        second.post(SECOND_FACTOR, {"code": spelled})
        assert signed_in_as(second) is None


def test_a_recovery_code_is_good_once(person):
    [code, *_others] = RecoveryCodes.activate(person).generate_codes()
    first, second = second_step(person), second_step(person)
    for client in (first, second):
        client.post(SECOND_FACTOR, {"code": code})
    assert signed_in_as(first) == str(person.pk)
    assert signed_in_as(second) is None


def test_what_cannot_be_read_any_more_lets_nobody_in(person):
    client = second_step(person)
    Authenticator.objects.update(data={"secret": "sealed with another key"})
    response = client.post(SECOND_FACTOR, {"code": "123456"})
    assert response.status_code == 403
    assert signed_in_as(client) is None
