"""Shops in the admin: set up, asked, and never telling their secrets."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_conference, make_ticket, make_user
from lib.sealing import seal
from tickets.models import Product, Role, Shop, SyncRun, Ticket
from tickets.sources.syncing.run import sync
from tickets.sources.tests.paper_shop import PaperShop, make_shop, paper_ticket, use

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
SHOPS = reverse("admin:tickets_shop_changelist")
RUNS = reverse("admin:tickets_syncrun_changelist")
PRODUCTS = reverse("admin:tickets_product_changelist")


@pytest.fixture
def client(conference):
    """Of an organizer of this conference, who is nothing else."""
    helper = make_user("helper@example.com")
    Role.objects.create(user=helper, conference=conference, kind="organizer")
    return client_of(helper)


@pytest.fixture
def paper(monkeypatch) -> PaperShop:
    paper = PaperShop()
    use(monkeypatch, paper)
    paper.has(*[paper_ticket(f"P{number}-1") for number in range(5)])
    return paper


def page_of(shop) -> str:
    return reverse("admin:tickets_shop_change", args=[shop.pk])


def data(**kw):
    fields = {"slug": "px", "is_active": "on", "account": "acme", "event": "conf26", "base_url": ""}
    return {**fields, "token": "", **kw}


def act(client, action, *shops):
    chosen = {"action": action, "_selected_action": [shop.pk for shop in shops]}
    return client.post(SHOPS, chosen, follow=True)


@pytest.mark.slow
def test_a_shop_is_set_up_in_two_steps(client, conference):
    page = client.get(reverse("admin:tickets_shop_add")).text
    assert re.findall(r'<option value="(\w+)"', page)[:2] == ["pretix", "tito"]
    answer = client.post(reverse("admin:tickets_shop_add"), {"kind": "pretix", "slug": "px"})
    shop = Shop.objects.get()
    assert answer.url == page_of(shop)
    assert (shop.conference, shop.is_active) == (conference, False)
    page = client.get(page_of(shop)).text
    assert re.search(r'name="is_active"[^>]*checked', page)
    assert 'name="account"' in page
    assert 'name="hook_token"' not in page
    assert "docs/shops-pretix.md" in page
    assert f"testserver/hooks/px/{shop.hook_secret}/" in page
    assert client.post(page_of(shop), data(token="sekrit-token")).status_code == 302
    shop.refresh_from_db()
    assert (shop.account, shop.event, shop.is_active) == ("acme", "conf26", True)
    assert shop.token != "sekrit-token"
    assert shop.opened_token("") == "sekrit-token"


@pytest.mark.slow
def test_a_secret_is_never_shown_and_stays_when_nothing_is_typed(client, conference):
    shop = make_shop(conference, slug="px", kind="pretix", token=seal("sekrit-token"))
    page = client.get(page_of(shop)).text
    assert re.search(r'<input type="password" name="token"(?![^>]* value=)', page)
    assert shop.token not in page
    assert "sekrit-token" not in page
    client.post(page_of(shop), data(event="conf27"))
    shop.refresh_from_db()
    assert shop.event == "conf27"
    assert shop.opened_token("") == "sekrit-token"
    client.post(page_of(shop), data(token="another"))
    shop.refresh_from_db()
    assert shop.opened_token("") == "another"
    page = client.post(page_of(shop), data(token="env:SECRET_KEY")).text
    assert "begins with FRONT_ROW_" in page
    assert "SECRET_KEY" not in page


@pytest.mark.slow
def test_a_name_has_to_be_bound_to_this_conference_and_shop(
    client, conference, monkeypatch, settings
):
    monkeypatch.setenv("FRONT_ROW_PRETIX", "sekrit-token")
    shop = make_shop(conference, slug="px", kind="pretix")
    typed = data(token="env:FRONT_ROW_PRETIX")
    own = data(token="env:FRONT_ROW_PRETIX", base_url="https://own.example")
    says = "SECRET_BINDINGS does not give FRONT_ROW_PRETIX to this conference"
    for bound in ({}, {"FRONT_ROW_PRETIX": "other:https://pretix.eu/"}):
        settings.SECRET_BINDINGS = bound
        assert says in client.post(page_of(shop), typed).text
    settings.SECRET_BINDINGS = {"FRONT_ROW_PRETIX": f"{conference.slug}:https://pretix.eu/"}
    assert says in client.post(page_of(shop), own).text
    assert client.post(page_of(shop), typed).status_code == 302
    shop.refresh_from_db()
    assert shop.opened_token("https://pretix.eu/api/") == "sekrit-token"


def test_sealed_secrets_are_not_read_sign_by_sign(client, conference):
    make_shop(conference, slug="px", kind="pretix", token=seal("sekrit-token"))
    assert client.get(SHOPS, {"token__startswith": "g"}).status_code == 400
    assert client.get(SHOPS, {"slug__startswith": "p"}).status_code == 200


@pytest.mark.slow
def test_a_secret_goes_nowhere_else_unless_it_is_typed_again(client, conference):
    shop = make_shop(conference, slug="px", kind="pretix", token=seal("sekrit-token"))
    elsewhere = data(base_url="https://elsewhere.example")
    assert "it would be sent to another address" in client.post(page_of(shop), elsewhere).text
    shop.refresh_from_db()
    assert shop.base_url == ""
    assert client.post(page_of(shop), {**elsewhere, "token": "new"}).status_code == 302


def test_another_event_is_read_anew(client, conference):
    shop = make_shop(conference, slug="px", kind="pretix", cursor="c1")
    client.post(page_of(shop), data(is_active=""))
    shop.refresh_from_db()
    assert shop.cursor == "c1"
    client.post(page_of(shop), data(event="conf27"))
    shop.refresh_from_db()
    assert shop.cursor == ""


@pytest.mark.slow
def test_what_was_last_heard(client, conference, paper):
    shop = make_shop(conference)
    assert "never to the end" in client.get(SHOPS).text
    sync(shop, is_full=True)
    Shop.objects.update(synced_at=timezone.now() - timedelta(hours=3))
    page = client.get(SHOPS).text
    assert "3\xa0hours ago" in page
    paper.pages = []
    sync(shop, is_full=True)
    page = client.get(page_of(shop)).text
    assert "5 of 5 valid tickets would be canceled" in page
    assert "Is that right?" in page


@pytest.mark.slow
def test_sync_now(client, conference, paper):
    shop = make_shop(conference)
    page = act(client, "sync_now", shop).text
    assert "Paper: done. 5 new, 0 changed" in page
    run = SyncRun.objects.get()
    assert run.started_by.email == "helper@example.com"
    act(client, "sync_now", shop)
    act(client, "sync_everything", shop)
    assert paper.asked == ["everything", "changes c1", "everything"]
    Shop.objects.update(is_active=False)
    assert "switched off" in act(client, "sync_now", shop).text
    assert SyncRun.objects.count() == 3


def test_with_a_worker_the_page_asks_nobody(client, conference, paper, settings):
    settings.HAS_WORKER = True
    backend = {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["mail", "default"]}
    settings.TASKS = {"default": backend}
    page = act(client, "sync_now", make_shop(conference)).text
    assert "Paper is asked now" in page
    assert paper.asked == []
    assert DBTaskResult.objects.get().task_path == "tickets.sources.syncing.run.sync_shop"


@pytest.mark.slow
def test_removals_are_accepted_with_a_tick(client, conference, paper):
    shop = make_shop(conference)
    sync(shop, is_full=True)
    paper.pages = paper.pages[:2]
    sync(shop, is_full=True)
    address = reverse("admin:tickets_shop_accept_removals", args=[shop.pk])
    assert "3 of 5 valid tickets" in client.get(address).text
    assert "This field is required" in client.post(address).text
    assert Ticket.objects.valid().count() == 5
    assert "of these 3 canceled" in client.post(address, {"accepts": "on"}, follow=True).text
    assert Ticket.objects.valid().count() == 2
    assert client.post(address.replace(str(shop.pk), "999")).status_code == 404


def test_a_new_address_ends_the_old(client, conference):
    shop = make_shop(conference)
    act(client, "renew_address", shop)
    secret = shop.hook_secret
    shop.refresh_from_db()
    assert shop.hook_secret != secret


@pytest.mark.slow
def test_runs_are_read_only(client, conference, paper):
    shop = make_shop(conference)
    run = sync(shop, is_full=True)
    page = client.get(RUNS).text
    assert "5 new, 0 changed" in page
    address = reverse("admin:tickets_syncrun_change", args=[run.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"problem": "x"}).status_code == 403


@pytest.mark.slow
def test_only_shops_of_this_conference(client, conference, stranger):
    theirs = make_shop(make_conference(), slug="elsewhere")
    SyncRun.objects.create(shop=theirs, is_full=True)
    assert "elsewhere" not in client.get(SHOPS).text + client.get(RUNS).text
    assert client.get(page_of(theirs)).status_code == 404
    address = reverse("admin:tickets_shop_accept_removals", args=[theirs.pk])
    assert client.post(address, {"accepts": "on"}).status_code == 404
    mine = make_shop(conference)
    outside = client_of(stranger)
    for page in (SHOPS, page_of(mine), address):
        assert outside.get(page).status_code == 403


@pytest.mark.slow
def test_products_say_where_they_come_from_and_what_opens_nothing(client, conference):
    shop = make_shop(conference)
    shirt = Product.objects.create(
        conference=conference, name="T-shirt", scopes=[], shop=shop, shop_code="9"
    )
    make_ticket(conference)
    page = client.get(PRODUCTS, {"opens": "nothing"})
    assert [product.name for product in page.context["cl"].result_list] == ["T-shirt"]
    assert "paper" in page.text
    page = client.get(PRODUCTS, {"opens": "something"})
    assert [product.name for product in page.context["cl"].result_list] != ["T-shirt"]
    address = reverse("admin:tickets_product_change", args=[shirt.pk])
    client.post(address, {"name": "T-shirt", "scopes": "replay", "places": 3, "shop_code": "1"})
    shirt.refresh_from_db()
    assert (shirt.scopes, shirt.places, shirt.shop_code) == (["replay"], 3, "9")
