"""What a shop has not announced: asked for again by who helps, by `manage.py why`, by who is refused."""

import contextlib
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_ticket, make_user
from tickets.helpdesk.tests.at_the_helpdesk import (
    do,
    find,
    lobby,
    logged,
    make_volunteer,
    page_of,
    text,
)
from tickets.models import Ban, OrderHint, Ticket
from tickets.sources.syncing import asking
from tickets.sources.syncing.run import sync
from tickets.sources.tests.paper_shop import PaperShop, broken, make_shop, paper_ticket, use

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def desk(conference):
    return client_of(make_volunteer(conference))


@pytest.fixture
def worker(settings):
    settings.HAS_WORKER = True
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
    }


@pytest.fixture
def paper(conference, monkeypatch):
    """A shop in which Bo has an order that is not paid yet, with a second ticket for a friend."""
    paper = PaperShop()
    use(monkeypatch, paper)
    paper.has(
        paper_ticket("AB-1", "pending", email="bo@example.com"),
        paper_ticket("CD-1", "pending", email="", buyer_email="bo@example.com"),
        paper_ticket("EF-1", "pending"),
    )
    sync(make_shop(conference), is_full=True)
    paper.asked.clear()
    return paper


@pytest.mark.slow
def test_the_order_is_fetched_again(conference, paper, desk):
    ticket = Ticket.objects.get(code="AB-1")
    bo = make_user("bo@example.com")
    assert "Ask the shop again" in text(desk.get(page_of(bo)))
    assert "Nothing has changed there." in text(do(desk, "fetch", ticket=ticket.pk))
    paper.has(paper_ticket("AB-1", email="bo@example.com"))
    page = text(do(desk, "fetch", ticket=ticket.pk))
    assert "The shop was asked about 1 order. AB-1 is valid now; it was not paid yet." in page
    assert paper.asked == ["order AB"] * 2
    assert lobby(bo) == 200
    own = make_ticket(conference)
    assert "came from no shop" in text(do(desk, "fetch", ticket=own.pk))


@pytest.mark.slow
def test_the_shop_is_asked_about_all_orders_of_who_stands_at_the_door(conference, paper, desk):
    bo = make_user("bo@example.com")
    page = text(desk.get(page_of(bo)))
    assert "Ask the shop now" in page
    assert "They may not enter" in page
    paper.has(
        paper_ticket("AB-1", email="bo@example.com"),
        paper_ticket("CD-1", "canceled", email="", buyer_email="bo@example.com"),
    )
    page = text(do(desk, "ask-shop", email="bo@example.com"))
    assert "The shop was asked about 2 orders." in page
    assert "AB-1 is valid now; it was not paid yet." in page
    assert "CD-1 is canceled now; it was not paid yet." in page
    assert "They may enter Testconf" in page
    assert sorted(paper.asked) == ["order AB", "order CD"]
    assert logged(bo) == [("volunteer@example.com", "The shop was asked again.")]


@pytest.mark.slow
def test_the_shop_is_asked_about_an_address_without_an_account(paper, desk):
    page = text(find(desk, "bo@example.com"))
    assert "Nobody has signed in as bo@example.com" in page
    assert "Ask the shop now" in page
    paper.has(paper_ticket("AB-1", email="bo@example.com"))
    page = text(do(desk, "ask-shop", email="Bo@Example.com"))
    assert "AB-1 is valid now; it was not paid yet." in page


@pytest.mark.slow
def test_nothing_is_said_of_an_account_that_who_helps_may_not_see(paper, desk):
    hidden = make_user("bo@example.com", is_superuser=True)
    response = do(desk, "ask-shop", email=hidden.email)
    assert "The shop was asked about 2 orders." in text(response)
    assert response.redirect_chain == [(page_of(Ticket.objects.get(code="CD-1")), 302)]
    assert logged(hidden) == []


@pytest.mark.slow
def test_only_people_with_an_order_in_a_shop_can_be_asked_about(attendee, paper, desk):
    assert "Ask the shop now" not in text(desk.get(page_of(attendee)))
    page = text(do(desk, "ask-shop", email=attendee.email))
    assert "No order of theirs that a shop can be asked for is known here." in page
    assert "Ask the shop now" not in text(find(desk, "nobody@example.com"))
    assert paper.asked == []


@pytest.mark.slow
def test_a_shop_that_does_not_answer_is_said_and_nothing_changes(paper, desk):
    paper.before_order = broken
    page = text(do(desk, "ask-shop", email="bo@example.com"))
    assert "Paper could not tell: The shop answers with a web page instead of data." in page
    assert "What it said last stays." in page
    assert {ticket.state for ticket in Ticket.objects.all()} == {"pending"}


@pytest.mark.slow
def test_the_shop_is_not_asked_without_end(paper, desk, monkeypatch):
    monkeypatch.setattr(asking, "MAX_ASKED", 2)
    for _time in range(2):
        assert "was asked about" in text(do(desk, "ask-shop", email="bo@example.com"))
    page = text(do(desk, "ask-shop", email="bo@example.com"))
    assert "asked very often just now" in page
    ticket = Ticket.objects.get(code="AB-1")
    assert "asked very often just now" in text(do(desk, "fetch", ticket=ticket.pk))
    assert len(paper.asked) == 4


# --- manage.py why --------------------------------------------------------------------------------


def why(*arguments):
    out = StringIO()
    with pytest.raises(SystemExit) if "refused" in arguments else contextlib.nullcontext():
        call_command("why", *(word for word in arguments if word != "refused"), stdout=out)
    return out.getvalue()


@pytest.mark.slow
def test_why_offers_to_ask_and_asks(paper):
    told = why("bo@example.com", "refused")
    assert "--ask-shop asks for their orders now" in told
    assert paper.asked == []
    make_user("bo@example.com")
    paper.has(paper_ticket("AB-1", email="bo@example.com"))
    told = why("bo@example.com", "--ask-shop")
    assert "The shop was asked about 2 orders. AB-1 is valid now; it was not paid yet." in told
    assert told.splitlines()[-1].startswith("→ They may enter Testconf")
    told = json.loads(why("bo@example.com", "--ask-shop", "--json"))
    assert told["asked"] == {"orders": 2, "changes": [], "problems": []}
    assert json.loads(why("bo@example.com", "--json"))["asked"] is None


def test_why_says_that_there_is_nothing_to_ask_for(attendee, stranger):
    nothing = "No order of theirs that a shop can be asked for is known here."
    assert nothing in why(attendee.email, "--ask-shop")
    assert "--ask-shop" not in why(stranger.email, "refused")


# --- Who is refused -------------------------------------------------------------------------------


@pytest.mark.slow
def test_who_is_refused_has_their_orders_asked_for_again(conference, paper, worker):
    client = client_of(make_user("bo@example.com"))
    asking_again = "We are asking the ticket shop again"
    assert asking_again in text(client.get(reverse("why")))
    assert asking_again not in text(client.get(reverse("why")))
    assert "No ticket is waiting" in text(client.post(reverse("find_ticket"), follow=True))
    assert set(OrderHint.objects.values_list("order_code", flat=True)) == {"AB", "CD"}
    assert DBTaskResult.objects.count() == 1
    assert paper.asked == []


@pytest.mark.slow
def test_who_looks_for_their_ticket_has_it_asked_for_too(paper, worker):
    client = client_of(make_user("bo@example.com"))
    page = text(client.post(reverse("find_ticket"), follow=True))
    assert "We are asking the ticket shop again" in page
    assert OrderHint.objects.count() == 2


@pytest.mark.slow
def test_nobody_who_may_come_in_or_is_shut_out_asks_the_shop(conference, paper, attendee, worker):
    shop = conference.shops.get()
    Ticket.objects.filter(holder_email=attendee.email).update(shop=shop, order_code="ME")
    assert "You may come in" in text(client_of(attendee).get(reverse("why")))
    bo = make_user("bo@example.com")
    Ban.objects.create(conference=conference, user=bo, reason="rude")
    assert "You may come in" not in text(client_of(bo).get(reverse("why")))
    assert not OrderHint.objects.exists()
