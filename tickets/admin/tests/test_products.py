"""Products that wait for somebody's word, in the admin."""

import pytest
from django.core.management import call_command

from conftest import client_of, make_role, make_room, make_ticket, make_user
from tickets.admin.tests.test_uploads import digest_of, page_of, planned
from tickets.admission.claiming import claim_tickets
from tickets.models import Product, SyncRun, Ticket, Upload
from tickets.sources.importing import import_tickets
from tickets.sources.reports import counts_in_words
from tickets.sources.shops.base import Admits, ShopTicket
from tickets.sources.tests.paper_shop import PaperShop, full, make_shop, paper_ticket, use

pytestmark = pytest.mark.ignore_template_errors

COLUMNS = {"code": "code", "email": "email", "product": "product"}
KEPT_OUT = "“Shirt” waits for somebody to say what it opens: that keeps out 1 person."


@pytest.fixture
def client(organizer):
    return client_of(organizer)


@pytest.fixture
def shirt(conference):
    rows = [("A", "Full", "ada@a.bc"), ("B", "Shirt", "bea@a.bc")]
    import_tickets(
        conference=conference,
        tickets=[
            ShopTicket(code, product, {"state": "valid", "holder_email": email})
            for code, product, email in rows
        ],
    )
    return Product.objects.get(name="Shirt")


@pytest.mark.slow
def test_the_start_page_and_the_list_say_what_waits(client, conference, shirt):
    for address in ("/admin/", "/admin/tickets/product/"):
        page = client.get(address).text
        assert KEPT_OUT in page
        assert f'href="/admin/tickets/product/{shirt.pk}/change/"' in page
    chosen = client.get("/admin/tickets/product/?opens=waiting").context["cl"].queryset
    assert {product.name for product in chosen} == {"Full", "Shirt"}
    Product.objects.update(decided_by="organizer")
    assert "waits for somebody" not in client.get("/admin/").text


def test_what_opened_by_itself_is_asked_about_beside_it(client, conference, shirt):
    Product.objects.filter(name="Full").update(decided_by="alone", scopes=["conference"])
    assert "“Full” opens the whole conference because it was the only" in client.get("/admin/").text


def test_who_may_not_see_products_is_not_told(conference, shirt):
    page = client_of(make_role(conference, "helpdesk")).get("/admin/", follow=True)
    assert page.status_code == 200
    assert "waits for somebody" not in page.text


@pytest.mark.slow
def test_saving_a_product_says_it(client, conference, shirt):
    bea = make_user("bea@a.bc")
    address = f"/admin/tickets/product/{shirt.pk}/change/"
    assert "Nobody has said yet." in client.get(address).text
    client.post(address, {"name": "Shirt", "scopes": "", "places": "2"})
    shirt.refresh_from_db()
    assert (shirt.scopes, shirt.is_waiting) == ([], False), "nothing is an answer too"
    assert "Nobody has said yet." not in client.get(address).text
    client.post(address, {"name": "Shirt", "scopes": "replay", "places": "2"})
    assert Ticket.objects.get(code="B").live_claim.user == bea


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "scopes"), [("open_conference", ["conference"]), ("open_nothing", [])]
)
def test_many_are_said_at_once(client, conference, shirt, action, scopes):
    chosen = list(Product.objects.values_list("pk", flat=True))
    data = {"action": action, "_selected_action": chosen}
    assert "Said of 2 products." in client.post("/admin/tickets/product/", data, follow=True).text
    for product in Product.objects.all():
        assert (product.scopes, product.is_waiting) == (scopes, False)


@pytest.mark.slow
def test_the_plan_of_an_upload_says_what_will_wait(client, conference):
    """Before anything is written; and again on the page of what came of it."""
    text = "code,email,product\nA,ada@a.bc,Full\nB,bea@a.bc,Shirt\nC,ada@a.bc,Shirt\n"
    page = planned(client, text, **COLUMNS)
    assert "“Shirt” waits for somebody to say what it opens: that keeps out 2 people." in page.text
    assert "“Full” waits for somebody to say what it opens: that keeps out 1 person." in page.text
    assert not Product.objects.exists()
    page = client.post(page_of("plan"), {"digest": digest_of(page)}, follow=True)
    shirt = Product.objects.get(name="Shirt")
    assert f'href="/admin/tickets/product/{shirt.pk}/change/"' in page.text
    Product.objects.filter(name="Full").update(scopes=["conference"], decided_by="organizer")
    Upload.objects.all().delete()
    text = "code,email,product\nD,cy@a.bc,Full\nE,cy@a.bc,Shirt\nF,di@a.bc,Shirt\n"
    page = planned(client, text, **COLUMNS)
    assert "that keeps out 2 people." in page.text, "Bea and Di; Ada and Cy have another ticket"
    assert f'href="/admin/tickets/product/{shirt.pk}/change/"' in page.text


@pytest.mark.slow
def test_the_plan_of_an_upload_says_what_opens_by_itself(client, conference):
    page = planned(client, "code,email,product\nA,a@a.bc,Full\n", **COLUMNS)
    assert "“Full” opens the whole conference, because it is the only product." in page.text
    upload_digest = digest_of(page)
    make_ticket(conference, holder_email="bea@a.bc")
    page = client.post(page_of("plan"), {"digest": upload_digest}, follow=True)
    assert "look again" in page.text, "there are two now: it is another plan"
    assert "“Full” waits for somebody to say what it opens" in page.text


@pytest.mark.slow
def test_what_opens_by_a_cancellation_and_by_the_way_back_is_said(client, conference, shirt):
    said = "“Full” opens the whole conference, because it is the only product."
    page = planned(client, "code,email,product\nA,ada@a.bc,Full\n", **COLUMNS)
    ticks = {"digest": digest_of(page), "cancels_missing": "on", "accepts_removals": "on"}
    assert said in client.post(page_of("plan"), ticks, follow=True).text
    Upload.objects.all().delete()
    page = planned(client, "code,email,product\nC,cy@a.bc,Shirt\n", **COLUMNS)
    client.post(page_of("plan"), {"digest": digest_of(page)})
    assert Product.objects.get(name="Full").is_waiting
    assert said in client.post(page_of("change"), follow=True).text


@pytest.mark.slow
def test_who_comes_in_meanwhile_makes_another_plan(client, conference):
    """The product that would have waited stays open then."""
    text = "code,email,product\nA,ada@a.bc,Full\n"
    import_tickets(
        conference=conference,
        tickets=[ShopTicket("A", "Full", {"state": "valid", "holder_email": "ada@a.bc"})],
    )
    page = planned(client, text + "B,bea@a.bc,Shirt\n", **COLUMNS)
    assert "“Full” waits" in page.text
    assert claim_tickets(conference, make_user("ada@a.bc")) == 1
    page = client.post(page_of("plan"), {"digest": digest_of(page)}, follow=True)
    assert "look again" in page.text
    assert "“Full” waits" not in page.text


@pytest.mark.slow
def test_a_sync_says_what_waits(client, conference, monkeypatch, capsys):
    paper = PaperShop()
    use(monkeypatch, paper)
    shop = make_shop(conference)
    about = {"product": "Shirt", "product_code": "9", "admits": Admits.ASK}
    paper.has(paper_ticket("A-1"), paper_ticket("B-1", **about))
    data = {"action": "sync_everything", "_selected_action": [shop.pk]}
    assert KEPT_OUT in client.post("/admin/tickets/shop/", data, follow=True).text
    run = SyncRun.objects.get()
    for address in (f"shop/{shop.pk}/change/", f"syncrun/{run.pk}/change/"):
        assert KEPT_OUT in client.get(f"/admin/tickets/{address}").text
    call_command("sync_tickets")
    assert KEPT_OUT in capsys.readouterr().out
    call_command("sync_tickets", "--json")
    assert '"product": "Shirt",' in capsys.readouterr().out


@pytest.mark.slow
def test_a_sync_tells_what_was_canceled_from_what_waits_for_payment(conference, monkeypatch):
    paper = PaperShop()
    use(monkeypatch, paper)
    shop = make_shop(conference)
    paper.pages = [[paper_ticket(f"A-{number}") for number in range(20)]]
    full(shop)
    became = ["canceled"] * 2 + ["pending"] * 2 + ["blocked", "unknown"]
    paper.pages = [
        [paper_ticket(f"A-{number}", state) for number, state in enumerate(became)]
        + [paper_ticket(f"A-{number}") for number in range(6, 20)]
    ]
    run = full(shop, accepts_removals=True)
    assert counts_in_words(run.counts) == (
        "0 new, 6 changed (of these 2 canceled, 2 waiting for payment,"
        " 1 blocked, 1 in a state that is unknown to us), 14 unchanged"
    )
    paper.pages = [[paper_ticket(f"A-{number}", "canceled") for number in range(20)]]
    run = full(shop, accepts_removals=True)
    assert run.counts["canceled"] == 18, "whatever they were before"


def test_the_counts_of_a_run_that_was_made_before():
    assert counts_in_words({"new": 1, "changed": 2, "canceled": 1, "unchanged": 0}) == (
        "1 new, 2 changed (of these 1 canceled), 0 unchanged"
    )


def test_what_somebody_makes_by_hand_does_not_wait(client, conference):
    make_ticket(conference)
    client.post("/admin/tickets/product/add/", {"name": "Crew", "scopes": "", "places": "2"})
    assert not Product.objects.waiting().exists()


@pytest.mark.parametrize(
    ("typed", "scopes"),
    [
        ('["room:main"]', ["room:main"]),
        ('["conference", "replay"]', ["conference", "replay"]),
        ("“room:main”; 'replay'", ["room:main", "replay"]),
        ("[]", []),
        ("", []),
        (' [ "room:main" ] ', ["room:main"]),
    ],
)
def test_scopes_may_be_pasted_as_a_list(client, conference, typed, scopes):
    make_room(conference, slug="main")
    data = {"name": "Full", "scopes": typed, "places": "2"}
    assert client.post("/admin/tickets/product/add/", data).status_code == 302
    assert Product.objects.get().scopes == scopes


def test_the_list_of_what_opens_nothing_leaves_out_what_waits(client, conference, shirt):
    make_ticket(conference, scopes=[])
    chosen = client.get("/admin/tickets/product/?opens=nothing").context["cl"].queryset
    assert chosen.exists()
    assert not any(product.is_waiting for product in chosen)


def test_what_is_said_of_many_is_claimed_once(client, conference, shirt, monkeypatch):
    asked = []
    monkeypatch.setattr("tickets.sources.products.claim_tickets", asked.append)
    keys = list(Product.objects.values_list("pk", flat=True))
    client.post("/admin/tickets/product/", {"action": "open_conference", "_selected_action": keys})
    assert asked == [conference]
    assert not Product.objects.filter(scopes=[]).exists()


@pytest.mark.slow
def test_an_add_on_is_not_released_alone(client, conference, stranger):
    main = make_ticket(conference, user=stranger)
    add_on = make_ticket(conference, user=stranger, main_code=main.code)
    action = {"action": "release", "_selected_action": [add_on.pk]}
    page = client.post("/admin/tickets/ticket/", action, follow=True)
    assert f"goes with its ticket {main.code}" in page.text
    assert add_on.live_claim is not None
    client.post("/admin/tickets/ticket/", action | {"_selected_action": [main.pk, add_on.pk]})
    assert (main.live_claim, add_on.live_claim) == (None, None)
