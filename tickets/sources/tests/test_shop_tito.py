"""What Tito says of tickets becomes ours. The fake speaks HTTP as Tito does."""

import json

import pytest

from lib.sealing import seal
from schedule.models import Conference
from tickets.models import Shop
from tickets.sources.shops import tito as tito_module
from tickets.sources.shops.base import Admits, BadCall, ShopError, WebhookCall
from tickets.sources.shops.client import ShopClient
from tickets.sources.shops.tito import TITO
from tickets.sources.tests.fake_shops.server import as_json, broken, too_many
from tickets.sources.tests.fake_shops.tito import SHIRT, STANDARD, FakeTito


@pytest.fixture
def tito(settings, monkeypatch):
    monkeypatch.setattr(ShopClient, "sleep", staticmethod(lambda _seconds: None))
    with FakeTito() as tito:
        settings.PRIVATE_HOSTS = [tito.url]
        yield tito


def make_shop(tito: FakeTito, **fields) -> Shop:
    row = {
        "slug": "tickets",
        "kind": "tito",
        "base_url": tito.url,
        "account": tito.account,
        "event": tito.event,
        "token": seal(tito.token),
        "hook_token": seal(tito.hook_token),
    }
    return Shop(**(row | fields))


def tickets_of(tito: FakeTito, **fields):
    api = TITO.open(make_shop(tito, **fields))
    return [ticket for batch in api.everything() for ticket in batch.tickets]


def test_it_works(tito):
    order = tito.add_order("Ada@Example.com", None, email="boss@example.com")
    first, second = tickets_of(tito)
    assert (first.code, first.product, first.product_code) == (f"{order}-1", "Early bird", "1")
    assert first.admits is Admits.UNTOLD
    assert first.values == {
        "order_code": order,
        "state": "valid",
        "shop_says": "complete",
        "holder_name": "Attendee 1",
        "holder_email": "ada@example.com",
        "buyer_email": "boss@example.com",
    }
    assert second.values["state"] == "pending"
    assert second.values["holder_email"] == ""
    assert "ti_secret" not in repr([first, second]), "whoever knows the slug has the ticket"
    assert tito.asked[0].headers["authorization"] == f"Token token={tito.token}"


@pytest.mark.parametrize(
    ("row", "state", "words"),
    [
        ({}, "valid", "complete"),
        ({"void": True, "state": "void"}, "canceled", "void"),
        ({"void": True}, "canceled", "void"),
        ({"void": None}, "canceled", "void"),
        ({"state": "incomplete"}, "pending", "incomplete"),
        ({"state": "unassigned"}, "pending", "unassigned"),
        ({"release_archived": True}, "valid", "complete"),
    ],
)
def test_states(tito, row, state, words):
    order = tito.add_order("ada@example.com")
    tito.change(f"{order}-1", **row)
    (ticket,) = tickets_of(tito)
    assert (ticket.values["state"], ticket.values["shop_says"]) == (state, words)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("new", "pending"),
        ("reminder", "pending"),
        ("cancelled", "canceled"),
        ("Complete", "unknown"),
        ("archived", "unknown"),
        (None, "unknown"),
    ],
)
def test_words_that_the_list_may_not_have(tito, monkeypatch, word, state):
    tito.add_order("ada@example.com", state=word)
    monkeypatch.setattr(tito, "_found", lambda _query: list(tito.rows.values()))
    assert [ticket.values["state"] for ticket in tickets_of(tito)] == [state]


def test_only_what_is_a_ticket_lets_in(tito):
    shirt = {"release_id": SHIRT, "release_title": "T-shirt"}
    tito.add_order("ada@example.com", **shirt)
    tito.add_order("bea@example.com", release_id=99, release_title="Gone")
    tito.add_order("cleo@example.com", release_archived=True)
    tito.releases[STANDARD]["archived"] = True
    admits = {ticket.product: ticket.admits for ticket in tickets_of(tito)}
    assert admits == {"T-shirt": Admits.NO, "Gone": Admits.ASK, "Early bird": Admits.UNTOLD}


def test_the_buyer_stands_in_only_where_that_is_wanted(tito):
    tito.add_order("ada@example.com", None, "oops", email="BOSS@example.com")
    holders = [one.values["holder_email"] for one in tickets_of(tito, uses_buyer_email=True)]
    assert sorted(holders) == ["ada@example.com", "boss@example.com", "boss@example.com"]


def test_test_tickets_are_for_test_shops(tito):
    tito.add_order("a@example.com")
    tito.add_order("b@example.com", test_mode=True)
    assert len(tickets_of(tito)) == 1
    assert tickets_of(tito, is_test_mode=True) == [], "a live token does not see them"
    tito.is_test_token = True
    assert len(tickets_of(tito, is_test_mode=True)) == 1
    assert tickets_of(tito) == []


def test_tickets_in_a_basket_are_none_yet(tito):
    order = tito.add_order("ada@example.com")
    tito.rows[f"{order}-1"]["reference"] = None
    assert tickets_of(tito) == []


def test_everything_comes_page_by_page(tito, monkeypatch):
    monkeypatch.setattr(tito_module, "PAGE_SIZE", 2)
    for _order in range(5):
        tito.add_order("ada@example.com")
    batches = list(TITO.open(make_shop(tito)).everything())
    assert [len(batch.tickets) for batch in batches] == [2, 2, 1]
    assert {batch.total for batch in batches} == {5}
    (cursor,) = {batch.next_cursor for batch in batches}
    assert cursor == max(row["updated_at"] for row in tito.rows.values())


def test_an_empty_event_is_no_error(tito):
    (batch,) = TITO.open(make_shop(tito)).everything()
    assert (batch.tickets, batch.next_cursor) == ([], "")


def test_changes_name_what_was_voided_and_reassigned(tito):
    old = FakeTito(20)
    tito.rows |= old.rows
    api = TITO.open(make_shop(tito))
    cursor = list(api.everything())[-1].next_cursor
    first, second, *_others = tito.rows
    tito.void(first)
    tito.reassign(second, "new@example.com")
    batches = list(api.changes(cursor))
    values = {one.code: one.values for batch in batches for one in batch.tickets}
    assert values[first]["state"] == "canceled"
    assert values[second]["holder_email"] == "new@example.com"
    assert batches[-1].next_cursor == tito.rows[second]["updated_at"]
    assert len(values) == 22 - 2, "and those of the minute before, again"
    following = batches[-1].next_cursor
    assert {one.code for batch in api.changes(following) for one in batch.tickets} == {
        first,
        second,
    }


def test_a_quiet_time_keeps_its_cursor(tito):
    cursor = "2026-11-21T09:00:00+01:00"
    (batch,) = TITO.open(make_shop(tito)).changes(cursor)
    assert (batch.tickets, batch.next_cursor) == ([], cursor)
    assert tito.asked[-1].query["search[updated_at][gt]"] == ["2026-11-21T07:59:00 UTC"]


def test_what_changes_while_we_read_is_lost_nowhere(tito, monkeypatch):
    monkeypatch.setattr(tito_module, "PAGE_SIZE", 2)
    for _order in range(5):
        tito.add_order("ada@example.com")
    api = TITO.open(make_shop(tito))
    pages = api.everything()
    early = next(pages).tickets[0].code
    tito.void(early)
    late = f"{tito.add_order('late@example.com')}-1"
    tito.touch(late)
    *_others, last = pages
    changed = {
        one.code: one.values for batch in api.changes(last.next_cursor) for one in batch.tickets
    }
    assert changed[early]["state"] == "canceled"
    assert late in changed


def test_one_order_by_its_reference(tito):
    order = tito.add_order("ada@example.com", "bea@example.com")
    tito.add_order(f"{order}@example.com")
    tito.void(f"{order}-2")
    api = TITO.open(make_shop(tito))
    batch = api.order(order)
    assert {one.code: one.values["state"] for one in batch.tickets} == {
        f"{order}-1": "valid",
        f"{order}-2": "canceled",
    }
    assert api.order("ZZZZ").tickets == []
    assert api.order("ZZZZ").whole_orders == frozenset(), "not found is not gone"


def test_faults_on_the_way_do_no_harm(tito):
    tito.add_order("ada@example.com")
    tito.once += [too_many(1), None, broken()]
    assert len(tickets_of(tito)) == 1


META = {"total_count": 0, "next_page": None}


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ({"tickets": [], "meta": META | {"total_count": 5}}, "announced 5 tickets and gave 0"),
        ({"tickets": [], "meta": META | {"next_page": 1}}, "round in a circle"),
        ({"tickets": []}, "as we know it"),
        ({"tickets": [{}], "meta": META}, "as we know it"),
        ({"tickets": None}, "as we know it"),
        ({"message": "hello"}, "as we know it"),
    ],
)
def test_a_shop_that_lies_is_told_off(tito, page, told):
    tito.once.append(as_json({"tickets": [], "meta": META}))
    tito.always = as_json(page)
    with pytest.raises(ShopError, match=told):
        list(TITO.open(make_shop(tito)).everything())


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"token": seal("wrong")}, "does not accept the token"),
        ({"token": ""}, "The API token is missing"),
        ({"event": "other"}, "no such organizer or event"),
    ],
)
def test_wrong_settings_are_told(tito, fields, told):
    with pytest.raises(ShopError, match=told):
        tickets_of(tito, **fields)


def heard(body: bytes, **fields) -> str:
    headers = {name.lower(): value for name, value in FakeTito().headers(body).items()}
    return TITO.read_call(make_call_shop(**fields), WebhookCall(headers, body))


def make_call_shop(**fields) -> Shop:
    row = {"account": "demo", "event": "conf", "hook_token": seal("whsec_test")}
    return Shop(conference=Conference(slug="mycon"), **(row | fields))


def test_calls_name_their_order():
    tito = FakeTito(3)
    order = next(iter(tito.rows)).rpartition("-")[0]
    assert heard(tito.call(f"{order}-1")) == order
    assert heard(tito.call(order)) == order
    assert heard(tito.call(order), account="Demo") == order
    assert heard(b'{"_type": "checkin"}') == ""


def test_the_signature_is_that_of_the_raw_body():
    # Worked out by hand with openssl: HMAC-SHA256 of {"id":1} with the key whsec_test.
    signature = "KLZisNJHjxbf4kmXEUNS8edT25t7EUtHeFmUfnMUR2M="
    shop = make_call_shop()
    assert TITO.read_call(shop, WebhookCall({"tito-signature": signature}, b'{"id":1}')) == ""
    for body, said in [
        (b'{"id": 1}', signature),
        (b'{"id":1}', ""),
        (b'{"id":1}', signature.lower()),
        (b'{"id":1}', signature[:-1]),
        (b'{"id":1}', "é\udc80"),
    ]:
        with pytest.raises(BadCall) as error:
            TITO.read_call(shop, WebhookCall({"tito-signature": said}, body))
        assert error.value.status == 403
    with pytest.raises(BadCall):
        TITO.read_call(shop, WebhookCall({}, b'{"id":1}'))


@pytest.mark.parametrize("hook_token", ["", "not sealed", seal("env:FRONT_ROW_NOT_THERE")])
def test_without_a_key_nobody_is_believed(hook_token):
    with pytest.raises(BadCall) as error:
        heard(FakeTito(1).call("AAAA"), hook_token=hook_token)
    assert error.value.status == 403


def test_signed_calls_that_say_nothing_of_ours_are_refused():
    event = {"account_slug": "demo", "slug": "conf"}
    ticket = {"_type": "ticket", "reference": "QVYZ-2", "event": event}
    assert heard(json.dumps(ticket).encode()) == "QVYZ"
    for change in (
        {"event": {**event, "slug": "other"}},
        {"event": {**event, "account_slug": None}},
        {"event": None},
        {"reference": "../../x"},
        {"reference": None},
    ):
        with pytest.raises(BadCall) as error:
            heard(json.dumps(ticket | change).encode())
        assert error.value.status == 400
    for body in (b"", b"[]", b"null", b"\xff"):
        with pytest.raises(BadCall):
            heard(body)


def test_a_call_is_checked_with_a_secret_of_this_conference_alone(monkeypatch, settings):
    tito = FakeTito(1)
    monkeypatch.setenv("FRONT_ROW_HOOK", tito.hook_token)
    token, call = seal("env:FRONT_ROW_HOOK"), tito.call("AAAA")
    settings.SECRET_BINDINGS = {"FRONT_ROW_HOOK": "mycon"}
    assert heard(call, hook_token=token) == "AAAA"
    for bound in ("other", "mycon:https://api.tito.io/"):
        settings.SECRET_BINDINGS = {"FRONT_ROW_HOOK": bound}
        with pytest.raises(BadCall):
            heard(call, hook_token=token)
