"""A signed-in device lets another one in, and nobody who only read its screen."""

import re
import time
from unittest import mock

import pytest
from django.core.cache import cache
from django.test import Client

from conftest import client_of, make_conference, make_ticket, make_user
from tickets.accounts.devices import hand_over
from tickets.accounts.tests.signing_in import signed_in_as, told
from tickets.models import User

ADD = "/my/devices/add/"
ANSWER = "/my/devices/add/answer/"
IN = "/in/"
WAIT = "/in/wait/"


def shown_code(phone: Client) -> str:
    phone.post(ADD)
    found = re.search(r">([A-Z]{4}-[A-Z]{4})<", phone.get(ADD).text)
    assert found
    return found[1]


def shown_number(client: Client, path: str) -> str:
    found = re.search(r"handover-code digits\"[^>]*>(\d\d)<", client.get(path).text)
    assert found
    return found[1]


def let_in(phone: Client, laptop: Client) -> None:
    laptop.post(IN, {"code": shown_code(phone)})
    number = shown_number(laptop, WAIT)
    phone.post(ANSWER, {"answer": "yes", "number": number})


@pytest.fixture
def phone(attendee):
    return client_of(attendee)


@pytest.mark.slow
def test_the_other_device_comes_in(phone, client, attendee):
    assert "Show a code" in phone.get(ADD).text
    code = shown_code(phone)
    page = phone.get(ADD).text
    assert "data:image/svg+xml;base64," in page
    assert 'http-equiv="refresh"' in page
    assert client.post(IN, {"code": code.lower().replace("-", " ")}).url == WAIT
    waiting = client.get(WAIT).text
    assert 'http-equiv="refresh"' in waiting
    assert "example.com" not in waiting

    number = shown_number(client, WAIT)
    assert shown_number(phone, ADD) == number
    assert 'http-equiv="refresh"' not in phone.get(ADD).text
    phone.post(ANSWER, {"answer": "yes", "number": number})
    assert "push “Come in”" in phone.get(ADD).text
    assert "a***@example.com" in client.get(WAIT).text
    assert signed_in_as(client) is None

    assert client.post(WAIT).url == "/lobby/"
    assert signed_in_as(client) == str(attendee.pk)
    assert client.get("/lobby/").status_code == 200
    assert "Your other device is in" in phone.get(ADD).text


def test_the_picture_leads_to_the_code(phone, client):
    code = shown_code(phone)
    page = client.get(IN, {"code": code.replace("-", "")})
    assert f'value="{code.replace("-", "")}"' in page.text


def test_it_is_good_once(phone, client):
    """Also for two requests of that device at the same moment."""
    let_in(phone, client)
    sessions = [client.session, client.session]
    assert all(hand_over.request_of(session).user for session in sessions)
    assert [hand_over.use_up(session) for session in sessions] == [True, False]
    assert client.post(WAIT).url == IN
    assert signed_in_as(client) is None


def test_no_ends_it(phone, client):
    code = shown_code(phone)
    phone.post(ANSWER, {"answer": "no"})
    assert "no longer, good" in told(client, client.post(IN, {"code": code}))


def test_without_a_yes_nobody_comes_in(phone, client):
    client.post(IN, {"code": shown_code(phone)})
    assert "Say yes on the other device" in client.post(WAIT).text
    assert signed_in_as(client) is None


def test_the_first_that_asks_is_the_only_one(phone, client):
    """Who reads the code over a shoulder is too late, or shows another number."""
    code = shown_code(phone)
    thief = Client()
    thief.post(IN, {"code": code})
    assert "no longer, good" in told(client, client.post(IN, {"code": code}))
    assert client.get(WAIT).url == IN
    phone.post(ANSWER, {"answer": "no", "number": shown_number(phone, ADD)})
    assert thief.get(WAIT).url == IN
    assert signed_in_as(thief) is None


@pytest.mark.slow
def test_another_number_is_not_confirmed(phone, client):
    client.post(IN, {"code": shown_code(phone)})
    number = shown_number(client, WAIT)
    for wrong in (str(109 - int(number)), "", "x", "²"):
        page = phone.post(ANSWER, {"answer": "yes", "number": wrong}, follow=True)
        assert "Begin again with a new code" in page.text
    assert client.post(WAIT).status_code == 200
    assert signed_in_as(client) is None


def test_after_five_minutes_it_is_over(phone, client):
    client.post(IN, {"code": shown_code(phone)})
    number = shown_number(client, WAIT)
    later = time.time() + hand_over.LIFE_SECONDS + 1
    with mock.patch.object(hand_over.time, "time", return_value=later):
        assert "Show a code" in phone.get(ADD).text
        phone.post(ANSWER, {"answer": "yes", "number": number})
    assert client.post(WAIT).status_code == 200
    cache.clear()  # as it does by itself
    assert client.post(WAIT).url == IN


def test_a_new_code_ends_the_old_one(phone, client):
    old, new = shown_code(phone), shown_code(phone)
    assert old != new
    assert "no longer, good" in told(client, client.post(IN, {"code": old}))
    assert client.post(IN, {"code": new}).url == WAIT


def test_accounts_that_may_more_sign_in_by_themselves(phone, client, attendee):
    let_in(phone, client)
    User.objects.update(is_superuser=True)
    assert client.post(WAIT).url == IN
    assert signed_in_as(client) is None
    page = phone.get(ADD).text
    assert "has to sign in by itself" in page
    assert "Show a code" not in page


def test_a_closed_account_lets_nobody_in(phone, client):
    let_in(phone, client)
    User.objects.update(is_active=False)
    assert client.post(WAIT).url == IN
    assert signed_in_as(client) is None


def test_a_code_belongs_to_its_conference(phone, client, conference):
    other = make_conference(domain="other.example.org")
    make_ticket(other, user=make_user())
    code = shown_code(phone)
    there = {"host": "other.example.org"}
    page = client.post(IN, {"code": code}, headers=there, follow=True)
    assert "no longer, good" in page.text


def test_the_code_itself_is_stored_nowhere(phone):
    code = shown_code(phone).replace("-", "")
    assert code not in str(dict(phone.session))
    assert cache.get(f"handover:{code}") is None


@pytest.mark.slow
def test_guessing_is_stopped(phone, client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"take_handover": "3/5m/key,6/h/ip"}
    pages = [told(client, client.post(IN, {"code": "BCDF-GHJK"})) for _time in range(4)]
    assert ["Too many tries" in page for page in pages] == [False] * 3 + [True]
    for number in range(9):
        last = client.post(IN, {"code": f"BCDF-GHJ{hand_over.ALPHABET[number]}"})
    assert "Too many tries" in told(client, last)
    assert "Too many tries" in told(client, client.post(IN, {"code": shown_code(phone)}))


def test_it_says_so_when_there_is_nowhere_to_keep_a_code(phone):
    away = mock.Mock(**{"add.return_value": False, "get.return_value": None})
    with mock.patch.object(hand_over, "cache", away):
        page = phone.post(ADD, follow=True)
    assert "does not work right now" in page.text


def test_only_who_is_signed_in_gets_a_code(client, conference):
    assert client.post(ADD).url.startswith("/accounts/login/")
    assert client.post(ANSWER).url.startswith("/accounts/login/")
    assert client.get(WAIT).url == IN
