"""A stranger who knows an address keeps its owner out of nothing."""

import json
import re

import pytest
from django.core import mail
from django.core.signing import b64_decode, b64_encode
from django.test import Client

from conftest import make_ticket
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
from tickets.holders.links import link_to, token_of

PASSWORD_PAGE = "/accounts/login/password/"
ADDRESS = "attendee@example.com"


def use_up_the_mails(email: str = ADDRESS) -> None:
    for _time in range(5):
        ask_for_code(Client(), email)


def wrong(code: str) -> str:
    return f"{(int(code.replace('-', '')) + 1) % 10**8:08}"


@pytest.fixture
def known(attendee) -> Client:
    """A browser in which the attendee has been, and is no more."""
    client = Client()
    sign_in(client, ADDRESS)
    client.post("/accounts/logout/")
    mail.outbox.clear()
    return client


def test_an_address_gets_five_mails_a_quarter_of_an_hour_from_anywhere(client, attendee):
    for _time in range(5):
        ask_for_code(Client(), "attendee@example.com")
    assert ask_for_code(client, "Attendee@example.com").url == CODE
    assert len(mail.outbox) == 5
    page = client.get(CODE)
    assert "Several codes were mailed to this address" in page.text
    assert "personal link" in page.text
    assert "help@testconf.example" in page.text


def test_new_codes_count_like_the_first_one(client, attendee):
    ask_for_code(client, "attendee@example.com")
    for _time in range(3):
        ask_for_code(Client(), "attendee@example.com")
    client.post(CODE, {"action": "resend"})
    assert len(mail.outbox) == 5
    client.post(CODE, {"action": "resend"})
    assert len(mail.outbox) == 5
    assert "Several codes were mailed to this address" in client.get(CODE).text
    client.post(CODE, {"code": last_code()})
    assert signed_in_as(client) == str(attendee.pk)


def test_a_known_device_has_mails_of_its_own(known, attendee):
    use_up_the_mails()
    sent = len(mail.outbox)
    ask_for_code(known, ADDRESS)
    assert len(mail.outbox) == sent + 1
    known.post(CODE, {"code": last_code()})
    assert signed_in_as(known) == str(attendee.pk)


@pytest.mark.slow
def test_a_known_device_has_no_more_of_them(known):
    for _time in range(10):
        ask_for_code(known, ADDRESS)
        known.post("/accounts/logout/")
    assert len(mail.outbox) == 5


def test_it_is_known_for_its_own_account_only(known, stranger):
    use_up_the_mails("stranger@example.com")
    sent = len(mail.outbox)
    ask_for_code(known, "stranger@example.com")
    assert len(mail.outbox) == sent


@pytest.mark.parametrize("value", ["", "x", "W1siYSIsImIiXV0:1abc:forged"])
def test_nobody_makes_a_known_device(client, attendee, value):
    use_up_the_mails()
    client.cookies["known"] = value
    ask_for_code(client, ADDRESS)
    assert len(mail.outbox) == 5


@pytest.mark.slow
def test_a_known_device_makes_no_other_of_itself(known):
    """Else it would have as many mails and tries as it likes."""
    for number in range(10):
        payload, signature = known.cookies["known"].value.split(":", 1)
        [(account, _number)] = json.loads(b64_decode(payload.encode()))
        forged = b64_encode(json.dumps([[account, f"other{number}"]]).encode()).decode()
        known.cookies["known"] = f"{forged}:{signature}"
        ask_for_code(known, ADDRESS)
        known.post("/accounts/logout/")
    assert len(mail.outbox) == 4  # what strangers have left, after the one that made it known


@pytest.mark.parametrize(("is_shown", "mails"), [(False, 1), (True, 0)])
def test_a_link_that_was_shown_makes_no_known_device(client, conference, is_shown, mails):
    """Whoever helps could mail people as much as they like."""
    link = link_to(make_ticket(conference, holder_email="ana@example.com"))
    client.post(f"/t/{token_of(link, is_shown=is_shown)}/")
    assert signed_in_as(client)
    client.post("/accounts/logout/")
    use_up_the_mails("ana@example.com")
    sent = len(mail.outbox)
    ask_for_code(client, "ana@example.com")
    assert len(mail.outbox) == sent + mails


def test_what_the_cookie_says(known, settings):
    cookie = known.cookies["known"]
    assert "attendee" not in cookie.value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert cookie["max-age"] == 365 * 24 * 3600


@pytest.mark.slow
def test_several_people_share_a_device(known, attendee, stranger):
    sign_in(known, "stranger@example.com")
    known.post("/accounts/logout/")
    for email in (ADDRESS, "stranger@example.com"):
        use_up_the_mails(email)
        sent = len(mail.outbox)
        ask_for_code(known, email)
        assert len(mail.outbox) == sent + 1
        known.post("/accounts/logout/")


def test_the_last_code_is_good_for_its_owner_when_no_mail_goes_out(client, attendee):
    use_up_the_mails()
    assert ask_for_code(client, ADDRESS).url == CODE
    client.post(CODE, {"code": last_code()})
    assert signed_in_as(client) == str(attendee.pk)


def test_only_the_last_one(client, attendee):
    use_up_the_mails()
    ask_for_code(client, ADDRESS)
    client.post(CODE, {"code": code_in(mail.outbox[-2].body)})
    assert signed_in_as(client) is None


def test_a_code_that_comes_after_the_own_one_is_good_as_well(client, attendee):
    ask_for_code(client, ADDRESS)
    mine = last_code()
    ask_for_code(Client(), ADDRESS)
    client.post(CODE, {"code": last_code()})
    assert signed_in_as(client) == str(attendee.pk)
    assert mine != last_code()


def test_the_own_code_stays_good_whatever_comes_after_it(client, attendee):
    ask_for_code(client, ADDRESS)
    mine = last_code()
    use_up_the_mails()
    client.post(CODE, {"code": mine})
    assert signed_in_as(client) == str(attendee.pk)


def test_a_new_code_that_was_not_mailed_does_not_take_the_own_one_away(client, attendee):
    ask_for_code(client, ADDRESS)
    mine = last_code()
    use_up_the_mails()
    client.post(CODE, {"action": "resend"})
    client.post(CODE, {"code": mine})
    assert signed_in_as(client) == str(attendee.pk)


def test_the_last_code_is_good_once(client, attendee):
    use_up_the_mails()
    for each, expected in ((client, str(attendee.pk)), (Client(), None)):
        ask_for_code(each, ADDRESS)
        each.post(CODE, {"code": last_code()})
        assert signed_in_as(each) == expected


def test_a_code_that_was_used_where_it_was_asked_for_is_good_nowhere_else(
    client, attendee, settings
):
    rates = settings.ACCOUNT_RATE_LIMITS | {"request_login_code": "1/15m/key"}
    settings.ACCOUNT_RATE_LIMITS = rates
    sign_in(client, ADDRESS)
    other = Client()
    ask_for_code(other, ADDRESS)
    other.post(CODE, {"code": last_code()})
    assert len(mail.outbox) == 1
    assert signed_in_as(other) is None


def test_another_address_is_not_opened_by_it(client, attendee, stranger):
    use_up_the_mails()
    code = last_code()
    ask_for_code(client, "stranger@example.com")
    client.post(CODE, {"code": code})
    assert signed_in_as(client) is None


def guess(code: str, times: int, network: str = "127.0.0") -> None:
    for each in range(times // 4):
        guesser = Client(REMOTE_ADDR=f"{network}.{each % 250 + 1}")
        ask_for_code(guesser, ADDRESS)
        for _time in range(4):
            guesser.post(CODE, {"code": wrong(code)})


@pytest.mark.slow
def test_guesses_at_the_last_code_are_counted_over_all_browsers(client, attendee):
    use_up_the_mails()
    code = last_code()
    guess(code, 20)
    ask_for_code(client, ADDRESS)
    client.post(CODE, {"code": code})
    assert signed_in_as(client) is None


@pytest.mark.slow
def test_guesses_of_a_stranger_do_not_take_the_last_code_from_its_owner(client, attendee):
    """Who uses up the mails of an address can use up guesses as well."""
    use_up_the_mails()
    code = last_code()
    guess(code, 40, network="192.0.2")
    ask_for_code(client, ADDRESS)
    client.post(CODE, {"code": code})
    assert signed_in_as(client) == str(attendee.pk)


@pytest.mark.slow
def test_guesses_from_everywhere_are_no_chance(client, attendee, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"guess_last_code": "40/15m/key"}
    use_up_the_mails()
    code = last_code()
    guess(code, 20, network="192.0.2")
    guess(code, 20, network="198.51.100")
    ask_for_code(client, ADDRESS)
    client.post(CODE, {"code": code})
    assert signed_in_as(client) is None


@pytest.mark.slow
def test_who_guesses_does_not_end_the_code_of_others(client, attendee):
    ask_for_code(client, ADDRESS)
    mine = last_code()
    for _browser in range(8):
        guesser = Client()
        ask_for_code(guesser, ADDRESS)
        for _time in range(4):
            guesser.post(CODE, {"code": wrong(mine)})
    client.post(CODE, {"code": mine})
    assert signed_in_as(client) == str(attendee.pk)


def test_a_browser_without_a_code_of_its_own_guesses_at_none(client, attendee):
    """Else who opens many would guess at a code in each of them."""
    use_up_the_mails()
    ask_for_code(client, ADDRESS)
    [state] = client.session["account_login"]["state"]["stages"]["login_by_code"].values()
    assert not state.get("code")
    client.post(CODE, {"code": ""})
    client.post(CODE, {"code": "-"})
    assert signed_in_as(client) is None


@pytest.mark.slow
def test_known_and_unknown_addresses_are_told_the_same(attendee, cache_commands):
    seen = []
    for email in (ADDRESS, "nobody-yet@example.com"):
        use_up_the_mails(email)
        someone = Client()
        someone.get(LOGIN)
        cache_commands.clear()
        asked = ask_for_code(someone, email)
        page = someone.get(CODE).text.replace(email, "ADDRESS")
        without_secrets = re.sub(r'value="\w{64}"', "", page)
        seen.append((asked.status_code, asked.url, without_secrets, list(cache_commands)))
    assert seen[0] == seen[1]


# --- Passwords -----------------------------------------------------------------------------------


@pytest.fixture
def with_password(organizer, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    organizer.set_password("a long password")
    organizer.save()
    return organizer


def by_password(client: Client, password: str = "a long password"):
    return client.post(PASSWORD_PAGE, {"login": "organizer@example.com", "password": password})


@pytest.mark.slow
def test_wrong_passwords_of_strangers_keep_no_organizer_out(client, with_password, settings):
    by_password(client)
    client.post("/accounts/logout/")
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_with_password": None}
    strangers = [Client() for _time in range(11)]
    refused = [by_password(each, "wrong") for each in strangers][-1]
    assert "Too many wrong attempts" in told(strangers[-1], refused)
    by_password(client)
    assert signed_in_as(client) == str(with_password.pk)


def test_a_known_device_may_guess_no_more_than_others(client, with_password):
    by_password(client)
    client.post("/accounts/logout/")
    for _time in range(10):
        by_password(client, "wrong")
    assert "Too many wrong attempts" in told(client, by_password(client))
    assert signed_in_as(client) is None


def test_who_tries_many_passwords_from_one_address_is_refused_before_they_are_checked(
    client, with_password
):
    by_password(client)
    client.post("/accounts/logout/")
    answers = [by_password(Client(), "wrong") for _time in range(4)]
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"] == "60"
    assert answers[-2].url == PASSWORD_PAGE
    # Nor does that keep out who has been here before.
    by_password(client)
    assert signed_in_as(client) == str(with_password.pk)
