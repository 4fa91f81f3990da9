"""An event in pretix, with orders in every state. Runs in pretix' own environment, knows nothing of ours,
and sends no mail. Each line of its input is a command, each line of its output the answer in JSON.

    build        makes the event and its orders; says where it is, and a token for its API
    change SET   one change of every kind, each to an order of its own
    call URL     from now on pretix calls this webhook
    tell         every position, as pretix itself would judge it at the door
"""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import now
from django_scopes import scopes_disabled
from pretix.api.models import WebHook
from pretix.api.webhooks import get_all_webhook_events
from pretix.base.models import (
    CheckinList,
    Event,
    Order,
    OrderPayment,
    OrderPosition,
    Organizer,
    Team,
)
from pretix.base.services import orders as services
from pretix.base.services.checkin import CheckInError, perform_checkin

COPIES = 12  # of each order that stays as it is, so that the API needs several pages
SETS = ("timer", "webhook")  # of orders that change
PAID, PENDING = Order.STATUS_PAID, Order.STATUS_PENDING
EXPIRED, CANCELED = Order.STATUS_EXPIRED, Order.STATUS_CANCELED
NEXT_WEEK = timedelta(days=7)
# What becomes of a position at the door, in the words of Front Row.
STATES = {
    "canceled": "canceled",
    "blocked": "blocked",
    "unapproved": "pending",
    "unpaid": "pending",
}


class Shop:
    """The event with its products, and ways to sell them."""

    def __init__(self) -> None:
        self.event = Event.objects.get(slug="conf")
        names = {str(item.name): item for item in self.event.items.all()}
        self.ticket, self.workshop, self.shirt = (
            names[name] for name in ("Conference", "Workshop", "Shirt")
        )
        self.regular, self.student = self.ticket.variations.order_by("position")

    @classmethod
    def build(cls) -> "Shop":
        organizer = Organizer.objects.create(name="Acme", slug="acme")
        event = Event.objects.create(
            organizer=organizer,
            name="Conference",
            slug="conf",
            date_from=now() + NEXT_WEEK,
            currency="EUR",
            plugins="pretix.plugins.banktransfer",
        )
        event.settings.invoice_generate = "False"
        extras = event.categories.create(name="Extras", is_addon=True)
        for name, category, is_admission in (
            ("Conference", None, True),
            ("Workshop", extras, True),
            ("Shirt", None, False),
        ):
            event.items.create(
                name=name, default_price=Decimal(10), category=category, admission=is_admission
            )
        ticket = event.items.get(name__contains="Conference")
        for position, name in enumerate(("Regular", "Student")):
            ticket.variations.create(value=name, position=position)
        quota = event.quotas.create(name="All", size=None)
        quota.items.add(*event.items.all())
        quota.variations.add(*ticket.variations.all())
        CheckinList.objects.create(event=event, name="Door", all_products=True)
        team = Team.objects.create(
            organizer=organizer,
            name="Front Row",
            limit_event_permissions={"event.orders:read": True},
        )
        team.limit_events.add(event)
        team.tokens.create(name="Front Row")
        return cls()

    def sell(self, name: str, *people: dict[str, Any], **fields: Any) -> Order:
        """An order with one ticket for each of these `people`, whose values are those of positions."""
        values = {
            "status": PAID,
            "email": f"{name}.buyer@example.com",
            "datetime": now(),
            "expires": now() + NEXT_WEEK,
            "total": Decimal(10 * max(1, len(people))),
            "sales_channel": self.event.organizer.sales_channels.get(identifier="web"),
            "locale": "en",
        }
        order = Order.objects.create(event=self.event, **values | fields)
        for number, person in enumerate(people or ({},), 1):
            self.add(order, f"{name}.{number}", **person)
        order.create_transactions()
        return order

    def add(self, order: Order, name: str, **fields: Any) -> OrderPosition:
        values: dict[str, Any] = {
            "item": self.ticket,
            "variation": self.regular,
            "price": Decimal(10),
            "positionid": order.all_positions.count() + 1,
            "attendee_email": f"{name}@example.com",
            "attendee_name_parts": {"_scheme": "full", "full_name": f"Ann {name}"},
        }
        if "item" in fields:
            values["variation"] = None
        return OrderPosition.objects.create(order=order, **values | fields)

    def add_on(self, order: Order, name: str, **fields: Any) -> OrderPosition:
        main = order.all_positions.get(positionid=1)
        values = {"item": self.workshop, "addon_to": main, "price": Decimal(0)}
        nobody: dict[str, Any] = {"attendee_email": None, "attendee_name_parts": {}}
        position = self.add(order, name, **values | nobody | fields)
        order.create_transactions()
        return position

    # --- Orders that stay as they are ---------------------------------------------------------

    def sell_every_kind(self, copy: str) -> None:
        past, soon = now() - NEXT_WEEK, now() + NEXT_WEEK
        for state in (PAID, PENDING, EXPIRED, CANCELED):
            self.sell(f"{state}{copy}", status=state)
            self.sell(f"{state}-early{copy}", status=state, valid_if_pending=True)
            self.sell(f"{state}-approval{copy}", status=state, require_approval=True)
            self.sell(f"{state}-blocked{copy}", {"blocked": ["admin"]}, status=state)
            self.sell(f"{state}-part{copy}", {}, {"canceled": True}, status=state)
            self.sell(f"{state}-test{copy}", status=state, testmode=True)
            self.add_on(self.sell(f"{state}-add-on{copy}", status=state), "free")
        both = {"valid_if_pending": True, "require_approval": True}
        self.sell(f"early-approval{copy}", status=PENDING, **both)
        early = {"status": PENDING, "valid_if_pending": True}
        self.sell(f"early-blocked{copy}", {"blocked": ["admin"]}, **early)
        self.sell(f"later{copy}", {"valid_from": soon}, {"valid_until": past})
        self.sell(f"window{copy}", {"valid_from": past, "valid_until": soon})
        self.sell(f"nobody{copy}", {"attendee_email": None, "attendee_name_parts": {}})
        self.sell(f"kinds{copy}", {}, {"variation": self.student}, {"item": self.shirt})
        self.sell(f"two{copy}", {"blocked": ["admin", "api:gate"]}, {"blocked": None})
        self.sell(f"SHOUT{copy}", {"attendee_email": f"Zoe{copy}@EXAMPLE.com"})
        self.sell(f"fee-only{copy}", {"canceled": True})
        self.add_on(self.sell(f"own{copy}"), "own", attendee_email=f"friend{copy}@example.com")
        self.add_on(self.sell(f"blocked-main{copy}", {"blocked": ["admin"]}), "main")
        self.add_on(self.sell(f"blocked-own{copy}"), "own", blocked=["admin"])
        self.add_on(self.sell(f"gone-own{copy}"), "own", canceled=True)
        self.add_on(self.sell(f"left-behind{copy}", {"canceled": True}), "main")
        gone = self.sell(f"gone-main{copy}", {"canceled": True})
        self.add_on(gone, "main", canceled=True)

    # --- Orders that change, as pretix' own pages and API do it -------------------------------

    def orders_to_change(self, some: str) -> Iterator[tuple[Order, Callable[[Order], object]]]:
        """Each with its change. The name of the kind stands in the order's addresses."""

        def order(kind: str, *people: dict[str, Any], **fields: Any) -> Order:
            return self.sell(f"{kind}.{some}", *people, **fields)

        pending, early = {"status": PENDING}, {"status": PENDING, "valid_if_pending": True}
        asked = {"status": PENDING, "require_approval": True}
        with_add_on = order("main-blocked")
        self.add_on(with_add_on, "add-on")
        yield with_add_on, self.change_first("add_block", "admin")
        canceled_main = order("main-canceled", {}, {})
        self.add_on(canceled_main, "add-on")
        yield canceled_main, self.change_first("cancel")
        yield order("paid", **pending), pay
        yield order("approved", **asked), approve
        yield order("denied", **asked), deny
        yield order("expired", **pending), services.mark_order_expired
        yield order("extended", status=EXPIRED), extend
        yield order("canceled"), cancel
        yield order("reactivated", status=CANCELED), reactivate
        yield order("part", {}, {}), self.change_first("cancel")
        yield order("blocked"), self.change_first("add_block", "admin")
        unblocked = order("unblocked", {"blocked": ["admin"]})
        yield unblocked, self.change_first("remove_block", "admin")
        until = now() - NEXT_WEEK
        yield order("until"), self.change_first("change_valid_until", until)
        product = self.change_first("change_item", self.ticket, self.student)
        yield order("variation"), product
        yield order("added"), self.add_by_manager
        yield order("split", {}, {}), self.change_first("split")
        yield order("transfer"), transfer
        yield order("buyer", {"attendee_email": None}), change_buyer
        yield order("deleted", testmode=True), delete
        yield order("early", **pending), valid_before_payment(True)
        yield order("late", **early), valid_before_payment(False)
        yield order("unpaid"), mark_unpaid

    @staticmethod
    def change_first(name: str, *values: object) -> Callable[[Order], None]:
        """By pretix' manager of changes, to the first position."""

        def change(order: Order) -> None:
            manager = services.OrderChangeManager(order, notify=False, reissue_invoice=False)
            getattr(manager, name)(order.positions.first(), *values)
            manager.commit(check_quotas=False)

        return change

    def add_by_manager(self, order: Order) -> None:
        manager = services.OrderChangeManager(order, notify=False, reissue_invoice=False)
        manager.add_position(self.ticket, self.student, Decimal(0))
        manager.commit(check_quotas=False)

    # --- What pretix says of it ---------------------------------------------------------------

    def positions(self) -> Iterator[dict[str, Any]]:
        door = self.event.checkin_lists.get()
        sold = OrderPosition.all.filter(order__event=self.event, order__testmode=False)
        for position in sold.select_related("order", "item", "variation", "addon_to"):
            main = position.addon_to or position
            product = str(position.item.name)
            if position.variation:
                product = f"{product} – {position.variation.value}"
            yield {
                "code": f"{position.order.code}-{position.positionid}",
                "state": state_of(position, door),
                "email": (position.attendee_email or main.attendee_email or "").casefold(),
                "name": position.attendee_name or main.attendee_name or "",
                "buyer": position.order.email.casefold(),
                "product": product,
                "main": f"{position.order.code}-{main.positionid}" if position.addon_to else "",
                "opens": "conference" if position.item == self.ticket else "",
                "valid_from": moment(position.valid_from),
                "valid_until": moment(position.valid_until),
            }


def state_of(position: OrderPosition, door: CheckinList) -> str:
    """As pretix' own check at the door judges it within its time. That does not look at the ticket which
    an add-on was bought for; Front Row does.
    """
    try:
        at = position.valid_from or position.valid_until or now()
        perform_checkin(position, door, {}, datetime=at, canceled_supported=True, simulate=True)
    except CheckInError as error:
        return STATES.get(error.code, f"no state: {error.code}")
    return state_of(position.addon_to, door) if position.addon_to else "valid"


def moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def pay(order: Order) -> None:
    payment = order.payments.create(
        provider="manual", amount=order.total, state=OrderPayment.PAYMENT_STATE_CREATED
    )
    payment.confirm(send_mail=False, count_waitinglist=False)


def approve(order: Order) -> None:
    services.approve_order(order, send_mail=False)


def deny(order: Order) -> None:
    services.deny_order(order, send_mail=False)


def cancel(order: Order) -> None:
    services.cancel_order.apply(args=(order.pk,), kwargs={"send_mail": False}, throw=True)


def reactivate(order: Order) -> None:
    services.reactivate_order(order, force=True)


def extend(order: Order) -> None:
    services.extend_order(order, now() + 2 * NEXT_WEEK, force=True)


def valid_before_payment(is_valid: bool) -> Callable[[Order], None]:
    def change(order: Order) -> None:
        services.extend_order(order, order.expires, valid_if_pending=is_valid)

    return change


def mark_unpaid(order: Order) -> None:
    with transaction.atomic():
        order.status = PENDING
        order.save(update_fields=["status"])
        order.create_transactions()
    order.log_action("pretix.event.order.unpaid")


def transfer(order: Order) -> None:
    position = order.positions.get()
    position.attendee_email = f"new.{position.attendee_email}"
    position.attendee_name_parts = {"_scheme": "full", "full_name": "Bo New"}
    position.save()
    order.touch()
    order.log_action("pretix.event.order.modified", data={"data": []})


def change_buyer(order: Order) -> None:
    old, order.email = order.email, f"new.{order.email}"
    order.save()
    order.log_action(
        "pretix.event.order.contact.changed", data={"old_email": old, "new_email": order.email}
    )


def delete(order: Order) -> None:
    with transaction.atomic():
        order.gracefully_delete()


class Answers:
    """To the commands."""

    @transaction.atomic
    def build(self) -> dict[str, str]:
        self.shop = Shop.build()
        for copy in range(COPIES):
            self.shop.sell_every_kind(f".{copy}")
        self.changing = {some: list(self.shop.orders_to_change(some)) for some in SETS}
        token = Team.objects.get().tokens.get().token
        event = self.shop.event
        return {"organizer": event.organizer.slug, "event": event.slug, "token": token}

    def change(self, some: str) -> int:
        for order, change in self.changing[some]:
            change(Order.objects.get(pk=order.pk))
        return len(self.changing[some])

    def call(self, url: str) -> None:
        """With all types that docs/shops-pretix.md names."""
        event = self.shop.event
        hook = WebHook.objects.create(
            organizer=event.organizer, target_url=url, all_events=False, enabled=True
        )
        hook.limit_events.add(event)
        for action in get_all_webhook_events():
            if action.startswith("pretix.event.order."):
                hook.listeners.create(action_type=action)

    def tell(self) -> list[dict[str, Any]]:
        return list(self.shop.positions())


def main() -> None:
    answers = Answers()
    for line in sys.stdin:
        command, *values = line.split()
        with scopes_disabled():
            print(json.dumps(getattr(answers, command)(*values)), flush=True)


if __name__ == "__main__":
    main()
