"""Signing in with the back button and more than one tab: what is sent too late leads on, and no page
asks whether to send a form again.
"""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.signing import b64_decode
from django.test import Client

from conftest import client_of, make_ticket
from tickets.accounts.tests.signing_in import (
    CODE,
    LOGIN,
    ask_for_code,
    last_code,
    sign_in,
    signed_in_as,
    told,
)
from tickets.holders.links import link_to, token_of
from tickets.models import Ticket

# The pages of the second factor are allauth's, and they count on undefined variables being empty.
pytestmark = pytest.mark.ignore_template_errors

PASSWORD, FACTOR = "/accounts/login/password/", "/accounts/2fa/authenticate/"
IN, WAIT = "/in/", "/in/wait/"
ROOM = "/rooms/main/"


def token_in(page) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return found[1]


@pytest.fixture
def tab(conference) -> Client:
    return Client(enforce_csrf_checks=True)


def other_tab_signs_in(tab: Client, email: str = "attendee@example.com") -> None:
    """In the same browser: with the same cookies."""
    tab.handler.enforce_csrf_checks = False
    sign_in(tab, email)
    tab.handler.enforce_csrf_checks = True


def test_a_code_that_was_entered_in_another_tab_leads_on(tab, attendee, room):
    old = token_in(tab.get(LOGIN))
    ask_again = {"email": attendee.email, "csrfmiddlewaretoken": old, "next": ROOM}
    tab.post(LOGIN, ask_again)
    sent = {"code": last_code(), "csrfmiddlewaretoken": old, "next": ROOM}
    other_tab_signs_in(tab)
    page = tab.post(CODE, sent, follow=True)
    assert page.redirect_chain[-1] == (ROOM, 302)
    assert page.status_code == 200
    # Used here, and sent again behind the back button.
    assert tab.post(CODE, sent, follow=True).redirect_chain[-1] == (ROOM, 302)
    assert signed_in_as(tab) == str(attendee.pk)


def link_of_attendee() -> str:
    return f"/t/{token_of(link_to(Ticket.objects.get()))}/"


@pytest.mark.parametrize("path", [LOGIN, CODE, PASSWORD, FACTOR, IN, WAIT, "/admin/login/", "link"])
def test_every_step_that_is_sent_too_late_leads_on(tab, attendee, room, path):
    if path == "link":
        path = link_of_attendee()
    other_tab_signs_in(tab)
    sent = {"csrfmiddlewaretoken": "x" * 64, "email": "eve@example.com", "code": "1", "next": ROOM}
    mail.outbox.clear()
    page = tab.post(path, sent, headers={"origin": "http://testserver"}, follow=True)
    if path == "/admin/login/":
        assert page.status_code == 403  # and says that the admin is for others
        assert "You are signed in" in page.text
    else:
        assert page.redirect_chain[-1] == (ROOM, 302)
    assert signed_in_as(tab) == str(attendee.pk)
    assert mail.outbox == []


def test_it_leads_to_no_other_site(tab, attendee):
    other_tab_signs_in(tab)
    page = tab.post(CODE, {"code": "1", "next": "https://evil.example/"}, follow=True)
    assert page.redirect_chain[-1][0] == "/lobby/"


def test_who_wanted_to_sign_out_is_asked_once_more(tab, attendee):
    other_tab_signs_in(tab)
    page = tab.post("/accounts/logout/", follow=True)
    assert "You are signed in as" in page.text
    assert signed_in_as(tab) == str(attendee.pk)


def test_a_token_is_needed_all_the_same(tab, attendee):
    """To sign in, from other sites, by scripts, and for all that is not open to everybody."""
    refused = tab.post(CODE, {"code": "1", "next": ROOM})
    assert refused.status_code == 403
    assert f'href="{CODE}?next=%2Frooms%2Fmain%2F"' in refused.text
    other_tab_signs_in(tab)
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}):
        assert tab.post(CODE, {"code": "1"}, headers=headers).status_code == 403
    as_script = {"accept": "application/json"}
    assert tab.post("/my/zone/", {"zone": "Asia/Seoul"}, headers=as_script).status_code == 403
    assert tab.post("/tickets/find/").status_code == 403
    assert tab.post("/tickets/claim/", {"order_code": "A"}).status_code == 403


@pytest.fixture
def at_the_factor(client, organizer):
    organizer.set_password("a long password")
    organizer.save()
    TOTP.activate(organizer, "JBSWY3DPEHPK3PXP")
    client.post(PASSWORD, {"login": organizer.email, "password": "a long password"})
    return client


def check_mistake(client, path, sent):
    """It is told once, by the page of the form; neither it nor a reload would send anything again."""
    response = client.post(path, sent)
    assert response.status_code == 302
    assert response.url == path
    page = client.get(path)
    assert "errorlist" in page.text
    assert "no-store" in page["Cache-Control"]
    assert "errorlist" not in client.get(path).text
    return page.text


@pytest.mark.slow
def test_mistakes_are_told_after_a_redirect(client, attendee, stranger):
    assert 'value="nobody"' in check_mistake(client, f"{LOGIN}?next=/lobby/", {"email": "nobody"})
    ask_for_code(client, attendee.email)
    assert "0000" not in check_mistake(client, CODE, {"code": "0000-0000"})
    sent = {"login": "a@example.com", "password": "not the one"}
    fresh = Client()
    response = fresh.post(PASSWORD, sent)
    kept = fresh.cookies["mistakes"].value
    assert "not the one" not in kept + str(b64_decode(kept.split(":")[0].lstrip(".").encode()))
    page = told(fresh, response)
    assert 'value="a@example.com"' in page
    assert "not the one" not in page
    assert 'value="BCDF-GHJK"' in check_mistake(fresh, IN, {"code": "BCDF-GHJK"})
    signed_in = client_of(stranger)
    page = check_mistake(signed_in, "/tickets/claim/", {"order_code": "ABC", "email": "a@"})
    assert 'value="ABC"' in page
    sent = {"order_code": "ABC", "email": "a@example.com"}
    signed_in.post("/tickets/claim/", sent)
    assert "4 more tries" in check_mistake(signed_in, "/tickets/claim/code/", {"code": "1"})


@pytest.mark.slow
def test_mistakes_of_the_second_factor_too(at_the_factor):
    assert "Incorrect code" in check_mistake(at_the_factor, FACTOR, {"code": "000000"})
    check_mistake(at_the_factor, FACTOR, {"credential": "nonsense"})


def test_a_mistake_is_no_other_pages_and_cannot_be_made_up(client, attendee):
    ask_for_code(client, attendee.email)
    client.post(CODE, {"code": "0000-0000"})
    assert "errorlist" not in client.get(PASSWORD).text
    client.cookies["mistakes"] = "eyJhIjoxfQ:1:forged"
    assert "errorlist" not in client.get(CODE).text


def test_more_than_a_cookie_holds_is_told_at_once(client, conference):
    words = " ".join(f"{number * 7919 % 10**6:06}" for number in range(1000))
    page = client.post(LOGIN, {"email": words})
    assert page.status_code == 200
    assert "errorlist" in page.text


def test_the_tries_that_are_left_are_counted_down(client, attendee):
    ask_for_code(client, attendee.email)
    client.post(CODE, {"code": ""})  # is no try
    pages = [told(client, client.post(CODE, {"code": "0000-0000"})) for _time in range(4)]
    assert [re.search(r"\d more tr\w+", page)[0] for page in pages] == [
        "4 more tries",
        "3 more tries",
        "2 more tries",
        "1 more try",
    ]


def test_a_new_code_is_announced_with_where_it_went(client, attendee):
    ask_for_code(client, attendee.email)
    old = last_code()
    page = client.post(CODE, {"action": "resend"}, follow=True)
    assert f"We have mailed a new code to {attendee.email}." in page.text
    assert last_code() != old
    told_of_old = told(client, client.post(CODE, {"code": old}))
    assert "This is not the code in our last mail" in told_of_old
    # To known and unknown addresses alike.
    ask_for_code(Client(), "nobody-yet@example.com")
    other = Client()
    ask_for_code(other, "nobody@example.com")
    page = other.post(CODE, {"action": "resend"}, follow=True)
    assert "We have mailed a new code to nobody@example.com." in page.text


@pytest.mark.slow
def test_asking_for_more_codes_than_there_are_is_no_wrong_code(client, attendee):
    ask_for_code(client, attendee.email)
    for _time in range(8):
        page = client.post(CODE, {"action": "resend"}, follow=True)
    assert "no other" in page.text.lower()
    assert "errorlist" not in page.text
    client.post(CODE, {"code": last_code()})
    assert signed_in_as(client) == str(attendee.pk)


def test_a_link_that_was_used_here_leads_on(client, attendee):
    ticket = make_ticket(attendee.claims.get().ticket.conference, holder_email="bea@example.com")
    path = f"/t/{token_of(link_to(ticket))}/"
    assert client.get(path).status_code == 200
    client.post(path)
    assert client.get(f"{path}?next={ROOM}").url == ROOM
