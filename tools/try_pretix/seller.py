"""Somebody who sells in pretix and says what it knows. Runs in pretix' own environment and sends no mail.

build        makes the event and its orders; says where it is, and a token for its API
change SET   one change of every kind, each to an order of its own; says how many
back SET     takes back those that can be taken back
call URL     from now on pretix calls this webhook
calls        how often it has been answered with which status
tell         every position, as pretix itself would judge it at the door
"""

from collections import Counter
from typing import Any

from django.db import transaction
from django_scopes import scopes_disabled
from pretix.api.models import WebHook, WebHookCall
from pretix.api.webhooks import get_all_webhook_events
from pretix.base.models import Order

from tools.try_pretix.changes import Change, Changes
from tools.try_pretix.shop import Shop
from tools.try_pretix.talk import answer

COPIES = 6  # of each order that stays as it is, so that the API needs several pages
SETS = ("timer", "webhook")  # of orders that change


class Seller:
    @transaction.atomic
    def build(self) -> dict[str, str]:
        self.shop, token = Shop.build()
        for copy in range(COPIES):
            self.shop.sell_every_kind(f".{copy}")
        changes = Changes(self.shop)
        self.changing = {some: list(changes.of_every_kind(some)) for some in SETS}
        event = self.shop.event
        return {"organizer": event.organizer.slug, "event": event.slug, "token": token}

    def change(self, some: str) -> int:
        return self._act([(kind.order, kind.change) for kind in self.changing[some]])

    def back(self, some: str) -> int:
        return self._act([(kind.order, kind.back) for kind in self.changing[some] if kind.back])

    def _act(self, changes: list[tuple[Order, Change]]) -> int:
        for order, change in changes:
            before = list(self.shop.positions(order))
            change(Order.objects.get(pk=order.pk))
            if not order.testmode and list(self.shop.positions(order)) == before:
                raise AssertionError(f"Nothing has changed: {order.email}")
        return len(changes)

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

    def calls(self) -> dict[int, int]:
        return Counter(WebHookCall.objects.values_list("return_code", flat=True))

    def tell(self) -> list[dict[str, Any]]:
        return list(self.shop.positions())


def main() -> None:
    with scopes_disabled():
        answer(Seller())
