"""What a shop says becomes ours: whole or in part, and never less than what is sure."""

import threading
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_conference, make_ticket, make_user, utc
from tickets.models import Claim, OrderHint, Product, Shop, SyncRun, Ticket
from tickets.sources.shops.base import Admits
from tickets.sources.syncing import run
from tickets.sources.syncing.run import ShopBusy, only_run, sync
from tickets.sources.tests.paper_shop import (
    broken,
    full,
    make_shop,
    paper_ticket,
    part,
    states,
    ten,
)

pytestmark = pytest.mark.slow


def test_everything_and_then_what_changes(shop, paper):
    starts_at = utc("2026-11-21 08:00")
    paper.has(
        paper_ticket("A-1", email="Ada@Example.com", holder_name="Ada", valid_from=starts_at),
        paper_ticket("B-1", "pending", product="T-shirt", product_code="9", admits=Admits.NO),
    )
    said = []
    run = part(shop, progress=lambda done, total: said.append((done, total)))
    assert (run.state, run.is_full, run.problem) == ("done", True, "")
    assert run.counts == {
        "new": 2,
        "changed": 0,
        "canceled": 0,
        "pending": 0,
        "blocked": 0,
        "unknown": 0,
        "passed_on": 0,
        "claimed": 0,
        "unchanged": 0,
        "pages": 2,
    }
    assert said == [(1, 2), (2, 2)]
    ada = Ticket.objects.get(code="A-1")
    assert (ada.holder_email, ada.shop_email, ada.shop) == ("ada@example.com",) * 2 + (shop,)
    assert (ada.valid_from, ada.seen_in, ada.shop_says) == (starts_at, run, "valid")
    assert ada.product.scopes == ["conference"]
    assert Product.objects.get(name="T-shirt").scopes == []
    shop.refresh_from_db()
    assert (shop.cursor, shop.synced_at, shop.full_synced_at) == ("c1", *[run.started_at] * 2)

    paper.cursor = "c2"
    paper.changed = [[paper_ticket("A-1", "canceled", email="ada@example.com")]]
    run = part(shop)
    assert not run.is_full
    assert paper.asked == ["everything", "changes c1"]
    assert (run.counts["changed"], run.counts["canceled"]) == (1, 1)
    assert states() == {"A-1": "canceled", "B-1": "pending"}
    shop.refresh_from_db()
    assert shop.cursor == "c2"
    assert shop.full_synced_at < shop.synced_at


def test_the_code_for_the_door_and_the_order_s_address_are_sealed(shop, paper):
    told = {"door_code": "door-secret", "order_url": "https://shop.example/o/1/"}
    paper.has(paper_ticket("A-1", **told), paper_ticket("A-2"))
    full(shop)
    ticket = Ticket.objects.get(code="A-1")
    sealed = [ticket.door_code, ticket.order_url]
    assert "door-secret" not in sealed[0]
    assert "shop.example" not in sealed[1]
    assert {name: ticket.opened(name) for name in told} == told
    assert full(shop).counts["unchanged"] == 2, "the same text has another seal each time"
    paper.has(paper_ticket("A-1", **{**told, "door_code": "new"}), paper_ticket("A-2"))
    full(shop)
    ticket.refresh_from_db()
    assert [ticket.opened(name) for name in told] == ["new", told["order_url"]]


def test_the_same_again_changes_nothing(shop, paper):
    paper.has(*ten())
    full(shop)
    before = list(Ticket.objects.values("pk", "updated_at", "state", "product", "holder_email"))
    run = full(shop)
    assert (run.counts["unchanged"], run.counts["changed"], run.counts["new"]) == (10, 0, 0)
    assert (
        list(Ticket.objects.values("pk", "updated_at", "state", "product", "holder_email"))
        == before
    )
    assert set(Ticket.objects.values_list("seen_in", flat=True)) == {run.pk}


def test_when_it_asks_for_everything_by_itself(shop, paper):
    assert "nothing has been read" in shop.why_full(timezone.now())
    paper.has(*ten())
    part(shop)
    shop.refresh_from_db()
    assert shop.why_full(timezone.now()) == ""
    Shop.objects.update(full_synced_at=timezone.now() - timedelta(days=1, minutes=1))
    SyncRun.objects.update(started_at=timezone.now() - timedelta(days=1, minutes=1))
    shop.refresh_from_db()
    assert "older than a day" in shop.why_full(timezone.now())
    # Changes go on coming while the full run is refused.
    paper.pages = []
    assert part(shop).state == "refused"
    shop.refresh_from_db()
    assert shop.why_full(timezone.now()) == ""
    assert part(shop).state == "done"


def test_what_ends_in_a_full_run_ends_with_it(shop, paper):
    paper.has(*ten())
    full(shop)
    paper.has(*ten(first=1), paper_ticket("P0-1", "canceled", email="new@example.com"))
    run = full(shop)
    ended = Ticket.objects.get(code="P0-1")
    assert (ended.state, ended.shop_says, ended.seen_in) == ("canceled", "canceled", run)
    assert ended.holder_email == "new@example.com"
    assert run.counts["canceled"] == 1


def test_a_ticket_on_two_pages_is_what_the_later_says(shop, paper):
    paper.has(*ten())
    full(shop)
    paper.has(paper_ticket("P0-1", "canceled"), *ten())
    assert full(shop).counts["canceled"] == 0
    assert states()["P0-1"] == "valid"


def test_between_full_runs_the_shop_is_believed(shop, paper):
    paper.has(*ten())
    full(shop)
    paper.changed = [ten(state="canceled")]
    assert part(shop).counts["canceled"] == 10
    assert set(states().values()) == {"canceled"}


def test_a_ticket_missing_from_its_order_is_gone(shop, paper):
    paper.has(*ten(), paper_ticket("P9-2"))
    full(shop)
    paper.changed = [[paper_ticket("P9-1")]]
    run = part(shop)
    assert (run.state, run.counts["canceled"]) == ("done", 1)
    assert states()["P9-2"] == "canceled"
    # But not many at once.
    paper.has(*ten())
    paper.changed = [[paper_ticket(f"P{number}-2")] for number in range(4)]
    run = part(shop)
    assert run.state == "refused"
    assert [states()[f"P{number}-1"] for number in range(4)] == ["valid"] * 4


def test_an_outage_in_the_middle_keeps_what_is_known(shop, paper):
    paper.has(*ten())
    full(shop)

    def fails_at_the_third(number):
        if number == 3:
            broken(number)

    paper.before_page = fails_at_the_third
    paper.has(*ten(first=2, state="canceled"), paper_ticket("NEW-1"))
    paper.pages.insert(0, [paper_ticket("NEW-2")])
    paper.cursor = "c9"
    run = full(shop)
    assert run.state == "failed"
    assert run.problem == "The shop answers with a web page instead of data."
    assert run.counts["pages"] == 2
    shop.refresh_from_db()
    assert shop.cursor == "c1"
    expected = {f"P{number}-1": "valid" for number in range(10)} | {"NEW-2": "valid"}
    assert states() == expected
    paper.before_page = lambda number: None
    paper.has(*ten(), paper_ticket("NEW-2"))
    assert full(shop).state == "done"
    assert states() == expected


def test_an_interrupted_run_is_closed_by_the_next(shop, paper):
    SyncRun.objects.create(shop=shop, is_full=True)
    paper.has(*ten())
    assert full(shop).state == "done"
    assert [run.state for run in SyncRun.objects.order_by("pk")] == ["failed", "done"]
    assert "interrupted" in SyncRun.objects.earliest("pk").problem


def test_passed_on_here_survives_until_the_shop_names_somebody_new(shop, paper):
    paper.has(paper_ticket("A-1", email="old@example.com"))
    full(shop)
    Ticket.objects.update(holder_email="friend@example.com", passed_on_at=timezone.now())
    for email in ("old@example.com", ""):
        paper.has(paper_ticket("A-1", email=email))
        full(shop)
        ticket = Ticket.objects.get()
        assert (ticket.holder_email, ticket.shop_email) == ("friend@example.com", "old@example.com")
    paper.has(paper_ticket("A-1", email="new@example.com"))
    full(shop)
    ticket = Ticket.objects.get()
    assert (ticket.holder_email, ticket.shop_email) == ("new@example.com",) * 2
    assert ticket.passed_on_at is None


@pytest.mark.parametrize(
    ("way", "loses"), [("email", True), ("order", True), ("link", True), ("helpdesk", False)]
)
def test_a_transfer_in_the_shop(
    shop, paper, conference, stranger, way, loses, django_capture_on_commit_callbacks
):
    old = make_user("old@example.com")
    paper.has(paper_ticket("A-1", email="old@example.com"))
    full(shop)
    Claim.objects.update(way=way)
    leaving, coming = client_of(old), client_of(stranger)
    assert leaving.get("/lobby/").status_code == 200
    assert coming.get("/lobby/").status_code == 403
    paper.changed = [[paper_ticket("A-1", email=stranger.email)]]
    with django_capture_on_commit_callbacks(execute=True):
        run = part(shop)
    assert (run.counts["passed_on"], run.counts["claimed"]) == ((1, 1) if loses else (0, 0))
    assert leaving.get("/lobby/").status_code == (403 if loses else 200)
    assert coming.get("/lobby/").status_code == (200 if loses else 403)


def test_a_refund_is_noticed_at_once(shop, paper, stranger, django_capture_on_commit_callbacks):
    paper.has(*ten(), paper_ticket("A-1", email=stranger.email))
    full(shop)
    client = client_of(stranger)
    assert client.get("/lobby/").status_code == 200
    paper.has(*ten())
    with django_capture_on_commit_callbacks(execute=True):
        full(shop)
    refused = client.get("/lobby/")
    assert refused.status_code == 403
    assert 'data-reason="ticket_canceled"' in refused.text


def test_products_follow_their_number_and_keep_what_they_open(shop, paper):
    mapped = Product.objects.create(conference=shop.conference, name="Day", scopes=["replay"])
    paper.has(
        paper_ticket("A-1", product="Day", product_code="7"),
        paper_ticket("A-2", product="Day", product_code="8"),
    )
    full(shop)
    mapped.refresh_from_db()
    assert (mapped.shop, mapped.shop_code, mapped.scopes) == (shop, "7", ["replay"])
    assert Ticket.objects.get(code="A-1").product == mapped
    twin = Ticket.objects.get(code="A-2").product
    assert (twin.name, twin.shop_code) == ("Day (paper 8)", "8")
    paper.has(
        paper_ticket("A-1", product="Day one", product_code="7"),
        paper_ticket("A-2", product="Day", product_code="8"),
    )
    assert full(shop).counts["changed"] == 0
    mapped.refresh_from_db()
    assert (mapped.name, mapped.scopes) == ("Day one", ["replay"])
    assert Product.objects.count() == 2


def test_another_shops_tickets_are_left_alone_and_said(shop, paper):
    other = make_shop(shop.conference, slug="other")
    make_ticket(shop.conference, code="A-1", shop=other, holder_email="theirs@example.com")
    make_ticket(make_conference(), code="A-2", holder_email="far@example.com")
    paper.has(paper_ticket("A-1", "canceled"), paper_ticket("A-2"))
    run = full(shop)
    assert (run.state, run.counts["new"], "A-1" in run.problem) == ("done", 1, True)
    assert Ticket.objects.get(code="A-1").state == "valid"


def test_tickets_from_a_file_become_the_shops(shop, paper):
    for number in range(10):
        make_ticket(shop.conference, code=f"P{number}-1")
    paper.has(*ten(first=1), paper_ticket("P0-1", "canceled"))
    run = full(shop)
    assert (run.state, run.counts["canceled"], run.counts["new"]) == ("done", 1, 0)
    assert set(Ticket.objects.values_list("shop", flat=True)) == {shop.pk}


def test_what_an_order_said_by_itself_is_newer_than_a_page(shop, paper):
    paper.has(*ten())
    full(shop)

    def the_shop_called_meanwhile(number):
        if number == 1:
            hint = {"shop": shop, "order_code": "P0", "done_at": timezone.now()}
            OrderHint.objects.create(**hint)
            Ticket.objects.filter(code="P0-1").update(state="pending")
            make_ticket(shop.conference, code="P0-9", order_code="P0", shop=shop)

    paper.before_page = the_shop_called_meanwhile
    run = full(shop)
    assert run.state == "done"
    assert (states()["P0-1"], states()["P0-9"]) == ("pending", "valid")


def test_if_the_shop_becomes_another_meanwhile_its_cursor_is_not_kept(shop, paper):
    paper.has(*ten())
    paper.before_page = lambda number: Shop.objects.update(event="conf27")
    full(shop)
    shop.refresh_from_db()
    assert (shop.cursor, shop.synced_at) == ("", None)


@pytest.mark.django_db(transaction=True)
def test_one_at_a_time(monkeypatch):
    monkeypatch.setattr(run, "WAIT_SECONDS", 0)
    shop = make_shop(make_conference())
    is_taken, may_go = threading.Event(), threading.Event()

    def take():
        with only_run(shop):
            is_taken.set()
            may_go.wait(30)
        connections.close_all()

    other = threading.Thread(target=take)
    other.start()
    try:
        assert is_taken.wait(30)
        with pytest.raises(ShopBusy):
            sync(shop, is_full=True)
        assert not SyncRun.objects.exists()
    finally:
        may_go.set()
        other.join()
    with only_run(shop):
        pass


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_run_that_lost_its_lock_writes_no_more(paper):
    shop = make_shop(make_conference())
    paper.has(*ten())

    def lose_the_lock(page: int) -> None:
        if page == 3:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 60000) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                    # Other tests have databases of their own on the same server.
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )

    paper.before_page = lose_the_lock
    with pytest.raises((OperationalError, InterfaceError)):
        full(shop)
    assert sorted(states()) == ["P0-1", "P1-1"]
    paper.before_page = lambda page: None
    assert full(shop).state == "done"
    assert len(states()) == 10
    assert [run.state for run in shop.runs.order_by("pk")] == ["failed", "done"]


def test_the_number_of_queries_per_page_does_not_grow(shop, paper):
    def page(numbers, state="valid"):
        return [
            paper_ticket(f"Q{number}-1", state, product=f"Kind {number % 2}") for number in numbers
        ]

    def queries_of(tickets):
        paper.changed = [tickets]
        with CaptureQueriesContext(connection) as queries:
            assert part(shop).state == "done"
        return len(queries)

    for number in range(60):
        make_user(f"q{number}-1@example.com")
    paper.has(*ten())
    full(shop)
    few, many = queries_of(page(range(3))), queries_of(page(range(3, 53)))
    assert Claim.objects.live().count() == 53
    assert many <= few
    few, many = queries_of(page(range(3))), queries_of(page(range(3, 53)))
    assert many == few
    few = queries_of(page(range(3), "canceled"))
    many = queries_of(page(range(3, 53), "canceled"))
    assert many == few
