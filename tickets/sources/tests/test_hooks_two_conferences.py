"""A shop's whole and valid call, sent to the host of another conference, with a shop of the same name."""

import logging
from typing import NamedTuple

import pytest
from django.core import mail
from django.test import Client

from conftest import make_conference
from lib.sealing import seal
from tickets.models import OrderHint, Shop, SyncRun, Ticket
from tickets.sources.syncing.run import sync
from tickets.sources.tests.fake_shops.pretix import FakePretix
from tickets.sources.tests.fake_shops.tito import FakeTito
from tickets.sources.tests.paper_shop import make_shop

FIRST, SECOND = "first.example.org", "second.example.org"
KINDS = {"pretix": FakePretix, "tito": FakeTito}


class Side(NamedTuple):
    """A conference's shop, and an order of it that was canceled there after it had been mirrored: whoever
    heeds a call takes its ticket away.
    """

    shop: Shop
    fake: FakePretix | FakeTito
    order: str

    def call(self, host: str, secret: str):
        body = self.fake.call(self.order)
        signed = self.fake.headers(body) if isinstance(self.fake, FakeTito) else {}
        signed = {name: value for name, value in signed.items() if name != "Content-Type"}
        path = f"/hooks/{self.shop.slug}/{secret}/"
        headers = {**signed, "host": host}
        return Client().post(path, body, content_type="application/json", headers=headers)


def make_side(fake: FakePretix | FakeTito, kind: str, domain: str) -> Side:
    word = domain.partition(".")[0]
    fake.event = f"{word}-event"
    if isinstance(fake, FakeTito):
        fake.hook_token = f"whsec_{word}"
    account = fake.account if isinstance(fake, FakeTito) else fake.organizer
    shop = make_shop(
        make_conference(domain=domain, name=f"{word} conference"),
        slug="shop",
        kind=kind,
        base_url=fake.url,
        account=account,
        event=fake.event,
        token=seal(fake.token),
        hook_token=seal(getattr(fake, "hook_token", "")),
    )
    order = fake.add_order(f"{word}@example.com")
    sync(shop, is_full=True)
    fake.cancel(order)
    return Side(shop, fake, order)


@pytest.fixture(params=KINDS)
def sides(request, db, settings):
    make = KINDS[request.param]
    with make() as one, make() as other:
        settings.PRIVATE_HOSTS = [one.url, other.url]
        # The second shop's codes are others.
        other.add_order("somebody@example.com")
        yield make_side(one, request.param, FIRST), make_side(other, request.param, SECOND)


@pytest.mark.slow
def test_what_a_shop_says_reaches_its_own_conference(sides):
    """Else the other tests would find nothing, whatever got through."""
    for side, host in zip(sides, (FIRST, SECOND), strict=True):
        assert side.call(host, side.shop.hook_secret).status_code == 204
        assert Ticket.objects.get(shop=side.shop, order_code=side.order).state == "canceled"


@pytest.mark.slow
def test_the_own_address_is_none_at_the_other_host(sides, caplog):
    first, second = sides
    nothing_happens(first, SECOND, first.shop.hook_secret, 404, caplog)
    nothing_happens(second, FIRST, second.shop.hook_secret, 404, caplog)


@pytest.mark.slow
def test_at_the_address_of_the_other_one_it_is_no_call(sides, caplog):
    """Whoever knows one conference's address and has a valid call of another one's shop."""
    first, second = sides
    refused = 403 if isinstance(first.fake, FakeTito) else 204
    nothing_happens(first, SECOND, second.shop.hook_secret, refused, caplog)


@pytest.mark.slow
def test_not_even_where_both_have_the_same_key(sides, caplog):
    """An account has one key for its webhooks, if its owner chose it so."""
    first, second = sides
    Shop.objects.update(hook_token=first.shop.hook_token)
    refused = 400 if isinstance(first.fake, FakeTito) else 204
    nothing_happens(first, SECOND, second.shop.hook_secret, refused, caplog)


def nothing_happens(side: Side, host: str, secret: str, status: int, caplog) -> None:
    caplog.set_level(logging.INFO)
    before = what_is_known()
    answer = side.call(host, secret)
    assert answer.status_code == status
    assert what_is_known() == before
    said = f"{answer.text} {answer.headers} {caplog.text} {mail.outbox}"
    for word in (side.order, side.shop.event, "@example.com", side.shop.conference.name):
        assert word not in said


def what_is_known() -> tuple[object, ...]:
    tickets = Ticket.objects.order_by("pk").values_list("shop", "code", "state", "holder_email")
    hints = OrderHint.objects.order_by("pk").values_list("shop", "order_code")
    return [*tickets], [*hints], SyncRun.objects.count()
