"""An event in pretix, with orders in every state. Runs in pretix' own environment, knows nothing of ours."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.timezone import now
from pretix.base.models import CheckinList, Event, Order, OrderPosition, Organizer, Team
from pretix.base.services.checkin import CheckInError, perform_checkin
from pretix.multidomain.urlreverse import build_absolute_uri

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

    def __init__(self, event: Event) -> None:
        self.event = event
        names = {str(item.name): item for item in self.event.items.all()}
        self.ticket, self.workshop, self.shirt = (
            names[name] for name in ("Conference", "Workshop", "Shirt")
        )
        self.regular, self.student = self.ticket.variations.order_by("position")

    @classmethod
    def build(cls) -> tuple["Shop", str]:
        """With the token of a team that may look."""
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
        event.settings.attendee_emails_asked = True
        extras = event.categories.create(name="Extras", is_addon=True)
        for name, category, is_admission in (
            ("Conference", None, True),
            ("Workshop", extras, True),
            ("Shirt", None, False),
        ):
            event.items.create(
                name=name,
                default_price=Decimal(10),
                category=category,
                admission=is_admission,
                personalized=is_admission,
            )
        ticket = event.items.get(name__contains="Conference")
        ticket.addons.create(addon_category=extras, max_count=9)
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
        return cls(event), team.tokens.create(name="Front Row").token

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
            self.sell(f"{state}-overdue{copy}", status=state, expires=past)
            self.sell(f"{state}-test{copy}", status=state, testmode=True)
            self.add_on(self.sell(f"{state}-add-on{copy}", status=state), "free")
        both = {"valid_if_pending": True, "require_approval": True}
        self.sell(f"early-approval{copy}", status=PENDING, **both)
        early = {"status": PENDING, "valid_if_pending": True}
        self.sell(f"early-blocked{copy}", {"blocked": ["admin"]}, **early)
        self.sell(f"early-overdue{copy}", expires=past, **early)
        self.sell(f"later{copy}", {"valid_from": soon}, {"valid_until": past})
        self.sell(f"window{copy}", {"valid_from": past, "valid_until": soon})
        self.sell(f"nobody{copy}", {"attendee_email": None, "attendee_name_parts": {}})
        self.sell(f"kinds{copy}", {}, {"variation": self.student}, {"item": self.shirt})
        self.sell(f"two{copy}", {"blocked": ["admin", "api:gate"]}, {"blocked": None})
        self.sell(f"SHOUT{copy}", {"attendee_email": f"Zoe{copy}@EXAMPLE.com"})
        self.sell(f"fee-only{copy}", {"canceled": True})
        self.add_on(self.sell(f"add-on-shirt{copy}"), "shirt", item=self.shirt)
        bundle = {"item": self.ticket, "variation": self.regular, "is_bundled": True}
        self.add_on(self.sell(f"bundle{copy}"), "bundle", **bundle)
        self.add_on(self.sell(f"own{copy}"), "own", attendee_email=f"friend{copy}@example.com")
        self.add_on(self.sell(f"blocked-main{copy}", {"blocked": ["admin"]}), "main")
        self.add_on(self.sell(f"blocked-own{copy}"), "own", blocked=["admin"])
        self.add_on(self.sell(f"gone-own{copy}"), "own", canceled=True)
        self.add_on(self.sell(f"left-behind{copy}", {"canceled": True}), "main")
        gone = self.sell(f"gone-main{copy}", {"canceled": True})
        self.add_on(gone, "main", canceled=True)

    # --- What pretix says of it ---------------------------------------------------------------

    def positions(self, order: Order | None = None) -> Iterator[dict[str, Any]]:
        """Of all orders that are no tests, or of this one."""
        door = self.event.checkin_lists.get()
        sold = OrderPosition.all.filter(order__event=self.event, order__testmode=False)
        sold = sold.filter(order=order) if order else sold
        for position in sold.select_related("order", "item", "variation", "addon_to__order"):
            main = position.addon_to or position
            order, product = position.order, str(position.item.name)
            if position.variation:
                product = f"{product} – {position.variation.value}"
            if position.addon_to and position.item != self.workshop:
                product = f"{product} (add-on)"
            is_admission = position.item == self.ticket and not position.addon_to
            address = {"order": order.code, "secret": order.secret}
            yield {
                "code": f"{order.code}-{position.positionid}",
                "state": state_of(position, door),
                "email": (position.attendee_email or main.attendee_email or "").casefold(),
                "name": position.attendee_name or main.attendee_name or "",
                "buyer": order.email.casefold(),
                "product": product,
                "main": f"{order.code}-{main.positionid}" if position.addon_to else "",
                "opens": "conference" if is_admission else "",
                "door_code": position.secret,
                "order_url": build_absolute_uri(self.event, "presale:event.order", address),
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
