"""What an uploaded spreadsheet ends beyond what it names, what opens by that, and the way back."""

import pytest

from conftest import make_ticket, make_user
from tickets.models import Claim, Product, Shop, Ticket
from tickets.sources.tests.test_uploads import apply, shown, states, undo, upload_of

ALL = {"cancels_missing": True, "accepts_removals": True}
OPEN = ["conference"]
ADA = "ada@example.com"
TWO_PRODUCTS = f"code,product,email\nA,Full,{ADA}\nB,Shirt,b@example.com\n"
ONE_PRODUCT = f"code,product,email\nA,Full,{ADA}\n"


@pytest.fixture
def workshop(conference):
    """Bought on top of a ticket in a shop that is off; the ticket came by a file since."""
    shop = Shop.objects.create(conference=conference, slug="s", kind="pretix", is_active=False)
    product = Product.objects.create(conference=conference, name="Workshop", scopes=["replay"])
    full = Product.objects.create(conference=conference, name="Full", scopes=OPEN)
    make_ticket(conference, code="A-1", product=full)
    return make_ticket(conference, code="A-2", main_code="A-1", product=product, shop=shop)


def opens():
    return dict(Product.objects.values_list("name", "scopes"))


def test_an_add_on_ends_with_its_ticket_that_is_missing_and_comes_back_with_it(
    conference, workshop
):
    upload = upload_of(conference, "code,product\nB,Full\n")
    assert shown(upload)["add-ons"] == {"A-2": ["State:  → valid", "Product:  → Workshop"]}
    written = apply(upload, **ALL)
    assert states() == {"A-1": "canceled", "A-2": "canceled", "B": "valid"}
    assert Ticket.objects.get(code="A-2").shop_says == "its ticket: gone"
    assert (written.new, written.changed, written.canceled) == (1, 2, 2)
    assert undo(upload).count == 3
    assert states() == {"A-1": "valid", "A-2": "valid", "B": "canceled"}


def test_an_add_on_that_the_file_names_ends_with_its_ticket_all_the_same(conference, workshop):
    upload = upload_of(conference, "code,product,name\nA-2,Workshop,Cy\n")
    written = apply(upload, **ALL)
    assert states() == {"A-1": "canceled", "A-2": "canceled"}
    assert (written.changed, written.canceled) == (2, 2)
    assert undo(upload).left == []
    workshop.refresh_from_db()
    assert (workshop.state, workshop.holder_name, workshop.shop_says) == ("valid", "", "")
    assert workshop.shop is not None


def test_the_undo_of_a_ticket_that_came_back_ends_its_add_ons(conference, workshop):
    Ticket.objects.filter(code="A-1").update(state="canceled")
    upload = upload_of(conference, "code,product,status\nA-1,Full,paid\n")
    apply(upload)
    assert states() == {"A-1": "valid", "A-2": "valid"}
    undo(upload)
    assert states() == {"A-1": "canceled", "A-2": "canceled"}


@pytest.mark.slow
def test_the_only_product_that_is_left_opens_and_that_is_said(conference):
    ada = make_user(ADA)
    apply(upload_of(conference, TWO_PRODUCTS))
    assert opens() == {"Full": [], "Shirt": []}
    upload = upload_of(conference, ONE_PRODUCT)
    written = apply(upload, **ALL)
    assert written.opened_products == ["Full"]
    assert opens() == {"Full": OPEN, "Shirt": []}
    assert Claim.objects.get().user == ada
    undo(upload)
    assert opens()["Full"] == OPEN, "somebody has come in by it"


@pytest.mark.slow
def test_an_undo_decides_again(conference):
    apply(upload_of(conference, TWO_PRODUCTS))
    upload = upload_of(conference, ONE_PRODUCT)
    apply(upload, **ALL)
    undo(upload)
    assert opens() == {"Full": [], "Shirt": []}, "as before: nobody has said what they open"


@pytest.mark.slow
def test_an_undo_says_what_opens_by_it(conference):
    apply(upload_of(conference, ONE_PRODUCT))
    upload = upload_of(conference, TWO_PRODUCTS)
    apply(upload)
    assert opens() == {"Full": [], "Shirt": []}
    assert undo(upload).opened == ["Full"]
    assert opens() == {"Full": OPEN, "Shirt": []}


def test_an_add_on_does_not_come_back_without_its_ticket(conference, workshop):
    upload = upload_of(conference, "code,product\nB,Full\n")
    apply(upload, **ALL)
    Ticket.objects.filter(code="A-1").update(state="blocked")
    assert sorted(undo(upload).left) == ["A-1", "A-2"]
    assert states() == {"A-1": "blocked", "A-2": "canceled", "B": "canceled"}
