import logging
import re
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from conftest import make_user
from tickets.accounts.tests.signing_in import CODE, ask_for_code, sign_in

# The page of the second factor is allauth's, and it counts on undefined variables being empty.
pytestmark = pytest.mark.ignore_template_errors

PASSWORD_PAGE = "/accounts/login/password/"
SECOND_FACTOR = "/accounts/2fa/authenticate/"
SECRET = "JBSWY3DPEHPK3PXP"
LOGGER = "tickets.accounts.sign_in_log"


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, LOGGER)
    return lambda: [record.getMessage() for record in caplog.records if record.name == LOGGER]


@pytest.fixture
def person(organizer):
    organizer.set_password("a long password")
    organizer.save()
    return organizer


def test_who_comes_in_and_goes_is_in_the_log(client, attendee, said):
    sign_in(client, attendee.email)
    client.post("/accounts/logout/")
    assert said() == [
        f"Person {attendee.pk} signed in at account_confirm_login_code.",
        f"Person {attendee.pk} signed out.",
    ]


def test_who_fails_is_in_the_log(client, person, said):
    ask_for_code(client, person.email)
    client.post(CODE, {"code": "00000000"})
    for email in (person.email, "nobody@example.com"):
        Client().post(PASSWORD_PAGE, {"login": email, "password": "wrong"})
    assert said() == [
        f"A wrong mailed code for person {person.pk} at account_confirm_login_code.",
        f"A wrong password for person {person.pk} at account_login_password.",
        "A wrong password for nobody at account_login_password.",
    ]


@pytest.mark.slow
def test_the_second_factor_is_in_the_log(client, person, said, django_capture_on_commit_callbacks):
    client.post(PASSWORD_PAGE, {"login": person.email, "password": "a long password"})
    activate = "/accounts/2fa/totp/activate/"
    client.post(f"/accounts/reauthenticate/?next={activate}", {"password": "a long password"})
    secret = re.search(r'value="([A-Z2-7]{32})"', client.get(activate).text)[1]
    code = format_hotp_value(hotp_value(secret, int(time.time() // 30)))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(activate, {"code": code})
    client.post("/accounts/2fa/totp/deactivate/")
    assert f"Person {person.pk} has added a second factor: totp." in said()
    assert f"Person {person.pk} has removed a second factor: totp." in said()


def test_a_wrong_second_factor_is_in_the_log(client, person, said):
    TOTP.activate(person, SECRET)
    client.post(PASSWORD_PAGE, {"login": person.email, "password": "a long password"})
    client.post(SECOND_FACTOR, {"code": "000000"})
    assert said() == [f"A wrong totp code for person {person.pk} at mfa_authenticate."]


def test_no_address_is_in_it(client, conference, said):
    person = make_user("ada@example.com")
    sign_in(client, person.email)
    Client().post(PASSWORD_PAGE, {"login": "ada@example.com", "password": "wrong"})
    assert len(said()) == 2
    assert "ada" not in " ".join(said())
