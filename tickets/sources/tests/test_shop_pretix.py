"""What pretix says of orders becomes tickets. The fake speaks HTTP as pretix does."""

import json

import pytest

from conftest import utc
from lib.sealing import seal
from schedule.models import Conference
from tickets.models import Shop
from tickets.sources.shops.base import Admits, BadCall, ShopError, WebhookCall
from tickets.sources.shops.client import ShopClient
from tickets.sources.shops.pretix import PRETIX
from tickets.sources.tests.fake_shops.pretix import SHIRT, WORKSHOP, FakePretix
from tickets.sources.tests.fake_shops.server import as_json, broken, too_busy, too_many, web_page


@pytest.fixture
def pretix(settings, monkeypatch):
    monkeypatch.setattr(ShopClient, "sleep", staticmethod(lambda _seconds: None))
    with FakePretix() as pretix:
        settings.PRIVATE_HOSTS = [pretix.url]
        yield pretix


def make_shop(pretix: FakePretix, **fields) -> Shop:
    row = {
        "conference": Conference(slug="mycon"),
        "slug": "tickets",
        "kind": "pretix",
        "base_url": pretix.url,
        "account": pretix.organizer,
        "event": pretix.event,
        "token": seal(pretix.token),
    }
    return Shop(**(row | fields))


def tickets_of(pretix: FakePretix, **fields):
    api = PRETIX.open(make_shop(pretix, **fields))
    return [ticket for batch in api.everything() for ticket in batch.tickets]


def test_it_works(pretix):
    code = pretix.add_order("Ada@Example.com", None, email="boss@example.com")
    first, second = tickets_of(pretix)
    assert (first.code, first.product, first.product_code) == (
        f"{code}-1",
        "Conference ticket – Standard",
        "1:11",
    )
    assert first.admits is Admits.YES
    assert first.values == {
        "order_code": code,
        "main_code": "",
        "state": "valid",
        "shop_says": "paid",
        "door_code": pretix.position(code, 1)["secret"],
        "order_url": pretix.orders[code]["url"],
        "holder_name": "Attendee 1",
        "holder_email": "ada@example.com",
        "buyer_email": "boss@example.com",
        "valid_from": None,
        "valid_until": None,
    }
    assert second.code == f"{code}-2"
    assert second.values["holder_email"] == "", "the buyer of many holds none by that alone"
    everything = [asked for asked in pretix.asked if asked.path.endswith("/orders/")]
    assert everything[0].query["include_canceled_positions"] == ["true"]


@pytest.mark.parametrize(
    ("order", "position", "state", "words"),
    [
        ({}, {}, "valid", "paid"),
        ({"status": "n"}, {}, "pending", "pending"),
        ({"status": "n", "valid_if_pending": True}, {}, "valid", "pending (confirmed)"),
        (
            {"status": "n", "valid_if_pending": True, "require_approval": True},
            {},
            "pending",
            "approval pending",
        ),
        ({"status": "e"}, {}, "canceled", "expired"),
        ({"status": "e", "valid_if_pending": True}, {}, "canceled", "expired"),
        ({"status": "c"}, {}, "canceled", "canceled"),
        ({"status": "r"}, {}, "unknown", "r"),
        ({"status": "P"}, {}, "unknown", "P"),
        ({"status": None}, {}, "unknown", "None"),
        ({}, {"canceled": True}, "canceled", "canceled"),
        ({}, {"blocked": ["admin", "api:x"]}, "blocked", "blocked: admin, api:x"),
        ({}, {"blocked": True}, "blocked", "blocked: True"),
        ({}, {"blocked": []}, "valid", "paid"),
        ({"status": "n"}, {"blocked": ["admin"]}, "blocked", "blocked: admin"),
        ({}, {"canceled": True, "blocked": ["admin"]}, "canceled", "canceled"),
    ],
)
def test_states(pretix, order, position, state, words):
    code = pretix.add_order("ada@example.com", **order)
    pretix.change(code, 1, **position)
    (ticket,) = tickets_of(pretix)
    assert (ticket.values["state"], ticket.values["shop_says"]) == (state, words)


def test_money_that_went_back_alone_ends_nothing(pretix):
    code = pretix.add_order("ada@example.com", "bea@example.com")
    pretix.refund(code)
    pretix.cancel_position(code, 2)
    assert [ticket.values["state"] for ticket in tickets_of(pretix)] == ["valid", "canceled"]


def test_an_add_on_is_for_whom_its_ticket_is_for(pretix):
    code = pretix.add_order("ada@example.com")
    main = pretix.position(code, 1)
    workshop = {"item": WORKSHOP, "variation": None, "addon_to": main["id"]}
    pretix.add_position(code, **workshop, attendee_name=None)
    pretix.add_position(code, **workshop, attendee_email="bea@example.com")
    pretix.add_position(code, item=SHIRT, variation=None, addon_to=main["id"])
    _main, first, second, shirt = tickets_of(pretix)
    assert first.values["holder_email"] == "ada@example.com"
    assert first.values["holder_name"] == main["attendee_name"]
    assert first.values["main_code"] == f"{code}-1"
    assert (first.product, first.product_code, first.admits) == ("Workshop A", "2", Admits.ASK)
    assert second.values["holder_email"] == "bea@example.com"
    assert (shirt.product, shirt.product_code) == ("T-shirt (add-on)", "3+")


def test_the_buyer_stands_in_only_where_that_is_wanted(pretix):
    pretix.add_order(None, "ada@example.com", "not an address", email="BOSS@example.com")
    holders = [
        ticket.values["holder_email"] for ticket in tickets_of(pretix, uses_buyer_email=True)
    ]
    assert holders == ["boss@example.com", "ada@example.com", "boss@example.com"]


def test_times_are_kept_with_their_zone(pretix):
    code = pretix.add_order("ada@example.com")
    pretix.change(
        code, 1, valid_from="2026-11-21T09:00:00+01:00", valid_until="2026-11-21T17:00:00.5Z"
    )
    (ticket,) = tickets_of(pretix)
    assert ticket.values["valid_from"] == utc("2026-11-21 08:00")
    assert ticket.values["valid_until"] == utc("2026-11-21 17:00").replace(microsecond=500_000)


def test_what_people_typed_fits(pretix):
    code = pretix.add_order(f"{'x' * 300}@example.com", email="a\x00@example.com\n<b@c.example>")
    pretix.change(code, 1, attendee_name=f"A\x00\ud800da\n{'é' * 300}")
    (ticket,) = tickets_of(pretix)
    assert ticket.values["holder_email"] == ticket.values["buyer_email"] == ""
    assert ticket.values["holder_name"].startswith("Ada ééé")
    assert len(ticket.values["holder_name"]) == 200


def test_products_that_are_new_while_we_read(pretix):
    code = pretix.add_order("ada@example.com", "bea@example.com")
    api = PRETIX.open(make_shop(pretix))
    assert api.order(code).tickets
    name = {"fr": "Billet"}
    pretix.items.append({"id": 9, "name": name, "admission": True, "variations": []})
    pretix.change(code, 1, item=9, variation=None)
    pretix.change(code, 2, item=404, variation=7, subevent=3)
    new, gone = api.order(code).tickets
    assert (new.product, new.admits) == ("Billet", Admits.YES)
    assert (gone.product, gone.product_code) == ("#404 – #7 (3)", "404:7@3")
    assert gone.admits is Admits.ASK, "what nobody knows opens nothing"


def test_test_orders_are_for_test_shops(pretix):
    real, play = pretix.add_order("a@example.com"), pretix.add_order("b@example.com", testmode=True)
    assert [ticket.values["order_code"] for ticket in tickets_of(pretix)] == [real]
    assert [one.values["order_code"] for one in tickets_of(pretix, is_test_mode=True)] == [play]
    batch = PRETIX.open(make_shop(pretix)).order(play)
    assert (batch.tickets, batch.whole_orders) == ([], {play}), "had it any, they would end"


def test_everything_comes_page_by_page(pretix):
    codes = [pretix.add_order("ada@example.com") for _order in range(101)]
    batches = list(PRETIX.open(make_shop(pretix)).everything())
    assert [len(batch.tickets) for batch in batches] == [50, 50, 1]
    assert {batch.total for batch in batches} == {101}
    assert frozenset().union(*(batch.whole_orders for batch in batches)) == set(codes)
    assert len({batch.next_cursor for batch in batches}) == 1, "that of the first page"


def test_changes_are_all_since_the_cursor(pretix):
    long_ago = FakePretix(60)
    pretix.orders |= long_ago.orders
    api = PRETIX.open(make_shop(pretix))
    cursor = list(api.everything())[-1].next_cursor
    first, second, third, *_others = pretix.orders
    pretix.transfer(first, 1, "new@example.com")
    pretix.cancel(second)
    pretix.block(third)
    (batch,) = api.changes(cursor)
    assert batch.whole_orders == {first, second, third}
    values = {ticket.code: ticket.values for ticket in batch.tickets}
    assert values[f"{first}-1"]["holder_email"] == "new@example.com"
    assert values[f"{second}-1"]["shop_says"] == "canceled"
    assert values[f"{third}-1"]["shop_says"] == "blocked: admin"
    assert batch.next_cursor > cursor
    again = frozenset().union(*(one.whole_orders for one in api.changes(batch.next_cursor)))
    assert again == batch.whole_orders, "the minute before the cursor is asked for again"


def test_what_changes_while_we_read_is_lost_nowhere(pretix):
    codes = [pretix.add_order(f"a{number}@example.com") for number in range(120)]
    api = PRETIX.open(make_shop(pretix))
    pages = api.everything()
    seen = set(next(pages).whole_orders)
    pretix.touch(codes[0])
    pretix.touch(codes[99])
    late = pretix.add_order("late@example.com")
    for batch in pages:
        seen |= batch.whole_orders
    assert seen == {*codes, late}
    changed = frozenset().union(*(one.whole_orders for one in api.changes(batch.next_cursor)))
    assert {codes[0], codes[99], late} <= changed


def test_one_order_by_its_code(pretix):
    code = pretix.add_order("ada@example.com", "bea@example.com")
    pretix.add_order("else@example.com")
    pretix.cancel_position(code, 2)
    api = PRETIX.open(make_shop(pretix))
    batch = api.order(code)
    assert [ticket.values["state"] for ticket in batch.tickets] == ["valid", "canceled"]
    assert batch.whole_orders == {code}
    pretix.delete(code)
    assert api.order(code).tickets == []
    assert api.order(code).whole_orders == {code}


def test_faults_on_the_way_do_no_harm(pretix):
    codes = {pretix.add_order("ada@example.com") for _order in range(60)}
    pretix.once += [too_many(1), None, too_busy(), broken()]
    batches = list(PRETIX.open(make_shop(pretix)).everything())
    assert frozenset().union(*(batch.whole_orders for batch in batches)) == codes


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ({"count": 5, "next": None, "results": []}, "announced 5 orders and gave 0"),
        ({"count": 0, "next": "https://evil.example/", "results": []}, "another server"),
        ({"count": 1, "next": None}, "does not look as we know it"),
        ({"count": 1, "next": None, "results": [{"code": "ABC3Z"}]}, "as we know it"),
        ({"count": 1, "next": None, "results": [None]}, "as we know it"),
        ({"count": "many", "next": None, "results": []}, "as we know it"),
        ({"count": 0, "next": 7, "results": []}, "as we know it"),
        ({"results": {"a": 1}, "next": None, "count": 1}, "as we know it"),
    ],
)
def test_a_shop_that_lies_is_told_off(pretix, page, told):
    pretix.always = as_json(page)
    with pytest.raises(ShopError, match=told):
        list(PRETIX.open(make_shop(pretix)).everything())


@pytest.mark.parametrize(
    "values",
    [
        {"positionid": "x"},
        {"valid_from": "tomorrow"},
        {"valid_from": "2026-11-21T09:00:00"},
        {"item": None},
        {"attendee_email": 5, "addon_to": {}},
    ],
)
def test_positions_that_cannot_be_read_are_told(pretix, values):
    code = pretix.add_order("ada@example.com")
    pretix.position(code, 1).update(values)
    pretix.touch(code)
    with pytest.raises(ShopError, match="as we know it"):
        tickets_of(pretix)


def test_pages_that_go_round_in_a_circle_end(pretix):
    address = f"{pretix.url}/api/v1/organizers/acme/events/conf/orders/?page=2"
    pretix.always = as_json({"count": 1, "next": address, "results": []})
    with pytest.raises(ShopError, match="round in a circle"):
        list(PRETIX.open(make_shop(pretix)).everything())


def test_half_a_list_is_no_list(pretix):
    for _order in range(60):
        pretix.add_order("ada@example.com")
    pretix.once += [None, None, None, web_page()]
    pages = PRETIX.open(make_shop(pretix)).everything()
    next(pages)
    with pytest.raises(ShopError, match="a web page instead of data"):
        next(pages)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"token": seal("wrong")}, "does not accept the token"),
        ({"token": ""}, "The API token is missing"),
        ({"token": seal("a\nb")}, "copy it once more"),
        ({"token": "not sealed"}, "SECRET_KEY has changed"),
        ({"token": seal("env:FRONT_ROW_NOT_THERE")}, "does not give FRONT_ROW_NOT_THERE"),
        ({"event": "other"}, "or there is no such event"),
        ({"account": "../../x"}, "another server or place"),
        ({"base_url": "ftp://shop.example"}, "no address of a shop"),
    ],
)
def test_wrong_settings_are_told(pretix, fields, told):
    with pytest.raises(ShopError, match=told):
        tickets_of(pretix, **fields)


def test_a_token_without_the_permission_is_told(pretix):
    pretix.may_view_orders = False
    with pytest.raises(ShopError, match="may not read this event's orders"):
        tickets_of(pretix)


def said(pretix: FakePretix, **fields) -> WebhookCall:
    return WebhookCall({}, json.dumps(json.loads(pretix.call("ABC3Z")) | fields).encode())


def test_a_call_names_an_order(pretix):
    shop = make_shop(pretix, event="CONF")
    assert PRETIX.read_call(shop, WebhookCall({}, pretix.call("ABC3Z"))) == "ABC3Z"
    changed = said(pretix, action="pretix.event.order.changed.cancel")
    assert PRETIX.read_call(shop, changed) == "ABC3Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "pretix.event.checkin"},
        {"action": "pretix.event.item.changed", "code": None},
        {"event": "other-event-of-ours"},
    ],
)
def test_calls_about_something_else_ask_for_nothing(pretix, fields):
    assert PRETIX.read_call(make_shop(pretix), said(pretix, **fields)) == ""


def test_calls_that_pretix_did_not_make_are_refused(pretix):
    shop = make_shop(pretix)
    bodies = [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000]
    calls = [WebhookCall({}, body) for body in bodies]
    calls += [
        said(pretix, organizer="other"),
        said(pretix, organizer=None),
        said(pretix, code="../secret"),
        said(pretix, code=""),
        said(pretix, code={"a": 1}),
        said(pretix, action=7),
    ]
    for call in calls:
        with pytest.raises(BadCall) as error:
            PRETIX.read_call(shop, call)
        assert error.value.status == 400


def test_a_secret_of_the_operator_goes_where_it_is_bound_to_alone(pretix, monkeypatch, settings):
    monkeypatch.setenv("FRONT_ROW_PRETIX", pretix.token)
    pretix.add_order("ada@example.com")
    token = seal("env:FRONT_ROW_PRETIX")
    settings.SECRET_BINDINGS = {"FRONT_ROW_PRETIX": f"mycon:{pretix.url}/"}
    assert len(tickets_of(pretix, token=token)) == 1
    settings.PRIVATE_HOSTS = ["http://127.0.0.1:9"]
    refused = [
        {"base_url": "http://127.0.0.1:9"},
        {"conference": Conference(slug="other")},
    ]
    for fields in refused:
        with pytest.raises(ShopError, match="does not give FRONT_ROW_PRETIX to this conference"):
            tickets_of(pretix, token=token, **fields)
    for bound in ("mycon", "other", f"mycon:{pretix.url}/other/", "mycon:https://pretix.eu/"):
        settings.SECRET_BINDINGS = {"FRONT_ROW_PRETIX": bound}
        with pytest.raises(ShopError, match="does not give FRONT_ROW_PRETIX to this conference"):
            tickets_of(pretix, token=token)
