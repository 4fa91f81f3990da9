"""What opens by itself, what waits for somebody's word, and who is told."""

import pytest

from conftest import make_conference, make_ticket, make_user
from tickets.admission.claiming import claim_tickets
from tickets.admission.rule import compute
from tickets.models import Claim, Product, Ticket
from tickets.sources.importing import import_tickets
from tickets.sources.products import say_what_opens
from tickets.sources.shops.base import Admits, ShopTicket
from tickets.sources.shops.pretix import PRETIX
from tickets.sources.syncing.order_hints import fetch_hinted_orders
from tickets.sources.tests.fake_shops.pretix import ADD_ONS, CONFERENCE, SHIRT, TICKETS, WORKSHOP
from tickets.sources.tests.paper_shop import PaperShop, full, make_shop, paper_ticket, part, use
from tickets.sources.tests.test_shop_pretix import make_shop as make_pretix
from tickets.sources.tests.test_shop_pretix import pretix  # noqa: F401
from tickets.sources.waiting import waiting_products

OPEN = ["conference"]


@pytest.fixture
def paper(monkeypatch):
    paper = PaperShop()
    use(monkeypatch, paper)
    return paper


@pytest.fixture
def shop(conference):
    return make_shop(conference)


def row(code: str, product: str = "Full", *, state: str = "valid", email: str = "") -> ShopTicket:
    return ShopTicket(code, product, {"state": state, "holder_email": email or f"{code}@a.bc"})


def upload(conference, *tickets: ShopTicket, **options):
    return import_tickets(conference=conference, tickets=tickets, **options)


def opens() -> dict[str, list[str]]:
    return dict(Product.objects.values_list("name", "scopes"))


def waits(conference) -> dict[str, int]:
    return {each.product.name: each.people for each in waiting_products(conference)}


def untold(code: str, product: str = "1", **kw) -> ShopTicket:
    about = {"product": f"Release {product}", "product_code": product, "admits": Admits.UNTOLD}
    return paper_ticket(code, **{**about, **kw})


@pytest.mark.parametrize(
    ("item", "category", "is_added", "admits", "name", "code"),
    [
        (CONFERENCE, TICKETS, False, Admits.YES, "Conference ticket", "1"),
        (CONFERENCE, None, False, Admits.YES, "Conference ticket", "1"),
        (SHIRT, TICKETS, False, Admits.NO, "T-shirt", "3"),
        # By the category, whether bought with another ticket or alone.
        (WORKSHOP, ADD_ONS, True, Admits.ASK, "Workshop A", "2"),
        (WORKSHOP, ADD_ONS, False, Admits.ASK, "Workshop A", "2"),
        (SHIRT, ADD_ONS, True, Admits.ASK, "T-shirt", "3"),
        # By the position: what is sold alone as well is another product.
        (CONFERENCE, TICKETS, True, Admits.ASK, "Conference ticket (add-on)", "1+"),
        (WORKSHOP, None, True, Admits.ASK, "Workshop A (add-on)", "2+"),
        (99, None, False, Admits.ASK, "#99", "99"),
    ],
)
def test_what_pretix_says_of_admission(pretix, item, category, is_added, admits, name, code):  # noqa: F811, PLR0913
    for known in pretix.items:
        if known["id"] == item:
            known["category"] = category
    order = pretix.add_order("main@example.com")
    added_to = pretix.position(order, 1)["id"] if is_added else None
    pretix.add_position(order, item=item, variation=None, addon_to=added_to)
    api = PRETIX.open(make_pretix(pretix))
    _main, ticket = [ticket for batch in api.everything() for ticket in batch.tickets]
    assert (ticket.admits, ticket.product, ticket.product_code) == (admits, name, code)


@pytest.mark.parametrize(
    ("admits", "scopes", "is_waiting"),
    [
        (Admits.YES, OPEN, False),
        (Admits.NO, [], False),
        (Admits.ASK, [], True),
        (Admits.UNTOLD, OPEN, False),
    ],
)
def test_the_only_product_of_a_shop(conference, shop, paper, admits, scopes, is_waiting):
    paper.has(paper_ticket("A-1", admits=admits))
    full(shop)
    product = Product.objects.get()
    assert (product.scopes, product.is_waiting) == (scopes, is_waiting)


@pytest.mark.parametrize(
    ("first", "second", "opened", "waiting"),
    [
        (Admits.UNTOLD, Admits.UNTOLD, set(), {"A", "B"}),
        # What the shop calls no ticket is no rival.
        (Admits.UNTOLD, Admits.NO, {"A"}, set()),
        (Admits.UNTOLD, Admits.YES, {"B"}, {"A"}),
        (Admits.UNTOLD, Admits.ASK, set(), {"A", "B"}),
        (Admits.YES, Admits.ASK, {"A"}, {"B"}),
        (Admits.YES, Admits.YES, {"A", "B"}, set()),
        (Admits.NO, Admits.ASK, set(), {"B"}),
    ],
)
@pytest.mark.parametrize("pages", ["one page", "two pages"])
def test_two_products_of_a_shop(  # noqa: PLR0913
    conference, shop, paper, first, second, opened, waiting, pages
):
    """However the shop cuts its pages."""
    one = paper_ticket("A-1", product="A", product_code="1", admits=first)
    two = paper_ticket("B-1", product="B", product_code="2", admits=second)
    paper.pages = [[one, two]] if pages == "one page" else [[one], [two]]
    make_user("a-1@example.com")
    full(shop)
    assert {name for name, scopes in opens().items() if scopes} == opened
    assert set(waits(conference)) == waiting
    assert Claim.objects.exists() == ("A" in opened)


def test_a_call_before_the_first_run_opens_nothing(conference, shop, paper):
    paper.has(untold("A-1", "workshop"), untold("B-1", "full"))
    shop.add_hint("A", conference.window[0])
    fetch_hinted_orders(shop)
    assert opens() == {"Release workshop": []}
    full(shop)
    assert opens() == {"Release workshop": [], "Release full": []}


def test_the_first_ticket_that_comes_by_a_call_opens(conference, shop, paper):
    paper.pages = [[]]
    full(shop)
    shop.refresh_from_db()
    paper.has(untold("A-1"))
    shop.add_hint("A", conference.window[0])
    fetch_hinted_orders(shop)
    assert opens() == {"Release 1": OPEN}


def test_a_second_product_closes_nobody_out(conference, shop, paper):
    """Who has come in stays in; the second waits; and somebody is asked about both."""
    ada = make_user("a-1@example.com")
    paper.has(untold("A-1"))
    full(shop)
    assert compute(conference, ada.pk).openings
    paper.changed = [[untold("B-1", "2")]]
    part(shop)
    assert opens() == {"Release 1": OPEN, "Release 2": []}
    assert compute(conference, ada.pk).openings
    assert waits(conference) == {"Release 2": 1}
    assert [each.name for each in conference.products.opened_alone()] == ["Release 1"]


@pytest.mark.slow
def test_a_second_product_before_anybody_came_in_asks_for_both(conference, shop, paper):
    paper.has(untold("A-1"))
    full(shop)
    paper.changed = [[untold("B-1", "2")]]
    part(shop)
    assert waits(conference) == {"Release 1": 1, "Release 2": 1}
    paper.changed = []
    part(shop)
    full(shop)
    assert opens() == {"Release 1": [], "Release 2": []}, "nor does it open again"


@pytest.mark.slow
def test_what_somebody_has_said_stays(conference, shop, paper):
    paper.has(untold("A-1"))
    full(shop)
    say_what_opens(Product.objects.get(), OPEN)
    paper.has(untold("A-1"), untold("B-1", "2"))
    full(shop)
    assert opens() == {"Release 1": OPEN, "Release 2": []}
    say_what_opens(Product.objects.get(name="Release 1"), [])
    say_what_opens(Product.objects.get(name="Release 2"), [])
    full(shop)
    assert opens() == {"Release 1": [], "Release 2": []}
    assert waits(conference) == {}


@pytest.mark.parametrize(
    ("products", "opened"),
    [
        (["Full"], {"Full"}),
        (["Full", "Full"], {"Full"}),
        (["Full", "T-shirt only"], set()),
        (["Ticket", "Ticket ", "ticket"], set()),
    ],
)
def test_products_of_a_file(conference, products, opened):
    result = upload(conference, *(row(f"T{n}", name) for n, name in enumerate(products)))
    assert {name for name, scopes in opens().items() if scopes} == opened
    assert set(result.opened_products) == opened
    assert set(waits(conference)) == set(opens()) - opened
    assert [each.packed for each in result.waiting] == [
        each.packed for each in waiting_products(conference)
    ]


def test_a_second_file_with_another_product(conference):
    upload(conference, row("A", "Full"))
    upload(conference, row("B", "T-shirt"))
    assert opens() == {"Full": [], "T-shirt": []}, "they are one source"
    say_what_opens(Product.objects.get(name="Full"), OPEN)
    upload(conference, row("C", "T-shirt"), row("D", "Full"))
    assert opens() == {"Full": OPEN, "T-shirt": []}


def test_a_file_that_names_the_product_otherwise(conference):
    """The former product has no ticket then, and is no rival."""
    upload(conference, row("A", "Early bird"))
    upload(conference, row("A", "Full"))
    assert opens()["Full"] == OPEN
    make_ticket(conference, code="X", state="canceled")
    upload(conference, row("A", "Late"))
    assert opens()["Late"] == OPEN, "nor is one whose tickets are all canceled"


def test_another_conference_and_another_source_do_not_count(conference, shop, paper):
    make_ticket(make_conference())
    paper.has(untold("P-1", "x"), untold("P-2", "y"))
    full(shop)
    upload(conference, row("A", "Full"))
    assert opens()["Full"] == OPEN


def test_a_shop_that_tells_decides_what_came_by_a_file(conference, shop, paper):
    upload(conference, row("A-1", "Conference"), row("B-1", "T-shirt"))
    paper.has(
        paper_ticket("A-1"),
        paper_ticket("B-1", product="T-shirt", product_code="9", admits=Admits.NO),
    )
    full(shop)
    assert opens() == {"Conference": OPEN, "T-shirt": []}
    assert waits(conference) == {}


def test_how_many_are_kept_out(conference):
    """Holders of a valid ticket who have no other one that opens something, each once."""
    tickets = [
        row("A", "Shirt", email="ada@a.bc"),
        row("B", "Shirt", email="ada@a.bc"),
        row("C", "Shirt", email="bea@a.bc"),
        row("D", "Shirt", state="pending", email="cy@a.bc"),
        row("E", "Shirt", email="di@a.bc"),
        ShopTicket("F", "Shirt", {"state": "valid"}),
        row("G", "Full", email="bea@a.bc"),
        row("H", "Full", state="canceled", email="di@a.bc"),
        row("I", "Cap", state="pending"),
    ]
    upload(conference, *tickets)
    assert waits(conference) == {"Cap": 0, "Full": 1, "Shirt": 4}
    say_what_opens(Product.objects.get(name="Full"), OPEN)
    assert waits(conference) == {"Cap": 0, "Shirt": 3}
    words = [str(each) for each in waiting_products(conference)]
    assert words == [
        "“Cap” waits for somebody to say what it opens.",
        "“Shirt” waits for somebody to say what it opens: that keeps out 3 people.",
    ]


def test_a_dry_run_says_the_same_and_writes_nothing(conference):
    tickets = [row("A", "Full"), row("B", "Shirt")]
    dry = upload(conference, *tickets, is_dry_run=True)
    assert not Product.objects.exists()
    wet = upload(conference, *tickets)
    assert [each.packed for each in dry.waiting] == [each.packed for each in wet.waiting] != []


def test_who_has_signed_in_gets_the_ticket_once_somebody_has_said(conference):
    ada = make_user("ada@a.bc")
    upload(conference, row("A", "Full", email="ada@a.bc"), row("B", "Shirt"))
    assert claim_tickets(conference, ada) == 0
    assert not compute(conference, ada.pk).openings
    say_what_opens(Product.objects.get(name="Full"), OPEN)
    assert Ticket.objects.get(code="A").live_claim.user == ada
    assert compute(conference, ada.pk).openings
    say_what_opens(Product.objects.get(name="Full"), [])
    assert not compute(conference, ada.pk).openings


def test_a_product_that_was_there_opens_and_its_tickets_find_their_holders(conference):
    ada, bea = make_user("ada@a.bc"), make_user("bea@a.bc")
    upload(conference, row("A", email="ada@a.bc"), row("B", "Shirt"), row("C", email="bea@a.bc"))
    assert waits(conference) == {"Full": 2, "Shirt": 1}
    result = upload(conference, row("B", "Shirt", state="canceled"), row("A", email="ada@a.bc"))
    assert result.opened_products == ["Full"]
    assert {claim.user for claim in Claim.objects.live()} == {ada, bea}, "also who is not named"


def test_canceling_what_is_missing_decides_again(conference):
    ada = make_user("ada@a.bc")
    tickets = [row("A", email="ada@a.bc"), row("C"), row("B", "Shirt")]
    upload(conference, *tickets)
    options = {"cancels_missing": True, "accepts_removals": True}
    result = upload(conference, *tickets[:2], **options)
    assert opens() == {"Full": OPEN, "Shirt": []}
    assert result.opened_products == ["Full"]
    assert Claim.objects.get().user == ada


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("Early,Late", "Late,Early", "Late,Early"),
        ("Early,Late,Last", "Late,Last,Early", "Late,Last,Early"),
        ("Early,Late", "Late,Last", "Late,Last"),
        # A name that somebody keeps, or that two want, is given once.
        ("Early,Late,Last", "Late,Late,Early", "Early,Late,Last"),
        ("Early,Late", "New,New", "New,Late"),
    ],
)
def test_products_that_swap_names_in_the_shop(conference, shop, paper, before, after, named):
    """At once, while each keeps what it opens."""

    def sold(names):
        return [
            paper_ticket(f"A-{code}", product=name, product_code=str(code), admits=Admits.UNTOLD)
            for code, name in enumerate(names.split(","), start=1)
        ]

    paper.pages = [sold(before)]
    full(shop)
    for product in Product.objects.all():
        say_what_opens(product, [f"room:{product.shop_code}"])
    paper.pages = [sold(after)]
    full(shop)
    found = Product.objects.order_by("shop_code")
    assert ",".join(each.name for each in found) == named
    assert all(each.scopes == [f"room:{each.shop_code}"] for each in found)
