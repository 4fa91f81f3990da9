"""A shop's call: who may, what is remembered, and what a worker makes of it."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_conference
from lib.sealing import seal
from tickets.models import OrderHint, Shop, Ticket
from tickets.sources.shops.base import ShopError
from tickets.sources.syncing.order_hints import fetch_hinted_orders, fetch_hints
from tickets.sources.syncing.run import sync
from tickets.sources.tests.fake_shops.pretix import FakePretix
from tickets.sources.tests.paper_shop import PaperShop, broken, make_shop, paper_ticket, use


@pytest.fixture
def paper(monkeypatch) -> PaperShop:
    paper = PaperShop()
    use(monkeypatch, paper)
    paper.has(paper_ticket("A-1"), paper_ticket("A-2"), paper_ticket("B-1"))
    return paper


@pytest.fixture
def shop(conference, paper) -> Shop:
    shop = make_shop(conference)
    sync(shop, is_full=True)
    paper.asked.clear()
    return shop


@pytest.fixture
def worker(settings):
    """As with HAS_WORKER=on: what is enqueued waits."""
    settings.HAS_WORKER = True
    settings.TASKS = {
        "default": {
            "BACKEND": "django_tasks_db.DatabaseBackend",
            "QUEUES": ["mail", "default"],
        }
    }


def call(shop, body="A", *, client=None, secret=None, slug=None, **headers):
    return (client or Client()).post(
        f"/hooks/{slug or shop.slug}/{secret or shop.hook_secret}/",
        body.encode(),
        content_type="application/octet-stream",
        headers=headers,
    )


def work() -> int:
    """What a worker would do now; returns how many tasks that were."""
    tasks = list(DBTaskResult.objects.ready())
    for task in tasks:
        task.status = "SUCCESSFUL"
        task.save()
        fetch_hints.call(*task.args_kwargs["args"])
    return len(tasks)


def state(code: str) -> str:
    return Ticket.objects.get(code=code).state


@pytest.mark.slow
def test_a_refund_is_on_the_page_after_the_call(
    shop, paper, stranger, django_capture_on_commit_callbacks
):
    paper.has(paper_ticket("A-1", email=stranger.email))
    sync(shop, is_full=True)
    client = client_of(stranger)
    assert client.get("/lobby/").status_code == 200
    paper.has(paper_ticket("A-1", "canceled", email=stranger.email))
    with django_capture_on_commit_callbacks(execute=True):
        response = call(shop)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get("/lobby/").status_code == 403
    assert OrderHint.objects.get().done_at is not None


@pytest.mark.slow
def test_pretix_calls_twice_and_in_disorder(conference, settings):
    with FakePretix() as fake:
        settings.PRIVATE_HOSTS = [fake.url]
        shop = make_shop(
            conference,
            kind="pretix",
            base_url=fake.url,
            account=fake.organizer,
            event=fake.event,
            token=seal(fake.token),
        )
        code = fake.add_order("ada@example.com", "bo@example.com")
        for action in ("pretix.event.order.paid", "pretix.event.order.placed"):
            assert call(shop, fake.call(code, action).decode()).status_code == 204
        fake.cancel_position(code, 1)
        fake.transfer(code, 2, "cy@example.com")
        for _time in range(2):
            assert call(shop, fake.call(code).decode()).status_code == 204
        rows = Ticket.objects.order_by("code").values_list("state", "holder_email")
        assert list(rows) == [("canceled", "ada@example.com"), ("valid", "cy@example.com")]
        fake.delete(code)
        call(shop, fake.call(code, "pretix.event.order.deleted").decode())
        assert not Ticket.objects.valid().exists()
        assert call(shop, "{}").status_code == 400


@pytest.mark.slow
def test_the_whole_order_counts(shop, paper):
    paper.has(paper_ticket("A-1"), paper_ticket("A-3"), paper_ticket("B-1"))
    call(shop)
    states = dict(Ticket.objects.values_list("code", "state"))
    assert states == {"A-1": "valid", "A-2": "canceled", "A-3": "valid", "B-1": "valid"}
    paper.has()
    call(shop)
    assert Ticket.objects.valid().get().code == "B-1"


@pytest.mark.slow
def test_with_a_worker_the_call_asks_nobody(shop, paper, worker):
    assert call(shop).status_code == 204
    assert call(shop).status_code == 204
    assert paper.asked == []
    assert OrderHint.objects.waiting().count() == 1
    task = DBTaskResult.objects.first()
    assert task.queue_name == "default"
    assert task.args_kwargs == {"args": [shop.pk], "kwargs": {}}
    paper.has(paper_ticket("A-1", "canceled"))
    work()
    assert paper.asked == ["order A"]
    assert state("A-1") == "canceled"
    assert not OrderHint.objects.waiting().exists()


@pytest.mark.slow
def test_a_call_that_is_replayed_makes_one_task(shop, paper, worker):
    for _time in range(20):
        assert call(shop).status_code == 204
    call(shop, "B")
    assert DBTaskResult.objects.count() == 2
    assert work() == 2
    call(shop)
    assert DBTaskResult.objects.ready().count() == 1, "what comes later is news"


@pytest.mark.slow
def test_a_call_while_the_order_is_asked_for_makes_another_task(shop, paper, worker):
    def calls_again(code):
        paper.before_order = lambda code: None
        call(shop, code)

    paper.before_order = calls_again
    call(shop)
    assert work() == 1
    assert OrderHint.objects.waiting().count() == 1
    assert work() == 1
    assert not OrderHint.objects.waiting().exists()


def test_a_task_that_was_lost_keeps_no_call_from_another(shop, worker):
    call(shop)
    DBTaskResult.objects.all().delete()
    call(shop)
    assert not DBTaskResult.objects.exists()
    OrderHint.objects.update(queued_at=timezone.now() - timedelta(minutes=1, seconds=1))
    call(shop)
    assert DBTaskResult.objects.count() == 1


def test_a_call_about_something_else(shop, paper):
    assert call(shop, "").status_code == 204
    assert not OrderHint.objects.exists()
    assert paper.asked == []


@pytest.mark.slow
def test_who_does_not_know_the_secret_learns_nothing(shop):
    other = make_shop(make_conference(), slug="elsewhere")
    off = make_shop(shop.conference, slug="off", is_active=False)
    strange = make_shop(shop.conference, slug="strange", kind="nowhere")
    wrong = [
        call(shop, secret="guess"),
        call(shop, slug="unknown"),
        call(shop, slug="unknown", secret="guess"),
        call(other),
        call(off),
        call(strange),
        call(shop, secret="ü"),
    ]
    assert {response.status_code for response in wrong} == {404}
    assert len({response.content for response in wrong}) == 1
    assert not OrderHint.objects.exists()


def test_other_answers(shop):
    assert call(shop, **{"X-Paper": "forged"}).status_code == 403
    assert call(shop, "x" * (64 * 1024 + 1)).status_code == 413
    address = f"/hooks/{shop.slug}/{shop.hook_secret}/"
    assert Client().get(address).status_code == 405
    assert call(shop, "", client=Client(enforce_csrf_checks=True)).status_code == 204
    assert not OrderHint.objects.exists()


@pytest.mark.slow
def test_a_call_while_the_order_is_asked_for_is_not_lost(shop, paper):
    def calls_again(code):
        paper.before_order = lambda code: None
        shop.add_hint(code, timezone.now())

    paper.before_order = calls_again
    call(shop)
    assert OrderHint.objects.waiting().get().order_code == "A"
    assert fetch_hinted_orders(shop).done == 1
    assert not OrderHint.objects.waiting().exists()


def test_what_another_worker_did_meanwhile_stays(shop, paper):
    def another_does(code):
        OrderHint.objects.waiting().update(done_at=timezone.now())
        Ticket.objects.filter(code="A-1").update(state="canceled")

    paper.before_order = another_does
    call(shop)
    assert state("A-1") == "canceled"


def test_an_order_that_the_shop_fails_to_tell_holds_up_nobody_else(shop, paper):
    def fails_for_a(code):
        if code == "A":
            broken(code)

    paper.before_order = fails_for_a
    paper.has(paper_ticket("A-1"), paper_ticket("A-2"), paper_ticket("B-1", "canceled"))
    shop.add_hint("A", timezone.now())
    shop.add_hint("B", timezone.now())
    shop.add_hint("A", timezone.now())
    answered = fetch_hinted_orders(shop)
    assert (answered.done, answered.waiting, answered.is_down) == (1, 1, False)
    assert "web page" in answered.problem
    assert state("B-1") == "canceled"
    assert OrderHint.objects.waiting().get().order_code == "A"


@pytest.mark.slow
def test_a_shop_that_is_down_is_asked_again_later_and_by_one_task(shop, paper, worker):
    paper.before_order = broken
    for code in "ABCDE":
        call(shop, code)
    assert work() == 5
    # Three questions, and then nobody asked any more.
    assert len(paper.asked) == 3
    waiting = DBTaskResult.objects.get(status="READY")
    assert waiting.args_kwargs["args"] == [shop.pk, 1]
    assert waiting.run_after > timezone.now()

    paper.before_order = lambda code: None
    waiting.run_after = timezone.now()
    waiting.save()
    assert work() == 1
    assert not OrderHint.objects.waiting().exists()


def test_it_gives_up_and_leaves_the_rest_to_the_timer(shop, paper, worker):
    paper.before_order = broken
    shop.add_hint("A", timezone.now())
    for tries in range(1, 7):
        fetch_hints.call(shop.pk, tries)
        cache.clear()
    pauses = [
        round((task.run_after - timezone.now()) / timedelta(seconds=5))
        for task in DBTaskResult.objects.order_by("enqueued_at")
    ]
    assert pauses == [2, 4, 8, 16, 32]
    assert OrderHint.objects.waiting().count() == 1


def test_without_a_worker_a_failure_is_the_timers_too(shop, paper):
    paper.before_order = broken
    assert call(shop).status_code == 204
    assert OrderHint.objects.waiting().count() == 1


@pytest.mark.slow
def test_no_secret_is_in_logs_and_tasks(shop, paper, worker, caplog):
    def fails(code):
        raise ShopError("The shop answers 500.")

    paper.before_order = fails
    call(shop)
    work()
    call(shop, secret="guess")
    written = caplog.text + json.dumps(list(DBTaskResult.objects.values("args_kwargs")))
    assert shop.hook_secret not in written
