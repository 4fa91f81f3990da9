"""The door on the production shape, with its workers and a ticket shop: what the shop does reaches a
running player, and an outage of shop, mail or Redis keeps nobody out.

One installation for all of them, in this order: the last test stops its Redis.
"""

import json
import socket
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import redis

from portal.tests.pulses import pulse_quickly
from tickets.sources.tests.fake_shops.pretix import FakePretix
from tools.browser import chromium_path, wait_until
from tools.stack import Stack, Template
from tools.visitor import Visitor

pytestmark = [
    pytest.mark.services,
    pytest.mark.browser,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

# From the shop's call to the end of the picture.
REVOCATION_SECONDS = 60
PREPARE = """
from schedule.models import Conference
from lib.sealing import seal
from tickets.models import Shop
shop = Shop.objects.create(
    conference=Conference.objects.get(), slug="shop", kind="pretix", base_url="{url}",
    account="{organizer}", event="{event}", token=seal("{token}"),
)
answer = shop.hook_secret
"""
LINK = """
from tickets.holders.links import link_to, url_of
from tickets.models import Ticket
answer = url_of(link_to(Ticket.objects.get(holder_email="{email}")), "")
"""


def unused_port() -> int:
    """Nobody listens there."""
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        port: int = link.getsockname()[1]
        return port


class Door:
    def __init__(self, site: Stack, shop: FakePretix) -> None:
        self.site, self.shop = site, shop
        values = {name: getattr(shop, name) for name in ("url", "organizer", "event", "token")}
        self.secret = site.run(PREPARE.format(**values))
        self.site.manage("sync_tickets")

    def link(self, email: str) -> str:
        link: str = self.site.run(LINK.format(email=email))
        return link

    def call(self, order: str) -> None:
        url = f"{self.site.url}/hooks/shop/{self.secret}/"
        assert self.shop.send(url, self.shop.call(order), waits=()) == [204]


@pytest.fixture(scope="module")
def door(template: Template) -> Iterator[Door]:
    """No relay takes mail."""
    with FakePretix(tickets=8) as shop:
        variables = {
            "EMAIL_URL": f"smtp://127.0.0.1:{unused_port()}",
            "PRIVATE_HOSTS": shop.url,
        }
        with Stack(background=True, variables=variables, template=template) as site:
            yield Door(site, shop)


@pytest.fixture
def watch(door, browser, promises):
    """`watch(email)`: a page where the picture moves."""
    return partial(open_room, door, browser, not promises.are_held)


def open_room(door, browser, quickly, email):
    context = browser.new_context(base_url=door.site.url)
    if quickly:
        pulse_quickly(context)
    page = context.new_page()
    page.goto(door.link(email) + "?next=/rooms/main/")
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url("**/rooms/main/")
    page.locator("#player video").wait_for()
    return page


def order_of(shop, email):
    return next(
        code
        for code, order in shop.orders.items()
        if any(position["attendee_email"] == email for position in order["positions"])
    )


def seconds_until_it_stops(page):
    return wait_until(lambda: page.locator("#player video").count() == 0, "the player stops")


@pytest.mark.timed
def test_a_refund_stops_the_player(door, watch, promises):
    page = watch("holder-0@example.com")
    order = order_of(door.shop, "holder-0@example.com")
    door.shop.cancel(order)
    door.call(order)
    promises.check("a refund stops the player", seconds_until_it_stops(page), REVOCATION_SECONDS)
    assert "canceled" in page.locator("#refusal").inner_text()
    page.context.close()


@pytest.mark.timed
def test_a_transfer_lets_the_new_holder_in_and_the_old_one_out(door, watch, promises):
    page = watch("holder-1@example.com")
    order = order_of(door.shop, "holder-1@example.com")
    position = next(
        position["positionid"]
        for position in door.shop.orders[order]["positions"]
        if position["attendee_email"] == "holder-1@example.com"
    )
    door.shop.transfer(order, position, "newcomer@example.com")
    door.call(order)
    seconds = seconds_until_it_stops(page)
    promises.check("a transfer stops the old holder's player", seconds, REVOCATION_SECONDS)
    watch("newcomer@example.com").context.close()
    page.context.close()


# --- Outages -------------------------------------------------------------------------------------


@pytest.fixture
def arrive(door) -> Iterator[Callable[[], Visitor]]:
    """Somebody new each time."""
    visitors = []

    def someone() -> Visitor:
        visitors.append(Visitor(door.site.url.removeprefix("http://")))
        return visitors[-1]

    yield someone
    for visitor in visitors:
        visitor.close()


def come_in(door, visitor, email):
    visitor.submit(door.link(email))
    return visitor


def is_in(visitor: Visitor) -> bool:
    playback = visitor.get("/rooms/main/playback.json")
    return (
        visitor.get("/lobby/").status == 200
        and visitor.get("/rooms/main/").status == 200
        and bool(json.loads(playback.text)["sources"])
    )


def test_shop_and_mail_are_away(door, arrive):
    visitor = come_in(door, arrive(), "holder-2@example.com")
    assert is_in(visitor)
    door.shop.stop()
    # Nobody waits for a relay: the page says that a code was sent, and the worker tries again.
    assert arrive().submit("/accounts/login/", email="somebody@example.com").status == 302
    assert is_in(visitor)
    assert is_in(come_in(door, arrive(), "holder-3@example.com"))


def test_redis_is_away(door, arrive):
    visitor = come_in(door, arrive(), "holder-4@example.com")
    assert is_in(visitor)
    server = redis.Redis.from_url(door.site.env["REDIS_URL"])
    server.shutdown(nosave=True)
    with pytest.raises(redis.ConnectionError):
        server.ping()
    server.close()
    assert is_in(visitor)
    assert is_in(come_in(door, arrive(), "holder-5@example.com"))
