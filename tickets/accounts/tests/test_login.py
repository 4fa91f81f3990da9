"""Attendees sign in with a code from their mail, and the pages tell nobody who has an account."""

import re
from smtplib import SMTPServerDisconnected
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_conference, make_ticket
from tickets.accounts.tests.signing_in import (
    CODE,
    LOGIN,
    ask_for_code,
    code_in,
    last_code,
    sign_in,
    signed_in_as,
    told,
)
from tickets.models import User


def test_a_code_from_the_mail_signs_in(client, attendee):
    page = client.get(LOGIN)
    assert 'type="email"' in page.text
    assert "Send me a code" in page.text
    response = ask_for_code(client, "attendee@example.com")
    assert response.status_code == 302
    assert response.url == CODE

    page = client.get(CODE)
    assert "attendee@example.com" in page.text
    assert 'autocomplete="one-time-code"' in page.text
    assert 'inputmode="numeric"' in page.text
    assert last_code() not in page.text

    response = client.post(CODE, {"code": last_code()})
    assert response.url == "/lobby/"
    assert signed_in_as(client) == str(attendee.pk)


def test_the_mail_is_short_and_comes_from_the_conference(client, attendee, conference):
    conference.name = 'Grüße, "Welt"'
    conference.save()
    ask_for_code(client, "attendee@example.com")
    (message,) = mail.outbox
    assert message.to == ["attendee@example.com"]
    assert message.subject == 'Your code for Grüße, "Welt"'
    assert last_code() in message.body
    assert "help@testconf.example" in message.body
    assert "testserver" in message.body
    assert len(message.body) < 600
    sent = message.message()
    assert sent["From"].addresses[0].display_name == 'Grüße, "Welt"'
    assert sent["From"].addresses[0].addr_spec == "noreply@example.com"
    assert sent["Reply-To"] == "help@testconf.example"
    assert sent["Auto-Submitted"] == "auto-generated"


def test_known_and_unknown_addresses_get_the_same_answer(attendee, conference, cache_commands):
    make_ticket(conference, user=attendee)
    answers = []
    for email in ("attendee@example.com", "nobody-yet@example.com"):
        someone = Client()
        someone.get(LOGIN)
        cache_commands.clear()
        with CaptureQueriesContext(connection) as queries:
            asked = ask_for_code(someone, email)
        page = someone.get(CODE)
        without_secrets = re.sub(r'value="\w{64}"', "", page.text).replace(email, "ADDRESS")
        statements = [re.sub(r"'[^']*'|\b\d+\b", "?", query["sql"]) for query in queries]
        body = mail.outbox[-1].body.replace(last_code(), "CODE")
        answers.append(
            (
                asked.status_code,
                {name: value for name, value in asked.headers.items() if name != "Expires"},
                asked.url,
                statements,
                list(cache_commands),
                without_secrets,
                body,
            )
        )
    assert answers[0] == answers[1]
    assert len(answers[0][3]) <= 10
    assert len(mail.outbox) == 2


def test_known_and_unknown_addresses_make_the_same_task(attendee, settings):
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
    }
    tasks = []
    for email in ("attendee@example.com", "nobody-yet@example.com"):
        ask_for_code(Client(), email)
        task = DBTaskResult.objects.latest("enqueued_at")
        [message, _expires_at, entry_link] = task.args_kwargs["args"]
        unlike = {"to", "subject", "body", "headers"}
        tasks.append(
            (task.task_path, task.queue_name, task.priority, entry_link, message.keys())
            + tuple(value for name, value in message.items() if name not in unlike)
        )
        assert message["to"] == [email]
    assert tasks[0] == tasks[1]
    assert mail.outbox == []


def test_an_unknown_address_is_nobody_until_the_code_comes_back(client, conference):
    ask_for_code(client, "new@example.com")
    user = User.objects.get(email="new@example.com")
    assert not user.has_usable_password()
    assert not EmailAddress.objects.get(user=user).verified
    assert signed_in_as(client) is None
    assert client.get("/lobby/").url == LOGIN + "?next=%2Flobby%2F"

    client.post(CODE, {"code": last_code()})
    assert signed_in_as(client) == str(user.pk)
    address = EmailAddress.objects.get(user=user)
    assert address.verified
    assert address.primary


def test_asking_again_makes_no_second_account(client, conference):
    for _time in range(2):
        ask_for_code(Client(), "new@example.com")
    assert User.objects.filter(email="new@example.com").count() == 1
    assert EmailAddress.objects.filter(email="new@example.com").count() == 1


@pytest.mark.parametrize(
    "typed", ["Attendee@Example.COM", " attendee@example.com ", "ａttendee@example.com"]
)
def test_addresses_are_compared_folded(client, attendee, typed):
    sign_in(client, typed)
    assert signed_in_as(client) == str(attendee.pk)
    assert mail.outbox[0].to == ["attendee@example.com"]


def test_the_code_verifies_the_address_of_an_account_made_by_hand(client, conference):
    user = User.objects.create_superuser("root@example.com", "a long password")
    sign_in(client, "root@example.com")
    assert signed_in_as(client) == str(user.pk)
    assert EmailAddress.objects.get(user=user).verified


@pytest.mark.parametrize(
    "typed", ["{}", " {} ", "{0:.4} {0:.9}", "{} is your code for Testconf 2026", "Code: {}"]
)
def test_a_code_may_be_pasted_with_what_is_around_it(client, attendee, typed):
    ask_for_code(client, "attendee@example.com")
    code = last_code()
    typed = typed.replace("{0:.4} {0:.9}", code.replace("-", " \u00a0")).replace("{}", code)
    client.post(CODE, {"code": typed})
    assert signed_in_as(client) == str(attendee.pk)


def test_a_code_may_be_typed_in_other_digits(client, attendee):
    ask_for_code(client, "attendee@example.com")
    arabic = last_code().translate({ord("0") + digit: ord("٠") + digit for digit in range(10)})
    client.post(CODE, {"code": arabic})
    assert signed_in_as(client) == str(attendee.pk)


def other_code() -> str:
    return f"{(int(last_code().replace('-', '')) + 1) % 10**8:08}"


def test_five_wrong_codes_end_it(client, attendee):
    ask_for_code(client, "attendee@example.com", LOGIN + "?next=/rooms/main/")
    code = last_code()
    for _time in range(4):
        page = told(client, client.post(CODE + "?next=/rooms/main/", {"code": other_code()}))
        assert "This is not the code" in page
        assert other_code() not in page
    response = client.post(CODE + "?next=/rooms/main/", {"code": other_code()})
    assert response.url == LOGIN + "?next=%2Frooms%2Fmain%2F"
    assert "Ask for a new code" in client.get(response.url).text
    client.post(CODE, {"code": code})
    assert signed_in_as(client) is None


@pytest.mark.slow
def test_many_wrong_codes_at_the_same_moment_are_counted(client, attendee):
    ask_for_code(client, "attendee@example.com")
    before = client.session["account_login"]
    for _time in range(20):
        client.post(CODE, {"code": other_code()})
        session = client.session
        session["account_login"] = before  # as a request sees it that began with the first
        session.save()
    page = told(client, client.post(CODE, {"code": last_code()}))
    assert "Too many wrong codes" in page
    assert signed_in_as(client) is None


def test_a_code_lives_a_quarter_of_an_hour(client, attendee):
    ask_for_code(client, "attendee@example.com")
    now = client.session["account_login"]["initiated_at"]
    with mock.patch("time.time", return_value=now + 16 * 60):
        response = client.post(CODE, {"code": last_code()})
    assert response.url == LOGIN
    assert signed_in_as(client) is None


def test_a_code_is_good_only_where_it_was_asked_for(client, attendee):
    ask_for_code(client, "attendee@example.com")
    thief = Client()
    ask_for_code(thief, "stranger@example.com")
    thief.post(CODE, {"code": code_in(mail.outbox[0].body)})
    assert signed_in_as(thief) is None


def test_a_lock_screen_shows_no_code(client, attendee):
    """It shows the subject and the first two lines or so."""
    ask_for_code(client, "attendee@example.com")
    (message,) = mail.outbox
    assert not re.search(r"\d", message.subject)
    assert message.body.index(last_code()) > 150


def test_a_code_is_good_once(client, attendee):
    sign_in(client, "attendee@example.com")
    client.post("/accounts/logout/")
    client.post(CODE, {"code": last_code()})
    assert signed_in_as(client) is None


def test_another_code_can_be_sent(client, attendee):
    ask_for_code(client, "attendee@example.com")
    first = last_code()
    assert "Send a new code" in client.get(CODE).text
    response = client.post(CODE + "?next=/rooms/main/", {"action": "resend"})
    assert response.url == CODE + "?next=%2Frooms%2Fmain%2F"
    assert len(mail.outbox) == 2
    client.post(CODE, {"code": first})
    assert signed_in_as(client) is None
    client.post(CODE, {"code": last_code()})
    assert signed_in_as(client) == str(attendee.pk)


def test_a_closed_tab_comes_back_to_the_code(client, attendee):
    response = ask_for_code(client, "attendee@example.com")
    assert client.cookies["sessionid"]["expires"]
    response = client.get(LOGIN + "?next=/rooms/main/")
    assert response.url == CODE + "?next=%2Frooms%2Fmain%2F"


def test_another_address_can_be_used(client, attendee):
    ask_for_code(client, "atendee@example.com")
    page = client.get(CODE + "?next=/rooms/main/")
    way_back = re.search(r'name="next" value="(/accounts/login/[^"]*)"', page.text)[1]
    response = client.post("/accounts/logout/", {"next": way_back})
    assert response.url == LOGIN + "?next=/rooms/main/"
    assert "Send me a code" in client.get(response.url).text


def test_next_is_kept(client, attendee):
    page = client.get(LOGIN + "?next=/rooms/main/%3Fa%3D1")
    assert 'name="next" value="/rooms/main/?a=1"' in page.text
    response = client.post(LOGIN, {"email": "attendee@example.com", "next": "/rooms/main/?a=1"})
    assert response.url == CODE + "?next=%2Frooms%2Fmain%2F%3Fa%3D1"
    page = client.get(response.url)
    assert 'name="next" value="/rooms/main/?a=1"' in page.text
    response = client.post(CODE, {"code": last_code(), "next": "/rooms/main/?a=1"})
    assert response.url == "/rooms/main/?a=1"


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://live.example.org/",  # in ALLOWED_HOSTS, but another conference's
    ],
)
def test_next_leads_nowhere_else(client, attendee, evil):
    response = client.post(LOGIN, {"email": "attendee@example.com", "next": evil})
    assert response.url == CODE
    response = client.post(CODE, {"code": last_code(), "next": evil})
    assert response.url == "/lobby/"


def test_who_is_signed_in_goes_on(client, attendee):
    sign_in(client, "attendee@example.com")
    assert client.get(LOGIN).url == "/lobby/"
    assert client.get(LOGIN + "?next=/rooms/main/").url == "/rooms/main/"


def test_signing_in_changes_the_session_key(client, attendee):
    ask_for_code(client, "attendee@example.com")
    before = client.session.session_key
    client.post(CODE, {"code": last_code()})
    assert client.session.session_key != before


def test_signing_out(client, attendee):
    sign_in(client, "attendee@example.com")
    key = client.session.session_key
    page = client.get("/accounts/logout/")
    assert "attendee@example.com" in page.text
    assert signed_in_as(client) is not None
    assert client.post("/accounts/logout/").url == "/"
    client.cookies["sessionid"] = key
    assert client.get("/lobby/").url.startswith(LOGIN)


@pytest.mark.parametrize("door", ["/accounts/logout/", "/admin/logout/"])
def test_signing_out_empties_the_browser(organizer, door):
    client = client_of(organizer)
    assert "Clear-Site-Data" not in client.get("/accounts/logout/")
    assert client.post(door)["Clear-Site-Data"] == '"storage"'
    assert signed_in_as(client) is None


def test_pages_after_signing_in_keep_no_message(client, attendee):
    sign_in(client, "attendee@example.com")
    assert "messages" not in client.cookies
    assert "_messages" not in client.session


def test_a_banned_person_is_told_after_the_code(client, attendee):
    attendee.is_active = False
    attendee.save()
    response = sign_in(client, "attendee@example.com")
    assert response.url == "/accounts/inactive/"
    assert signed_in_as(client) is None
    page = client.get(response.url)
    assert "This account is closed" in page.text
    assert "help@testconf.example" in page.text


def test_mail_that_cannot_be_sent_is_said_and_nothing_is_pending(client, attendee):
    failing = mock.patch.object(EmailBackend, "send_messages", side_effect=SMTPServerDisconnected)
    with failing:
        response = ask_for_code(client, "attendee@example.com")
    assert response.status_code == 503
    assert "cannot send mail" in response.text
    assert "Send me a code" in client.get(LOGIN).text
    ask_for_code(client, "attendee@example.com")
    with failing:
        assert client.post(CODE, {"action": "resend"}).status_code == 503


@pytest.mark.slow
def test_a_venue_behind_one_address_gets_in(client, conference):
    for number in range(40):
        assert ask_for_code(Client(), f"person-{number}@example.com").status_code == 302
    assert len(mail.outbox) == 40


def test_limits_per_address_count_what_nginx_says(client, conference, settings):
    """Over a unix socket there is no other address."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.ACCOUNT_RATE_LIMITS = {"login": None, "sign_in": "1/m/ip"}
    email = {"email": "a@example.com"}
    first = {"REMOTE_ADDR": "", "headers": {"X-Forwarded-For": "203.0.113.5"}}
    assert client.post(LOGIN, email, **first).status_code == 302
    refused = Client().post(LOGIN, email, **first)
    assert refused.status_code == 429
    assert "Wait a minute" in refused.text
    second = {"REMOTE_ADDR": "", "headers": {"X-Forwarded-For": "203.0.113.5, 203.0.113.6"}}
    assert Client().post(LOGIN, email, **second).status_code == 302


@pytest.mark.parametrize("wrong", ["", "nobody", "a@b", "x" * 250 + "@example.com"])
def test_what_is_no_address_is_refused(client, conference, wrong):
    assert "errorlist" in told(client, ask_for_code(client, wrong))
    assert mail.outbox == []
    assert not User.objects.exists()


def test_other_pages_of_allauth_are_not_there(client, conference):
    for path in ("signup/", "password/reset/", "password/change/", "email/", "confirm-email/"):
        response = client.get(f"/accounts/{path}")
        assert response.status_code == 404, path
        assert "There is no such page" in response.text, path


def test_the_code_page_without_a_code_leads_to_the_beginning(client, conference):
    assert client.get(CODE).url == LOGIN


def test_each_conference_mails_in_its_own_name(db):
    for name in ("north", "south"):
        make_conference(name=name.title(), domain=f"{name}.example.org")
    ask_for_code(Client(headers={"host": "south.example.org"}), "a@example.com")
    assert mail.outbox[0].subject.endswith("for South")
