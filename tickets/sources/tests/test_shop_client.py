"""One answer from a shop: what is asked, of whom, how often, and what is told when it fails."""

import socket
import threading
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tickets.models import Shop
from tickets.sources.shops import client as client_module
from tickets.sources.shops.base import ShopError
from tickets.sources.shops.client import ShopClient
from tickets.sources.tests.fake_shops.server import (
    Answer,
    FakeShop,
    as_json,
    broken,
    too_busy,
    too_many,
    web_page,
)

SECRET = "very-secret"


class Echo(FakeShop):
    def answer(self, asked):
        return as_json({"path": asked.path})


@pytest.fixture
def shop(settings):
    with Echo() as shop:
        settings.PRIVATE_HOSTS = [shop.url]
        yield shop


@pytest.fixture
def waits(monkeypatch):
    """How long it would have slept, each time."""
    waits: list[float] = []
    monkeypatch.setattr(ShopClient, "sleep", staticmethod(waits.append))
    return waits


def get(shop: FakeShop, path: str = "/orders/?email=a@b.example"):
    with ShopClient(shop.url, {"Authorization": f"Token {SECRET}"}) as client:
        return client.get(shop.url + path)


def test_it_works(shop):
    shop.once.append(Answer(body=b'{"count": 1}', headers={"X-Page-Generated": "now"}))
    answer = get(shop, "/orders/?page=2&search[x][]=a%20b")
    assert answer.document == {"count": 1}
    assert answer.headers["X-Page-Generated"] == "now"
    (asked,) = shop.asked
    assert (asked.method, asked.path) == ("GET", "/orders/")
    assert asked.query == {"page": ["2"], "search[x][]": ["a b"]}
    assert asked.headers["authorization"] == f"Token {SECRET}"
    assert asked.headers["accept"] == "application/json"


def test_one_connection_serves_many_questions(shop, internet):
    with ShopClient(shop.url, {}) as client:
        paths = [client.get(f"{shop.url}/{path}").document["path"] for path in "abc"]
    assert paths == ["/a", "/b", "/c"]
    assert internet.connected == ["127.0.0.1"]


def test_answers_may_be_so_large(shop, waits, monkeypatch):
    shop.always = as_json({"text": "x" * 5000})
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", 4999)
    with pytest.raises(ShopError, match="too large"):
        get(shop)
    shop.always = Answer(headers={"Content-Encoding": "br"})
    with pytest.raises(ShopError, match="unknown way"):
        get(shop)
    assert waits == []


def test_a_shop_that_asks_for_patience_gets_it(shop, waits):
    soon = format_datetime(timezone.now() + timedelta(seconds=30), usegmt=True)
    shop.once += [
        too_many(7),
        too_busy(),
        too_many(soon),
        Answer(503, headers={"Retry-After": "2"}),
    ]
    assert get(shop).document == {"path": "/orders/"}
    assert len(shop.asked) == 5
    seconds, busy, date, unavailable = waits
    assert 7 <= seconds <= 8
    assert 5 <= busy <= 6
    assert 0 <= date <= 31
    assert 2 <= unavailable <= 3


def test_no_shop_makes_us_wait_for_ever(shop, waits):
    shop.always = too_many(10**12)
    with pytest.raises(ShopError, match="too busy: it answers 429"):
        get(shop)
    assert max(waits) <= client_module.MAX_WAIT_SECONDS
    assert sum(waits) <= client_module.MAX_WAITING_SECONDS


def test_failures_are_asked_again_ever_more_slowly(shop, waits):
    shop.once += [broken(), broken(), web_page(502)]
    assert get(shop).document == {"path": "/orders/"}
    for attempt, wait in enumerate(waits):
        assert 0.5 * 2**attempt <= wait <= 1.5 * 2**attempt
    shop.always = broken()
    shop.asked.clear()
    with pytest.raises(ShopError, match="answers 500"):
        get(shop)
    assert len(shop.asked) == client_module.ATTEMPTS


def test_a_shop_that_is_down_is_told(settings, waits):
    port = socket.create_server(("127.0.0.1", 0))  # nobody answers on it once it is closed
    address = f"http://127.0.0.1:{port.getsockname()[1]}"
    port.close()
    settings.PRIVATE_HOSTS = [address]
    with ShopClient(address, {}) as client, pytest.raises(ShopError, match="cannot be reached"):
        client.get(f"{address}/")
    assert len(waits) == client_module.ATTEMPTS - 1


def test_an_answer_that_breaks_off_is_asked_for_again(shop, waits):
    cut = Answer(body=b'{"count": 1}', cut_at=5)
    shop.once.append(cut)
    assert get(shop).document == {"path": "/orders/"}
    shop.always = cut
    with pytest.raises(ShopError, match="cut off"):
        get(shop)


@pytest.mark.slow
def test_silence_and_dripping_end(shop, waits, monkeypatch):
    monkeypatch.setattr(client_module, "ATTEMPTS", 2)
    go_on = threading.Event()
    shop.always = Answer(wait=go_on)
    for constant in ("SILENCE_SECONDS", "ANSWER_SECONDS"):
        with monkeypatch.context() as patch:
            patch.setattr(client_module, constant, 0.2)
            with pytest.raises(ShopError, match="longer than 0 seconds"):
                get(shop)
    go_on.set()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (as_json({"detail": "Invalid token."}, 401), "does not accept the token"),
        (as_json({"detail": "No."}, 403), "may not read this event's orders"),
        (as_json({"detail": "Not found."}, 404), "no such organizer or event"),
        (web_page(404), "no API of a shop at this address"),
        (Answer(302, headers={"Location": "https://other.example/"}), "moved to another address"),
        (Answer(418), "answers 418"),
        (web_page(), "a web page instead of data"),
        (Answer(body=b"oops"), "cannot be read"),
        (Answer(body=b""), "cannot be read"),
        (Answer(body=b"[1]"), "cannot be read"),
        (Answer(body=b"[" * 200_000), "cannot be read"),
        (Answer(body=b"\xff\xfe"), "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told_at_once(shop, waits, answer, told):
    shop.always = answer
    with pytest.raises(ShopError, match=told):
        get(shop)
    assert len(shop.asked) == 1
    assert waits == []


def test_the_token_goes_to_the_shop_alone(shop, settings):
    with Echo() as other:
        settings.PRIVATE_HOSTS = [shop.url, other.url]
        port = urlsplit(shop.url).port
        elsewhere = [
            f"{other.url}/",
            f"https://127.0.0.1:{port}/",
            f"http://localhost:{port}/",
            f"http://127.0.0.1:{port}@evil.example/",
            f"http://user:word@127.0.0.1:{port}/",
            "//evil.example/",
            "/orders/",
            "http://127.0.0.1:99999/",
            "",
        ]
        with ShopClient(shop.url, {"Authorization": SECRET}) as client:
            for url in elsewhere:
                with pytest.raises(ShopError, match=r"another server|no address of a shop"):
                    client.get(url)
        assert other.asked == []
    assert shop.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example.org",
        "https://127.0.0.1",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://shop.example.org",
    ],
)
def test_only_public_addresses_are_asked_and_only_by_https(settings, internet, address):
    settings.PRIVATE_HOSTS = ["https://127.0.0.1:8345", "https://shop.example.or"]
    internet.ips["shop.example.org"] = ["10.0.0.1"]
    with (
        ShopClient(address, {}) as client,
        pytest.raises(ShopError, match=r"(begin with https|not a public address).*PRIVATE_HOSTS"),
    ):
        client.get(f"{address}/")
    assert internet.connected == []


def test_the_whole_of_a_private_shop_may_be_asked_and_no_other_port(shop, settings):
    with ShopClient(f"{shop.url}/pretix", {"Authorization": SECRET}) as client:
        assert client.get(f"{shop.url}/next").document == {"path": "/next"}
    assert shop.asked[0].headers["authorization"] == SECRET
    settings.PRIVATE_HOSTS = [f"{shop.url}0", "http://127.0.0.1"]
    with (
        ShopClient(shop.url, {}) as client,
        pytest.raises(ShopError, match="begin with https.*PRIVATE_HOSTS"),
    ):
        client.get(f"{shop.url}/")


def test_an_address_in_our_own_network_can_be_typed_once_the_operator_allows_it(settings):
    settings.PRIVATE_HOSTS = ["http://pretix:8345"]
    others = [name.name for name in Shop._meta.get_fields() if name.name != "base_url"]
    Shop(base_url="http://pretix:8345/").clean_fields(exclude=others)
    for address in ("http://pretix:8346", "http://127.0.0.1", "tickets.example.org"):
        with pytest.raises(ValidationError, match=r"begins with https://.*PRIVATE_HOSTS"):
            Shop(base_url=address).clean_fields(exclude=others)


def test_logs_hold_no_secrets(shop, waits, caplog):
    caplog.set_level("DEBUG")
    shop.always = broken()
    with pytest.raises(ShopError) as error:
        get(shop)
    assert "Asking again" in caplog.text
    for text in (caplog.text, str(error.value)):
        assert SECRET not in text
        assert "a@b.example" not in text
        assert "/orders/" not in text
