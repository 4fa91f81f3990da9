"""What happens to orders: by pretix' services, which its pages and its API call, or by these pages."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import transaction
from django.test import Client
from django.utils.timezone import now
from pretix.base.models import Order, OrderPayment, Team, User
from pretix.base.services import orders as services
from pretix.multidomain.urlreverse import build_absolute_uri

from tools.try_pretix.shop import CANCELED, EXPIRED, NEXT_WEEK, PENDING, Shop

FREE = Decimal(0)

type Change = Callable[[Order], object]


class Kind(NamedTuple):
    """Of change, with the order that it happens to and how it is taken back. The order's addresses say its
    name.
    """

    order: Order
    change: Change
    back: Change | None = None


class Changes:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.pages = Pages(shop)

    def of_every_kind(self, some: str) -> Iterator[Kind]:
        def order(kind: str, *people: dict[str, Any], **fields: Any) -> Order:
            return self.shop.sell(f"{kind}.{some}", *people, **fields)

        yield from self._of_orders(order)
        yield from self._of_positions(order)
        yield from self._of_add_ons(order)
        yield from self._of_people(order)

    def _of_orders(self, order: Callable[..., Order]) -> Iterator[Kind]:
        pending, early = {"status": PENDING}, {"status": PENDING, "valid_if_pending": True}
        asked = {"status": PENDING, "require_approval": True}
        overdue = {"status": PENDING, "expires": now() - NEXT_WEEK}
        yield Kind(order("paid", **pending), pay)
        # It costs nothing, so that it is paid by that.
        yield Kind(order("approved", {"price": FREE}, total=FREE, **asked), approve)
        yield Kind(order("denied", **asked), deny)
        # It is paid too late, and so paid.
        yield Kind(order("expired", **overdue), expire, pay)
        yield Kind(order("extended", status=EXPIRED), extend, expire)
        yield Kind(order("canceled"), cancel, reactivate)
        yield Kind(order("reactivated", status=CANCELED), reactivate, cancel)
        yield Kind(order("fee"), cancel_for_a_fee)
        yield Kind(order("deleted", testmode=True), delete)
        yield Kind(order("early", **pending), valid_before_payment(True))
        yield Kind(order("late", **early), valid_before_payment(False))
        yield Kind(order("unpaid"), self.pages.mark_unpaid)
        yield Kind(order("refunded"), self.pages.refund)

    def _of_positions(self, order: Callable[..., Order]) -> Iterator[Kind]:
        block, unblock = first("add_block", "admin"), first("remove_block", "admin")
        ticket, regular, student = self.shop.ticket, self.shop.regular, self.shop.student
        past, future = now() - NEXT_WEEK, now() + NEXT_WEEK
        yield Kind(order("blocked"), block, unblock)
        yield Kind(order("unblocked", {"blocked": ["admin"]}), unblock, block)
        yield Kind(
            order("from"), first("change_valid_from", future), first("change_valid_from", past)
        )
        yield Kind(
            order("until"), first("change_valid_until", past), first("change_valid_until", future)
        )
        yield Kind(
            order("variation"),
            first("change_item", ticket, student),
            first("change_item", ticket, regular),
        )
        yield Kind(order("secret"), first("regenerate_secret"))
        yield Kind(order("part", {}, {}), first("cancel"))
        yield Kind(order("added"), by_manager("add_position", ticket, student, FREE))
        yield Kind(order("split", {}, {}), first("split"))

    def _of_add_ons(self, order: Callable[..., Order]) -> Iterator[Kind]:
        def with_add_on(kind: str, *people: dict[str, Any]) -> Order:
            sold = order(kind, *people)
            self.shop.add_on(sold, "add-on")
            return sold

        block, unblock = first("add_block", "admin"), first("remove_block", "admin")
        yield Kind(with_add_on("main-blocked"), block, unblock)
        yield Kind(with_add_on("main-canceled", {}, {}), first("cancel"))
        yield Kind(with_add_on("main-transfer"), self.pages.transfer, self.pages.transfer_back)
        yield Kind(
            with_add_on("add-on-blocked"), last("add_block", "admin"), last("remove_block", "admin")
        )
        yield Kind(with_add_on("add-on-canceled"), last("cancel"))
        yield Kind(order("add-on-added"), self._sell_add_on)

    def _of_people(self, order: Callable[..., Order]) -> Iterator[Kind]:
        pages = self.pages
        yield Kind(order("transfer"), pages.transfer, pages.transfer_back)
        yield Kind(order("transfer-by-api"), pages.transfer_by_api, pages.transfer_back)
        yield Kind(order("buyer", {"attendee_email": None}), pages.change_buyer)
        yield Kind(order("secrets"), pages.make_new_secrets)

    def _sell_add_on(self, order: Order) -> None:
        main = order.positions.get()
        by_manager("add_position", self.shop.workshop, None, FREE, main)(order)


class Pages:
    """pretix' own, without a browser: the buyer's page of an order, those of who works there, and its API."""

    def __init__(self, shop: Shop) -> None:
        organizer, event = shop.event.organizer.slug, shop.event.slug
        self._shop_path = f"/{organizer}/{event}/order"
        self._control_path = f"/control/event/{organizer}/{event}/orders"
        self._event_api = f"/api/v1/organizers/{organizer}/events/{event}"
        address = urlsplit(build_absolute_uri(shop.event, "presale:event.index"))
        self._client = Client(SERVER_NAME=address.hostname, SERVER_PORT=str(address.port))
        somebody = User.objects.create_user("boss@example.com", "trial")
        team = Team.objects.create(
            organizer=shop.event.organizer,
            name="Bosses",
            all_events=True,
            all_event_permissions=True,
        )
        team.members.add(somebody)
        self._token = team.tokens.create(name="Bosses").token
        self._client.force_login(somebody)

    def transfer(self, order: Order) -> None:
        self._name_attendee(order, f"new.{order.positions.first().attendee_email}", "Bo New")

    def transfer_back(self, order: Order) -> None:
        email = order.positions.first().attendee_email.removeprefix("new.")
        self._name_attendee(order, email, "Ann Again")

    def _name_attendee(self, order: Order, email: str, name: str) -> None:
        values = {}
        for position in order.positions.all():
            values[f"{position.pk}-attendee_name_parts_0"] = ""
            values[f"{position.pk}-attendee_email"] = ""
        main = order.positions.first()
        values[f"{main.pk}-attendee_name_parts_0"] = name
        values[f"{main.pk}-attendee_email"] = email
        self._post(f"{self._shop_path}/{order.code}/{order.secret}/modify", values)

    def mark_unpaid(self, order: Order) -> None:
        """Only the API does."""
        self._ask_api("post", f"{self._event_api}/orders/{order.code}/mark_pending/", {})

    def refund(self, order: Order) -> None:
        """By hand, so that the order waits for another payment."""
        pay_by_hand(order)
        values = {
            "start-mode": "full",
            "start-action": "mark_pending",
            "refund-manual": str(order.total),
            "manual_state": "done",
            "perform": "yes",
        }
        self._post(f"{self._control_path}/{order.code}/refund", values)

    def change_buyer(self, order: Order) -> None:
        self._post(f"{self._control_path}/{order.code}/contact", {"email": f"new.{order.email}"})

    def make_new_secrets(self, order: Order) -> None:
        values = {"email": order.email, "regenerate_secrets": "on"}
        self._post(f"{self._control_path}/{order.code}/contact", values)

    def transfer_by_api(self, order: Order) -> None:
        position = order.positions.get()
        path = f"{self._event_api}/orderpositions/{position.pk}/"
        self._ask_api("patch", path, {"attendee_email": f"new.{position.attendee_email}"})

    def _post(self, path: str, values: dict[str, str]) -> None:
        _check(self._client.post(path, values), 302)

    def _ask_api(self, method: str, path: str, values: dict[str, str]) -> None:
        headers = {"authorization": f"Token {self._token}"}
        call = getattr(self._client, method)
        _check(call(path, values, content_type="application/json", headers=headers), 200)


def _check(answer: Any, status: int) -> None:
    if answer.status_code != status:
        raise AssertionError(f"{answer.status_code}: {answer.content.decode()}")


def by_manager(name: str, *values: object) -> Change:
    def change(order: Order) -> None:
        manager = services.OrderChangeManager(order, notify=False, reissue_invoice=False)
        getattr(manager, name)(*values)
        manager.commit(check_quotas=False)

    return change


def first(name: str, *values: object) -> Change:
    """To the first position."""
    return lambda order: by_manager(name, order.positions.first(), *values)(order)


def last(name: str, *values: object) -> Change:
    return lambda order: by_manager(name, order.positions.last(), *values)(order)


def pay(order: Order) -> None:
    payment = order.payments.create(
        provider="manual", amount=order.total, state=OrderPayment.PAYMENT_STATE_CREATED
    )
    payment.confirm(send_mail=False, count_waitinglist=False)


def pay_by_hand(order: Order) -> None:
    state = OrderPayment.PAYMENT_STATE_CONFIRMED
    order.payments.create(provider="manual", amount=order.total, state=state)


def approve(order: Order) -> None:
    services.approve_order(order, send_mail=False)


def deny(order: Order) -> None:
    services.deny_order(order, send_mail=False)


def expire(order: Order) -> None:
    services.mark_order_expired(order)


def extend(order: Order) -> None:
    services.extend_order(order, now() + 2 * NEXT_WEEK, force=True)


def cancel(order: Order, **fee: Decimal) -> None:
    services.cancel_order.apply(args=(order.pk,), kwargs={"send_mail": False, **fee}, throw=True)


def cancel_for_a_fee(order: Order) -> None:
    """The order stays, with nothing but the fee in it."""
    cancel(order, cancellation_fee=Decimal(5))


def reactivate(order: Order) -> None:
    services.reactivate_order(order, force=True)


def valid_before_payment(is_valid: bool) -> Change:
    def change(order: Order) -> None:
        services.extend_order(order, order.expires, valid_if_pending=is_valid)

    return change


def delete(order: Order) -> None:
    with transaction.atomic():
        order.gracefully_delete()
