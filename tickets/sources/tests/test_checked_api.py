"""A module of a shop that gives nonsense or breaks harms nothing but its own run."""

import pytest

from tickets.models import Ticket
from tickets.sources.tests.paper_shop import (
    full,
    make_shop,
    paper_ticket,
    ten,
)


@pytest.mark.parametrize(
    ("ticket", "words"),
    [
        (paper_ticket("A-1", "nonsense"), "its state is none"),
        (paper_ticket("A-1", holder_name="x" * 201), "holder_name"),
        (paper_ticket("A" * 101), "its code is missing or too long"),
        (paper_ticket("A-1", seen_in=None), "seen_in"),
        (paper_ticket("A-1", door_code="x" * 1001), "door_code"),
        (paper_ticket("A-1", order_url="javascript:alert(1)"), "order_url"),
    ],
)
def test_a_module_that_gives_nonsense_writes_nothing(shop, paper, ticket, words):
    paper.has(ticket)
    run = full(shop)
    assert run.state == "failed"
    assert words in run.problem
    assert not Ticket.objects.exists()


def test_a_module_that_breaks_is_logged(shop, paper, caplog):
    def divides(number):
        raise ZeroDivisionError("token=secret")

    paper.before_page = divides
    paper.has(*ten())
    run = full(shop)
    assert run.state == "failed"
    assert "ZeroDivisionError" in run.problem
    assert "secret" not in run.problem
    assert "module failed" in caplog.text


def test_a_kind_that_is_not_installed(conference):
    run = full(make_shop(conference, kind="nowhere"))
    assert (run.state, "nowhere" in run.problem) == ("failed", True)
