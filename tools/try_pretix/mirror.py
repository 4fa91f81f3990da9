"""Front Row's side, run by `manage.py shell`: the shop, and what is known of its tickets."""

import json

from django.utils import timezone

from lib.sealing import seal
from schedule.models import Conference
from tickets.models import Shop, Ticket


def add_shop(url: str, organizer: str, event: str, token: str) -> str:
    """The path of its webhook."""
    today = timezone.now().date()
    conference = Conference.objects.create(
        name="Trial", slug="trial", starts_on=today, ends_on=today
    )
    shop = Shop.objects.create(
        conference=conference,
        slug="tickets",
        kind="pretix",
        base_url=url,
        account=organizer,
        event=event,
        token=seal(token),
    )
    return f"/hooks/tickets/{shop.hook_secret}/"


def tickets() -> str:
    """As JSON, in the words of event.py."""
    rows = [
        {
            "code": ticket.code,
            "state": ticket.state,
            "email": ticket.holder_email,
            "name": ticket.holder_name,
            "buyer": ticket.buyer_email,
            "product": ticket.product.name,
            "main": ticket.main_code,
            "opens": ", ".join(ticket.product.scopes),
            "valid_from": ticket.valid_from and ticket.valid_from.isoformat(),
            "valid_until": ticket.valid_until and ticket.valid_until.isoformat(),
        }
        for ticket in Ticket.objects.select_related("product")
    ]
    return json.dumps(rows)
