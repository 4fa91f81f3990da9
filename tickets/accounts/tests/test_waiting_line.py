"""When more people sign in than the machine can do, they stand in line and come in one by one."""

import time

import pytest
from allauth.core.internal.ratelimit import get_rates
from django.core.cache import cache
from django.test import Client

from conftest import make_ticket
from tickets.accounts import waiting_line
from tickets.accounts.login import WEIGHT_OF_CODE
from tickets.accounts.tests.signing_in import (
    CODE,
    LOGIN,
    ask_for_code,
    sign_in,
    signed_in_as,
    told,
)
from tickets.holders.links import link_of, link_to, token_of
from tickets.models import User


@pytest.fixture(autouse=True)
def _line(conference, settings, monkeypatch):
    """One sign-in by code every five minutes, so that a slow machine changes nothing."""
    settings.SIGN_INS_PER_SECOND = 0.01
    monkeypatch.setattr(waiting_line, "BURST_SECONDS", 0)


@pytest.fixture
def later(monkeypatch):
    real = time.time

    def move(seconds: float) -> None:
        monkeypatch.setattr("tickets.accounts.waiting_line.time.time", lambda: real() + seconds)

    return move


def hold(client: Client, url: str = LOGIN, **fields: str):
    """Somebody else comes first, so this one has to wait."""
    ask_for_code(Client(), "first@example.com")
    return client.post(url, {"email": "ana@example.com", **fields})


def test_a_full_moment_makes_people_wait(client, caplog):
    page = hold(client)
    assert page.status_code == 503
    assert "You are in line" in page.text
    assert "There is <strong>1</strong> person before you" in page.text
    assert page["Retry-After"] == "60"
    assert 'http-equiv="refresh" content="60; url=/accounts/login/"' in page.text
    assert "no-store" in page["Cache-Control"]
    assert not User.objects.filter(email="ana@example.com").exists()
    assert caplog.text == ""


def test_who_waits_keeps_the_place(client):
    hold(client)
    for _time in range(3):
        page = client.get(LOGIN)
        assert "There is <strong>1</strong> person before you" in page.text
        assert client.post(LOGIN, {"email": "ana@example.com"}).status_code == 503
    fourth = Client().post(LOGIN, {"email": "next@example.com"})
    assert "There are <strong>2</strong> people before you" in fourth.text


def test_whose_turn_it_is_goes_on(client, later):
    hold(client)
    later(301)
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert 'value="ana@example.com"' in page.text
    response = client.post(LOGIN, {"email": "ana@example.com"})
    assert response.url == CODE
    assert client.cookies["line"].value == ""


def test_a_place_is_not_good_for_ever(client, later):
    hold(client)
    later(301 + waiting_line.GOOD_FOR_SECONDS)
    assert waiting_line.COOKIE in client.cookies
    assert 'value="ana@example.com"' not in client.get(LOGIN).text


def test_next_is_kept(client):
    page = hold(client, next="/rooms/main/?a=1")
    assert "url=/accounts/login/?next=%2Frooms%2Fmain%2F%3Fa%3D1" in page.text
    page = client.get(f"{LOGIN}?next=/rooms/main/")
    assert "url=/accounts/login/?next=/rooms/main/" in page.text


def test_a_forged_place_is_none(client):
    ask_for_code(Client(), "first@example.com")
    client.cookies["line"] = "WzAsIiJd:1abc:forged"
    page = ask_for_code(client, "ana@example.com")
    assert page.status_code == 503
    assert "There is <strong>1</strong> person before you" in page.text
    assert "forged" not in client.cookies["line"].value


def test_entry_links_stand_in_the_same_line(client, conference):
    path = f"/t/{token_of(link_to(make_ticket(conference, holder_email='ana@example.com')))}/"
    assert client.get(path).status_code == 200
    page = hold(client, path)
    assert page.status_code == 503
    assert "There are <strong>3</strong> people before you" in page.text
    assert f"url={path}" in page.text
    assert "You are in line" in client.get(path).text
    assert signed_in_as(client) is None


def test_looking_and_entering_the_code_are_not_held(client, later):
    hold(client)
    someone = Client()
    assert someone.get(LOGIN).status_code == 200
    later(301)
    sign_in(client, "ana@example.com")
    assert signed_in_as(client)


def test_organizers_are_not_held(client):
    ask_for_code(Client(), "first@example.com")
    page = client.post("/accounts/login/password/", {"login": "a@example.com", "password": "x"})
    assert "errorlist" in told(client, page)
    assert waiting_line.COOKIE not in client.cookies


def test_a_line_that_is_too_long_takes_no_more(client, monkeypatch):
    monkeypatch.setattr(waiting_line, "LONGEST_SECONDS", 2)
    page = hold(client)
    assert page.status_code == 503
    assert "Come again in a few minutes" in page.text
    assert waiting_line.COOKIE not in client.cookies


@pytest.mark.slow
def test_a_burst_is_let_in(conference, monkeypatch):
    monkeypatch.setattr(waiting_line, "BURST_SECONDS", 10_000)
    answers = [ask_for_code(Client(), f"p{number}@example.com") for number in range(10)]
    assert [answer.url for answer in answers] == [CODE] * 10


def test_without_a_rate_there_is_no_line(client, settings):
    settings.SIGN_INS_PER_SECOND = 0
    assert hold(client).url == CODE
    assert waiting_line.COOKIE not in client.cookies


def place_in_line(client, later) -> None:
    """Whose turn it is."""
    hold(client)
    later(301)


def test_a_place_is_good_for_one_sign_in(client, later):
    place_in_line(client, later)
    place = client.cookies["line"].value
    assert client.post(LOGIN, {"email": "ana@example.com"}).url == CODE
    for number in range(3):
        other = Client()
        other.cookies["line"] = place
        assert ask_for_code(other, f"other-{number}@example.com").status_code == 503


def test_a_typing_error_does_not_cost_the_place(client, later):
    place_in_line(client, later)
    assert "errorlist" in told(client, client.post(LOGIN, {"email": "ana"}))
    assert client.post(LOGIN, {"email": "ana@example.com"}).url == CODE


@pytest.mark.slow
def test_what_cannot_let_anybody_in_does_not_join(client, conference):
    for _time in range(20):
        for path in ("/t/1.x/", "/t/1.aaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaa/"):
            assert client.post(path).status_code == 404
        assert client.post(LOGIN, {"email": "nobody"}).url == LOGIN
    assert ask_for_code(client, "ana@example.com").url == CODE


@pytest.mark.slow
def test_a_dead_link_does_not_join(client, conference):
    ticket = make_ticket(conference, holder_email="ana@example.com")
    old = f"/t/{token_of(link_to(ticket))}/"
    ticket.holder_email = "eve@example.com"
    ticket.save()
    canceled = make_ticket(conference, holder_email="bob@example.com", state="canceled")
    for _time in range(20):
        assert client.post(old).status_code == 404
        assert client.post(f"/t/{token_of(link_to(canceled))}/").status_code == 403
    assert ask_for_code(client, "ana@example.com").url == CODE


def test_a_forged_link_costs_no_statement(client, conference, django_assert_num_queries):
    ticket = make_ticket(conference, holder_email="ana@example.com")
    token = token_of(link_to(ticket))
    client.post("/t/1.x/")
    with django_assert_num_queries(1):
        assert link_of(token)
    forged = [
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        token.replace(".", ".x"),
        "1.x",
        "",
    ]
    with django_assert_num_queries(0):
        assert [link_of(each) for each in forged] == [None] * len(forged)


@pytest.mark.slow
def test_one_link_does_not_fill_the_line(conference, monkeypatch):
    monkeypatch.setattr(waiting_line, "BURST_SECONDS", 10_000)
    path = f"/t/{token_of(link_to(make_ticket(conference, holder_email='ana@example.com')))}/"
    answers = [Client().post(path).status_code for _time in range(12)]
    assert answers == [302] * 10 + [429] * 2


@pytest.mark.slow
def test_one_address_joins_only_so_often(conference, monkeypatch):
    """100 at once are six seconds of the line of two cores; five seconds' worth come in at once."""
    monkeypatch.setattr(waiting_line, "LONGEST_SECONDS", 10**9)
    answers = [ask_for_code(Client(), f"p-{number}@example.com") for number in range(105)]
    assert [answer.status_code for answer in answers][100:] == [429] * 5
    assert 429 not in [answer.status_code for answer in answers][:100]


def test_who_has_a_place_is_not_refused_at_its_turn(client, later, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": None, "sign_in": "2/h/ip"}
    place_in_line(client, later)
    assert ask_for_code(Client(), "third@example.com").status_code == 429
    assert client.post(LOGIN, {"email": "ana@example.com"}).url == CODE


@pytest.mark.services
def test_with_redis_away_nobody_is_held(client, monkeypatch):
    monkeypatch.setattr(cache, "run_script", lambda *_: None)
    assert hold(client).url == CODE
    assert waiting_line.COOKIE not in client.cookies


def test_many_waiting_look_less_often(rf, settings, monkeypatch):
    settings.SIGN_INS_PER_SECOND = 10
    request = rf.get(LOGIN)
    monkeypatch.setattr("tickets.accounts.waiting_line.time.time", lambda: 1_000_000)
    places = {
        wait: waiting_line.PlaceInLine("a", 1_000_000 + wait, 1, "")
        for wait in (0.2, 14, 30, 90, 600)
    }
    seconds = {
        wait: int(waiting_line._ask_to_wait(request, place)["Retry-After"])
        for wait, place in places.items()
    }
    assert seconds == {0.2: 1, 14: 14, 30: 15, 90: 30, 600: 60}


def test_a_network_of_many_addresses_does_not_fill_the_line(conference, settings):
    """One customer of a provider has thousands of those that count as one address."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"sign_in": "3/m/ip,6/m/key"}
    settings.SIGN_INS_PER_SECOND = 0

    def status(address, number):
        client = Client(REMOTE_ADDR=address)
        return client.post(LOGIN, {"email": f"somebody{number}@example.com"}).status_code

    answers = [status(f"2001:db8:1:{number}::1", number) for number in range(8)]
    assert answers == [302] * 6 + [429] * 2
    assert status("2001:db8:2::1", 9) == 302


def test_what_one_network_may_ask_for_leaves_room_for_others(settings):
    [of_network] = [
        rate for rate in get_rates(app="allauth.account", action="sign_in") if rate.per == "key"
    ]
    two_cores = 2 * 25
    assert of_network.amount * WEIGHT_OF_CODE / of_network.duration < two_cores
