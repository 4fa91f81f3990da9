"""A shop that loses more tickets than is likely cancels none before somebody says so."""

import pytest

from tickets.models import Ticket
from tickets.sources.tests.paper_shop import (
    full,
    paper_ticket,
    states,
    ten,
)


@pytest.mark.slow
def test_a_fifth_may_go_missing(shop, paper):
    paper.has(*ten())
    full(shop)
    paper.has(*ten(first=2))
    run = full(shop)
    assert (run.state, run.counts["canceled"]) == ("done", 2)
    gone = Ticket.objects.get(code="P0-1")
    assert (gone.state, gone.shop_says) == ("canceled", "gone")
    assert Ticket.objects.valid().count() == 8


def lies_by_silence(paper):
    paper.has(*ten(first=3))


def lies_by_an_empty_list(paper):
    paper.has()


def lies_ticket_by_ticket(paper):
    paper.has(*ten(first=3), *[paper_ticket(f"P{number}-1", "canceled") for number in range(3)])


def lies_both_ways(paper):
    paper.has(*ten(first=3), paper_ticket("P0-1", "unknown"), paper_ticket("P1-1", "pending"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "lies",
    [lies_by_silence, lies_by_an_empty_list, lies_ticket_by_ticket, lies_both_ways],
)
def test_more_is_refused(shop, paper, lies):
    paper.has(*ten())
    full(shop)
    shop.refresh_from_db()
    known = shop.synced_at
    lies(paper)
    paper.pages.append([paper_ticket("NEW-1")])
    paper.cursor = "c9"
    run = full(shop)
    assert run.state == "refused"
    assert "of 10 valid tickets would be canceled" in run.problem
    assert run.finished_at is not None
    assert states() == {f"P{number}-1": "valid" for number in range(10)} | {"NEW-1": "valid"}
    shop.refresh_from_db()
    assert (shop.cursor, shop.synced_at) == ("c1", known)

    run = full(shop, accepts_removals=True)
    assert run.state == "done"
    assert sum(run.counts[name] for name in ("canceled", "pending", "unknown")) >= 3
    assert set(states()) - {"NEW-1"} == {f"P{number}-1" for number in range(10)}
    assert Ticket.objects.valid().count() <= 8
    shop.refresh_from_db()
    assert shop.cursor == "c9"
