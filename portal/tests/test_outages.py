"""The ticket shop, the mail relay and Redis are away: who was in stays in, and who has a ticket that
is known can still come in by the entry link. With the real processes, or where they should be.
"""

import json
import socket
import sys
from collections.abc import Callable, Iterator

import pytest
import redis

from tools.process import running
from tools.stack import PROJECT, Stack
from tools.visitor import Visitor

pytestmark = [pytest.mark.services, pytest.mark.browser]

# A ticket for each that comes in later, and a shop that nobody answers for.
PREPARE = """
import json
from schedule.models import Conference
from schedule.sealing import seal
from tickets.entry.links import link_to, url_of
from tickets.models import Product, Shop, Ticket
conference = Conference.objects.get()
Shop.objects.create(
    conference=conference, slug="shop", kind="pretix", base_url="{shop}", account="a", event="e",
    token=seal("token"),
)
product = Product.objects.filter(conference=conference, scopes=["conference"]).first()
tickets = [
    Ticket.objects.create(
        conference=conference, product=product, code=f"OUT-{{number}}",
        holder_email=f"out-{{number}}@example.com",
    )
    for number in range(5)
]
print(json.dumps([url_of(link_to(ticket), "") for ticket in tickets]))
"""


def unused_address() -> str:
    """Nobody listens there."""
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{link.getsockname()[1]}"


@pytest.fixture(scope="module")
def away() -> Iterator[Stack]:
    """Neither relay nor shop answer."""
    shop = f"http://{unused_address()}"
    variables = {"EMAIL_URL": f"smtp://{unused_address()}", "PRIVATE_SHOPS": shop}
    with Stack(background=True, variables=variables) as stack:
        stack.links = json.loads(stack.manage("shell", "-v", "0", "-c", PREPARE.format(shop=shop)))  # type: ignore[attr-defined]
        yield stack


@pytest.fixture
def arrive(away) -> Iterator[Callable[[], Visitor]]:
    """Somebody new each time."""
    visitors = []

    def someone() -> Visitor:
        visitors.append(Visitor(away.url.removeprefix("http://")))
        return visitors[-1]

    yield someone
    for visitor in visitors:
        visitor.close()


def come_in(site: Stack, visitor: Visitor) -> Visitor:
    visitor.submit(site.links.pop())  # type: ignore[attr-defined]
    return visitor


def is_in(visitor: Visitor) -> bool:
    playback = visitor.get("/rooms/main/playback.json")
    return (
        visitor.get("/lobby/").status == 200
        and visitor.get("/rooms/main/").status == 200
        and bool(json.loads(playback.text)["sources"])
    )


def test_shop_and_mail_are_away(away, arrive, tmp_path):
    visitor = come_in(away, arrive())
    assert is_in(visitor)
    command = [sys.executable, "manage.py", "sync_tickets", "--full"]
    with running(command, tmp_path / "sync.log", lambda _: True, cwd=PROJECT, env=away.env):
        assert is_in(visitor)
    # Nobody waits for a relay: the page says that a code was sent, and the worker tries again.
    assert arrive().submit("/accounts/login/", email="somebody@example.com").status == 302
    assert is_in(come_in(away, arrive()))


def test_redis_is_away(away, arrive):
    visitor = come_in(away, arrive())
    assert is_in(visitor)
    server = redis.Redis.from_url(away.env["REDIS_URL"])
    server.shutdown(nosave=True)
    with pytest.raises(redis.ConnectionError):
        server.ping()
    server.close()
    assert is_in(visitor)
    assert is_in(come_in(away, arrive()))
