"""The personal entry link signs in and claims in one step, and opens nobody else's account."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_conference, make_ticket, make_user
from lib.sealing import seal
from schedule.programme.tests.counting import is_of_the_clock
from tickets.accounts.tests.signing_in import signed_in_as
from tickets.accounts.tests.test_hand_over import let_in
from tickets.holders import entering
from tickets.holders.links import link_of, link_to, token_of, url_of
from tickets.holders.sending import send_link
from tickets.models import Claim, EntryLink, Role, Ticket, User


def path_of(ticket: Ticket) -> str:
    return url_of(link_to(ticket), "")


def holder_of(ticket: Ticket) -> User | None:
    claim = ticket.live_claim
    return claim.user if claim else None


@pytest.fixture
def ticket(conference):
    return make_ticket(conference, holder_email="ada@example.com", holder_name="Ada Lovelace")


def test_the_page_says_whose_ticket_it_is_and_the_button_lets_in(client, ticket):
    page = client.get(path_of(ticket))
    assert "Welcome to Testconf" in page.text
    assert "Ada" in page.text
    assert "a***@example.com" in page.text
    assert "ada@example.com" not in page.text
    assert "Lovelace" not in page.text
    assert signed_in_as(client) is None
    assert not User.objects.exists()

    response = client.post(path_of(ticket))
    assert response.url == "/lobby/"
    ada = User.objects.get(email="ada@example.com")
    assert signed_in_as(client) == str(ada.pk)
    assert ticket.live_claim.way == Claim.Way.LINK
    assert holder_of(ticket) == ada
    assert client.get("/lobby/").status_code == 200
    address = EmailAddress.objects.get(user=ada)
    assert (address.verified, address.primary) == (True, True)


def test_it_works_again_on_another_device(conference, ticket):
    for _device in range(2):
        client = Client()
        client.post(path_of(ticket))
        assert signed_in_as(client) == str(User.objects.get().pk)
    assert Claim.objects.count() == 1


def test_what_became_of_it_is_kept(client, ticket):
    client.head(path_of(ticket))
    assert EntryLink.objects.get().opened_at is None
    client.get(path_of(ticket))
    opened_at = EntryLink.objects.get().opened_at
    assert opened_at
    assert EntryLink.objects.get().used_at is None
    client.get(path_of(ticket))
    client.post(path_of(ticket))
    link = EntryLink.objects.get()
    assert link.opened_at == opened_at
    assert link.used_at


def test_no_cache_and_no_other_site_learns_the_address(client, ticket):
    path = path_of(ticket)
    for response in (client.get(path), client.get("/t/nothing/"), client.post(path)):
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "strict-origin"


def test_the_form_needs_its_cookie(ticket):
    client = Client(enforce_csrf_checks=True)
    assert client.post(path_of(ticket)).status_code == 403
    page = client.get(path_of(ticket)).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    assert client.post(path_of(ticket), {"csrfmiddlewaretoken": token}).url == "/lobby/"


@pytest.mark.parametrize(
    ("next_", "leads_to"),
    [("/rooms/main/", "/rooms/main/"), ("https://evil.example/", "/lobby/")],
)
def test_it_leads_to_the_page_that_was_asked_for(client, ticket, next_, leads_to):
    page = client.get(path_of(ticket), {"next": next_})
    assert ('name="next"' in page.text) == (next_ == leads_to)
    assert client.post(path_of(ticket), {"next": next_}).url == leads_to


def test_forged_old_and_foreign_links_get_the_same_answer(client, ticket):
    link = link_to(ticket)
    token = token_of(link)
    elsewhere = make_ticket(
        make_conference(domain="other.example.org"), holder_email="a@example.com"
    )
    old = path_of(ticket)
    EntryLink.objects.filter(pk=link.pk).update(number=2)
    pages = set()
    for path in (
        old,
        path_of(elsewhere),
        path_of(ticket)[:-3] + "/",
        f"/t/{token.partition('.')[0]}/",
        f"/t/{token.partition('.')[0]}./",
        "/t/zzzzzzzzzzzzzzzzz.aaaaaaaaaaaaaaaaaaaaaa/",
        "/t/zzzzzzzzzzzzz.aaaaaaaaaaaaaaaaaaaaaa/",
        "/t/….…/",
    ):
        for response in (client.get(path), client.post(path)):
            assert response.status_code == 404
            pages.add(response.text)
    assert len(pages) == 1
    assert "does not open anything" in pages.pop()
    assert signed_in_as(client) is None
    assert not Claim.objects.exists()
    assert link_of(token) is None
    assert link_of(token_of(link_to(ticket)))


def test_a_new_holder_ends_the_link_of_the_old_one(client, ticket):
    """Else they would come in as the new one."""
    old = path_of(ticket)
    Ticket.objects.update(holder_email="eve@example.com")
    assert client.post(old).status_code == 404
    assert signed_in_as(client) is None
    ticket.refresh_from_db()
    client.post(path_of(ticket))
    assert holder_of(ticket).email == "eve@example.com"


def test_a_new_secret_key_leaves_the_links_that_are_out(ticket, settings):
    token, key = token_of(link_to(ticket)), settings.SECRET_KEY
    settings.SECRET_KEY = "another one, of some length, as it should be"
    assert link_of(token) is None
    settings.SECRET_KEY_FALLBACKS = [key]
    assert link_of(token)
    assert token_of(link_to(ticket)) != token


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("canceled", "was canceled"),
        ("unknown", "does not say that your ticket is valid"),
        ("pending", "not paid yet"),
        ("blocked", "is blocked"),
    ],
)
def test_a_ticket_that_is_not_valid_says_so(client, ticket, state, text):
    order = {"buyer_email": ticket.holder_email, "order_url": seal("https://shop.example/o/s/")}
    Ticket.objects.update(state=state, **order)
    for response in (client.get(path_of(ticket)), client.post(path_of(ticket))):
        assert response.status_code == 403
        assert text in response.text
        assert ticket.code in response.text
        assert 'href="https://shop.example/o/s/"' in response.text
    assert signed_in_as(client) is None
    shown = url_of(link_to(ticket), "", is_shown=True)
    assert ticket.code in client.get(shown).text
    assert "shop.example" not in client.get(shown).text, "a screen proves no mailbox"


def test_who_is_signed_in_takes_a_free_ticket_to_their_own_account(ticket, stranger):
    client = client_of(stranger)
    page = client.get(path_of(ticket)).text
    assert "a***@example.com" in page
    assert "You are signed in as" in page
    assert "Use this ticket with my account" in page
    assert client.post(path_of(ticket)).url == "/lobby/"
    assert holder_of(ticket) == stranger
    assert signed_in_as(client) == str(stranger.pk)


def test_who_has_one_like_it_leaves_it_free(conference, ticket, attendee):
    client = client_of(attendee)
    response = client.post(path_of(ticket), follow=True)
    assert "stays free for somebody else" in response.text
    assert holder_of(ticket) is None


def test_who_was_a_moment_too_late_reads_that_somebody_has_it(ticket, stranger, monkeypatch):
    faster, claim_those = make_user("faster@example.com"), entering.claim_those

    def race(conference, user, tickets, way):
        claim_those(conference, faster, tickets, way)
        return claim_those(conference, user, tickets, way)

    monkeypatch.setattr(entering, "claim_those", race)
    page = client_of(stranger).post(path_of(ticket), follow=True)
    assert page.status_code == 403
    assert "Somebody has this ticket" in page.text
    assert "opens the same" not in page.text
    assert holder_of(ticket) == faster


def test_a_link_never_opens_the_account_of_another_address(client, ticket, stranger):
    """Else who sends a link to somebody could come in as them once they have used it."""
    client_of(stranger).post(path_of(ticket))
    response = client.post(path_of(ticket))
    assert response.status_code == 403
    assert "Somebody has this ticket" in response.text
    assert "s***@example.com" in response.text
    assert signed_in_as(client) is None
    assert holder_of(ticket) == stranger


def test_the_first_holder_is_asked_once_a_day_and_keeps_the_ticket(ticket, client, stranger):
    client.post(path_of(ticket))
    for _time in range(2):
        assert client_of(stranger).post(path_of(ticket)).status_code == 403
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert "pass the ticket on" in message.body
    assert ticket.code in message.body
    assert "stranger@example.com" not in message.body
    assert holder_of(ticket).email == "ada@example.com"


def test_who_has_it_from_the_help_desk_is_not_asked(client, ticket, stranger):
    Claim.objects.create(ticket=ticket, user=stranger, way=Claim.Way.HELPDESK)
    response = client.post(path_of(ticket))
    assert "Somebody has this ticket" in response.text
    assert mail.outbox == []


def _password(user):
    user.set_password("a long password")
    user.save()


def _role(user):
    Role.objects.create(user=user, conference=Ticket.objects.get().conference, kind="helpdesk")


GUARDS = {
    "superuser": lambda user: User.objects.filter(pk=user.pk).update(is_superuser=True),
    "role": _role,
    "password": _password,
    "second factor": lambda user: Authenticator.objects.create(user=user, type="totp", data={}),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_accounts_that_may_more_need_their_own_login(client, ticket, guard):
    user = make_user("ada@example.com")
    GUARDS[guard](user)
    response = client.post(path_of(ticket), {"next": "/rooms/main/"})
    assert "Sign in to your account" in response.text
    assert "/accounts/login/?next=/rooms/main/" in response.text
    assert signed_in_as(client) is None
    assert holder_of(ticket) is None


def test_a_role_of_another_conference_closes_no_link_of_this_one(client, ticket):
    """Else whoever works for that one could keep ticket holders of this one out."""
    other = make_conference(domain="b.example")
    Role.objects.create(user=make_user("ada@example.com"), conference=other, kind="organizer")
    assert client.post(path_of(ticket)).url == "/lobby/"
    assert client.get("/admin/").status_code == 403


def test_a_closed_account_stays_closed(client, ticket):
    user = make_user("ada@example.com", is_active=False)
    assert client.post(path_of(ticket)).url == "/accounts/inactive/"
    assert signed_in_as(client) is None
    assert not Claim.objects.filter(user=user).exists()


def test_who_is_banned_reads_so(client, conference, ticket):
    user = make_user("ada@example.com")
    user.bans.create(conference=conference, reason="spam", starts_at=timezone.now())
    page = client.post(path_of(ticket), follow=True)
    assert page.status_code == 403
    assert "shut this account out" in page.text


def shown_path_of(ticket: Ticket) -> str:
    return url_of(link_to(ticket), "", is_shown=True)


def test_a_link_shown_at_the_help_desk_lets_in_and_proves_nothing(client, conference, ticket):
    other = make_ticket(conference, holder_email="ada@example.com", scopes=["replay"])
    assert "a***@example.com" in client.get(shown_path_of(ticket)).text
    assert client.post(shown_path_of(ticket)).url == "/lobby/"
    ada = User.objects.get()
    assert signed_in_as(client) == str(ada.pk)
    assert client.get("/lobby/").status_code == 200
    assert not EmailAddress.objects.filter(verified=True).exists()
    assert holder_of(ticket) == ada
    assert ticket.live_claim.way == Claim.Way.HELPDESK
    assert holder_of(other) is None
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user) == (str(ticket.pk), ada)
    assert "came in by the link that was shown at the help desk" in entry.get_change_message()
    # The mailbox was not read, so its own link and list know of nothing.
    link = EntryLink.objects.get()
    assert (link.opened_at, link.used_at) == (None, None)


@pytest.mark.slow
def test_of_an_account_that_is_known_a_shown_link_brings_the_one_ticket(client, conference, ticket):
    ada = User.objects.create_user("ada@example.com")
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    other = make_ticket(conference, holder_email=ada.email, scopes=["replay"])
    client.post(shown_path_of(ticket))
    assert (holder_of(ticket), holder_of(other)) == (ada, None)
    laptop = Client()
    let_in(client, laptop)
    laptop.post("/in/wait/")
    assert signed_in_as(laptop) == str(ada.pk)
    assert holder_of(other) is None
    Client().post(path_of(ticket))
    assert holder_of(other) == ada


@pytest.mark.parametrize("guard", GUARDS)
def test_a_shown_link_opens_no_account_that_may_more(client, ticket, guard):
    GUARDS[guard](make_user("ada@example.com"))
    assert "Sign in to your account" in client.post(shown_path_of(ticket)).text
    assert signed_in_as(client) is None
    assert holder_of(ticket) is None


def test_a_shown_link_is_no_mailed_one_and_ends_as_it_does(client, ticket):
    mailed, shown = path_of(ticket), shown_path_of(ticket)
    assert mailed != shown
    assert link_of(mailed.split("/")[2]).is_shown is False
    assert link_of(shown.split("/")[2]).is_shown is True
    send_link(ticket.pk, "https://live.example.org", sends_again=True)
    (message,) = mail.outbox
    assert mailed in message.body
    assert shown not in message.body
    Ticket.objects.update(holder_email="eve@example.com")
    assert client.post(shown).status_code == 404


def test_who_is_signed_in_takes_a_free_ticket_by_a_shown_link_too(ticket, stranger):
    assert client_of(stranger).post(shown_path_of(ticket)).url == "/lobby/"
    assert holder_of(ticket) == stranger
    assert LogEntry.objects.get().user == stranger


def test_it_costs_few_statements(ticket, conference):
    """The storm at nine: most come for the first time, the others again."""
    path = path_of(ticket)
    counts = []
    for _time in ("new", "known"):
        client = Client()
        with CaptureQueriesContext(connection) as queries:
            assert client.post(path).status_code == 302
        sql = [query["sql"] for query in queries if not is_of_the_clock(query["sql"])]
        counts.append(sum(not re.match("SAVEPOINT|RELEASE", text) for text in sql))
    assert counts[0] <= 15
    assert counts[1] <= 11
