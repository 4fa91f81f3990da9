"""A shop asked again about one person's orders, because it does not announce all that it changes."""

import threading

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_conference, make_ticket, make_user
from lib.sealing import seal
from tickets.models import OrderHint, Ticket
from tickets.sources.shops.client import ShopClient
from tickets.sources.syncing import asking
from tickets.sources.syncing.asking import ask_in_background, ask_now, may_ask, orders_of
from tickets.sources.tests.fake_shops.pretix import FakePretix
from tickets.sources.tests.fake_shops.server import Answer, too_many
from tickets.sources.tests.paper_shop import (
    PaperShop,
    broken,
    full,
    make_shop,
    paper_ticket,
    states,
    use,
)


@pytest.fixture
def paper(monkeypatch) -> PaperShop:
    paper = PaperShop()
    use(monkeypatch, paper)
    return paper


@pytest.fixture
def ann(db):
    return make_user("ann@example.com")


@pytest.fixture
def shop(conference, paper, ann):
    """Ann has an order that is not paid, and has bought one for a friend."""
    paper.has(
        paper_ticket("A-1", "pending", email=ann.email),
        paper_ticket("B-1", "pending", buyer_email=ann.email),
        paper_ticket("C-1", "pending"),
    )
    shop = make_shop(conference)
    full(shop)
    paper.asked.clear()
    return shop


@pytest.fixture
def worker(settings):
    settings.HAS_WORKER = True
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
    }


def orders_for(conference, user):
    return orders_of(Ticket.objects.concerning(conference, user.email, user))


@pytest.mark.slow
def test_what_the_shop_did_not_announce_arrives_when_somebody_asks(
    conference, paper, shop, ann, django_capture_on_commit_callbacks
):
    client = client_of(ann)
    assert client.get("/lobby/").status_code == 403
    paper.has(
        paper_ticket("A-1", "valid", email=ann.email),
        paper_ticket("B-1", "pending", buyer_email=ann.email),
        paper_ticket("C-1", "valid"),
    )
    shop.add_hint("C", timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        answer = ask_now(orders_for(conference, ann))
    assert sorted(paper.asked) == ["order A", "order B"], "theirs, and nobody else's"
    assert str(answer) == (
        "The shop was asked about 2 orders. A-1 is valid now; it was not paid yet."
    )
    assert client.get("/lobby/").status_code == 200
    assert states() == {"A-1": "valid", "B-1": "pending", "C-1": "pending"}
    assert [hint.order_code for hint in OrderHint.objects.waiting()] == ["C"]
    assert str(ask_now(orders_for(conference, ann))).endswith("Nothing has changed there.")


@pytest.mark.slow
def test_it_is_told_what_is_new(conference, paper, shop, ann):
    paper.has(
        paper_ticket("A-1", "pending", email="bo@example.com", valid_until=timezone.now()),
        paper_ticket("A-2", email=ann.email),
    )
    answer = ask_now(orders_for(conference, ann))
    assert answer.changes == [
        "A-1: new are holder's e-mail, valid until.",
        "B-1 is canceled now; it was not paid yet.",
        "A-2 is new: valid.",
    ]


def test_only_orders_that_a_shop_can_be_asked_for(conference, paper, shop, ann):
    make_ticket(conference, holder_email=ann.email, order_code="F")
    other = make_shop(make_conference(slug="other"), slug="elsewhere")
    there = make_ticket(other.conference, holder_email=ann.email, shop=other, order_code="O")
    assert orders_for(conference, ann) == {shop: ["B", "A"]}
    assert orders_for(there.conference, ann) == {other: ["O"]}
    Ticket.objects.filter(code="A-1").update(order_code="")
    assert orders_for(conference, ann) == {shop: ["B"]}
    shop.is_active = False
    shop.save()
    assert orders_for(conference, ann) == {}


@pytest.mark.slow
def test_who_bought_many_asks_for_a_few(conference, paper, shop, ann):
    paper.has(*(paper_ticket(f"G{n}-{m}", email=ann.email) for n in range(9) for m in (1, 2)))
    full(shop)
    (codes,) = orders_for(conference, ann).values()
    assert codes == [f"G{n}" for n in (8, 7, 6, 5, 4)][: asking.MAX_ORDERS]


def test_a_shop_that_does_not_answer_changes_nothing_and_is_asked_again(
    conference, paper, shop, ann, worker
):
    paper.before_order = broken
    answer = ask_now(orders_for(conference, ann))
    assert answer.changes == []
    assert "Paper could not tell: The shop answers with a web page" in str(answer)
    assert set(states().values()) == {"pending"}
    assert OrderHint.objects.waiting().count() == 2
    assert DBTaskResult.objects.ready().count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("silent", [True, False])
def test_nobody_waits_long_for_a_shop(conference, settings, monkeypatch, ann, silent):
    waits: list[float] = []
    monkeypatch.setattr(ShopClient, "sleep", staticmethod(waits.append))
    with FakePretix() as fake:
        settings.PRIVATE_HOSTS = [fake.url]
        values = {"account": fake.organizer, "event": fake.event, "token": seal(fake.token)}
        shop = make_shop(conference, kind="pretix", base_url=fake.url, **values)
        for _number in range(4):
            fake.add_order(ann.email)
        full(shop)
        fake.asked.clear()
        if silent:
            monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.2)
            fake.always = Answer(wait=threading.Event())
        else:
            fake.always = too_many(30)
        answer = ask_now(orders_for(conference, ann))
    assert answer.problems
    assert waits == []
    assert len(fake.asked) <= 3
    assert Ticket.objects.valid().count() == 4


def test_who_is_refused_asks_once_a_minute(conference, paper, shop, ann, worker):
    assert ask_in_background(conference, ann)
    assert paper.asked == [], "a worker asks"
    assert set(OrderHint.objects.values_list("order_code", flat=True)) == {"A", "B"}
    assert not ask_in_background(conference, ann)
    assert DBTaskResult.objects.count() == 1


@pytest.mark.slow
def test_all_who_are_refused_together_do_not_hammer_the_shop(conference, paper, shop, worker):
    people = [make_user(f"p{n}@example.com") for n in range(asking.MAX_ASKED_BY_THEMSELVES + 2)]
    paper.has(*(paper_ticket(f"P{n}-1", email=user.email) for n, user in enumerate(people)))
    full(shop)
    asked = [ask_in_background(conference, user) for user in people]
    assert asked == [True] * asking.MAX_ASKED_BY_THEMSELVES + [False, False]
    assert may_ask(conference), "whoever helps them is not held up by that"


def test_nobody_is_asked_about_whom_no_shop_knows_or_without_a_worker(
    conference, paper, shop, ann, attendee
):
    assert not ask_in_background(conference, ann), "the page would wait for the shop"
    assert not ask_in_background(conference, attendee)
    assert not OrderHint.objects.exists()
