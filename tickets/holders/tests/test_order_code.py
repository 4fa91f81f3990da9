"""A ticket in another address is claimed with its order code and a code to that address, and
strangers learn nothing from trying.
"""

import re
from unittest import mock

import pytest
from allauth.core.internal import ratelimit
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_conference, make_talk, make_ticket, make_user
from schedule.programme.tests.counting import is_of_the_clock
from tickets.accounts.tests.signing_in import code_in, told
from tickets.holders import order_code
from tickets.holders.order_code import (
    LIFE,
    fold_order_code,
    key_of,
    mail_code,
    tickets_of_order,
)
from tickets.models import Claim, Ticket

CLAIM = "/tickets/claim/"
CODE = "/tickets/claim/code/"


def ask(client, order="AB7C3", email="ada@work.example"):
    return client.post(CLAIM, {"order_code": order, "email": email})


def mailed_code() -> str:
    assert not re.search(r"\d{4}", str(mail.outbox[-1].subject))
    return code_in(str(mail.outbox[-1].body))


@pytest.fixture
def ticket(conference):
    return make_ticket(conference, order_code="AB7C3", holder_email="ada@work.example")


@pytest.mark.slow
def test_order_code_and_a_mailed_code_claim_the_ticket(ticket, stranger):
    client = client_of(stranger)
    assert "stranger@example.com" in client.get(CLAIM).text
    assert ask(client, " ab-7c3", "Ada@Work.example").url == CODE
    (message,) = mail.outbox
    assert message.to == ["ada@work.example"]
    assert mailed_code() in message.body
    page = client.get(CODE)
    assert 'autocomplete="one-time-code"' in page.text
    assert mailed_code() not in page.text
    assert not Claim.objects.exists()

    response = client.post(CODE, {"code": mailed_code()}, follow=True)
    assert "The ticket is yours" in response.text
    assert ticket.code in response.text
    assert (ticket.live_claim.user, ticket.live_claim.way) == (stranger, Claim.Way.ORDER)
    assert client.get("/lobby/").status_code == 200


@pytest.mark.parametrize(
    ("stored", "typed"),
    [("GAZ7S", "642 75"), ("ＡＢＣ１３", "abc13"), ("AB8", "abb"), ("Q-7/1", "#q71")],
)
def test_codes_are_compared_as_people_read_them(conference, stored, typed):
    ticket = make_ticket(conference, order_code=stored, holder_email="ada@work.example")
    assert tickets_of_order(conference, typed, "ada@work.example") == [ticket]


@pytest.mark.slow
@pytest.mark.parametrize("order", ["AB7C3", ""])
def test_the_code_of_a_ticket_does_as_well_and_gets_that_one(conference, stranger, order):
    fields = {"order_code": order, "holder_email": "ada@work.example"}
    _first, second = (make_ticket(conference, code=f"DEMO-00{n}", **fields) for n in (7, 8))
    client = client_of(stranger)
    assert ask(client, "demo 008").url == CODE
    assert "The ticket is yours" in client.post(CODE, {"code": mailed_code()}, follow=True).text
    assert second.live_claim.user == stranger
    assert Claim.objects.count() == 1
    assert tickets_of_order(conference, "DEMO-008", "bea@work.example") == []


def test_guesses_at_an_order_and_at_its_tickets_count_as_one():
    keys = {key_of(code, "a@b.example") for code in ("AB7C3", "ab7c3-1", "AB7C3-Z", "AB7C3 12")}
    assert keys == {key_of("AB7C", "a@b.example")}
    assert key_of("AB7C3", "c@b.example") not in keys
    assert key_of("OTHER", "a@b.example") not in keys


def test_eight_is_b_only_when_nothing_else_fits(conference):
    tickets = [
        make_ticket(conference, order_code=code, holder_email="ada@work.example")
        for code in ("AB8", "ABB")
    ]
    for ticket in tickets:
        assert tickets_of_order(conference, ticket.order_code, "ada@work.example") == [ticket]
    assert fold_order_code("---") == ""


@pytest.mark.parametrize(
    "kw",
    [
        {"state": "canceled"},
        {"state": "pending"},
        {"order_code": "OTHER"},
        {"order_code": ""},
        {"holder_email": "bea@work.example"},
        {"holder_email": "bea@work.example", "buyer_email": "ada@work.example"},
    ],
)
def test_other_tickets_are_not_found(conference, kw):
    make_ticket(conference, **{"order_code": "AB7C3", "holder_email": "ada@work.example", **kw})
    for typed in ("AB7C3", "", "-"):
        assert tickets_of_order(conference, typed, "ada@work.example") == []
    make_ticket(make_conference(domain="b.example"), order_code="AB7C3", buyer_email="a@b.example")
    assert tickets_of_order(conference, "AB7C3", "a@b.example") == []


@pytest.mark.slow
def test_the_buyer_gets_one_of_each_kind_and_the_rest_stay_free(conference, stranger):
    bought = {"order_code": "AB7C3", "buyer_email": "ada@work.example"}
    first, second = (make_ticket(conference, **bought) for _number in range(2))
    make_talk(conference, code="A")
    workshop = make_ticket(conference, scopes=["talk:A"], **bought)
    client = client_of(stranger)
    ask(client)
    response = client.post(CODE, {"code": mailed_code()}, follow=True)
    assert "2 tickets are yours" in response.text
    held = set(Ticket.objects.filter(claims__user=stranger))
    assert held == {first, workshop}
    assert list(Ticket.objects.unclaimed()) == [second]


@pytest.mark.slow
def test_a_ticket_that_somebody_has_stays_theirs_and_they_are_asked(ticket, stranger):
    ada = make_user("ada@work.example")
    Claim.objects.create(ticket=ticket, user=ada)
    client = client_of(stranger)
    ask(client)
    response = client.post(CODE, {"code": mailed_code()}, follow=True)
    assert "We have asked them by mail" in response.text
    assert ticket.live_claim.user == ada
    assert mail.outbox[-1].to == ["ada@work.example"]
    assert "order code of your ticket" in mail.outbox[-1].body


@pytest.mark.slow
def test_what_was_passed_on_in_between_is_not_claimed(ticket, stranger):
    client = client_of(stranger)
    ask(client)
    Ticket.objects.update(holder_email="bea@work.example")
    response = client.post(CODE, {"code": mailed_code()}, follow=True)
    assert "nothing in this order" in response.text
    assert not Claim.objects.exists()


def test_hit_and_miss_cost_and_say_the_same(ticket, stranger, settings, cache_commands):
    """With a worker, as in production: the page looks at no ticket."""
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
    }
    told = []
    for email in ("ada@work.example", "eve@work.example"):
        client = client_of(stranger)
        client.get(CLAIM)
        cache_commands.clear()
        with CaptureQueriesContext(connection) as queries:
            asked = ask(client, email=email)
            page = client.get(CODE)
            wrong = client.post(CODE, {"code": "12345678"})
        statements = [query["sql"] for query in queries if not is_of_the_clock(query["sql"])]
        plain = [re.sub(r"'[^']*'|\b\d+\b", "?", sql) for sql in statements]
        assert not any("tickets_ticket" in sql for sql in plain)
        pages = [
            re.sub(r'value="\w{64}"', "", each.text).replace(email, "") for each in (page, wrong)
        ]
        headers = [
            {name: value for name, value in each.headers.items() if name != "Expires"}
            for each in (asked, page, wrong)
        ]
        told.append((asked.status_code, headers, pages, plain, list(cache_commands)))
    assert told[0] == told[1]
    tasks = DBTaskResult.objects.values_list("task_path", "queue_name")
    assert set(tasks) == {(mail_code.module_path, "mail")}
    assert len(tasks) == 2


def test_a_miss_mails_nobody(ticket, stranger):
    client = client_of(stranger)
    ask(client, order="XXXXX")
    ask(client, email="eve@work.example")
    assert mail.outbox == []


@pytest.mark.slow
def test_five_wrong_codes_end_it(ticket, stranger):
    client = client_of(stranger)
    ask(client)
    right = mailed_code()
    for _time in range(4):
        assert "not the code" in told(client, client.post(CODE, {"code": "0000-0000"}))
    assert client.post(CODE, {"code": "0000-0000"}).url == CLAIM
    assert client.post(CODE, {"code": right}).url == CLAIM
    assert not Claim.objects.exists()


def test_a_code_is_good_for_a_quarter_of_an_hour_and_in_that_browser(ticket, stranger):
    client = client_of(stranger)
    ask(client)
    assert client_of(stranger).post(CODE, {"code": mailed_code()}).url == CLAIM
    later = order_code.time.time() + LIFE.total_seconds() + 1
    with mock.patch.object(order_code.time, "time", return_value=later):
        assert client.post(CODE, {"code": mailed_code()}).url == CLAIM
    assert not Claim.objects.exists()


@pytest.mark.slow
def test_a_script_that_guesses_codes_is_stopped(ticket):
    """Many accounts, each as fast as it can: the counter of the order stops them all."""
    guesses = 0
    with mock.patch.object(order_code, "get_random_string", return_value="98765432"):
        for number in range(12):
            client = client_of(make_user())
            for _question in range(8):
                if ask(client, order="AB7C3" if number % 2 else "ab7-c3").url != CODE:
                    break
                for _guess in range(5):
                    page = client.post(CODE, {"code": f"{guesses:08}"}, follow=True)
                    guesses += "wrong code" in page.text or "not the code" in page.text
    assert 0 < guesses <= 20
    assert len(mail.outbox) <= 5
    stopped = client_of(make_user())
    assert "Too many tries" in told(stopped, ask(stopped))


@pytest.mark.slow
def test_nor_does_one_account_try_many_orders(conference, stranger):
    client = client_of(stranger)
    answers = [ask(client, order=f"{letter}-ORDER").url for letter in "CDEFHIJKLMNO"]
    assert answers == [CODE] * 10 + [CLAIM] * 2


@pytest.mark.parametrize("path", [CLAIM, CODE])
def test_only_for_who_has_signed_in(client, conference, path):
    assert client.get(path).url.startswith("/accounts/login/")


def test_a_venue_is_one_address():
    for action in ("order_code", "confirm_order_code"):
        rates = {
            rate.per: rate for rate in ratelimit.get_rates(app="allauth.account", action=action)
        }
        assert set(rates) == {"user", "key", "ip"}
        assert rates["ip"].amount >= 1000
