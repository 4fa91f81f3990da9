"""Front Row's side, run by `manage.py shell`.

add_shop URL ORGANIZER EVENT TOKEN   says the path of its webhook
tickets                              what is known of each, in the words of shop.py
let_in                               who comes in now, of all who were ever named. They sign in when they
                                     are named for the first time, and not again.
why EMAIL                            as whoever helps at the door asks, and the shop with them
"""

import contextlib
import os
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.utils import timezone

from lib.sealing import seal
from schedule.models import Conference
from tickets.admission.claiming import claim_tickets
from tickets.admission.rule import admission_of, refusal
from tickets.models import Shop, Ticket, User
from tools.try_pretix.talk import answer


class Mirror:
    def add_shop(self, url: str, organizer: str, event: str, token: str) -> str:
        today = timezone.now().date()
        self.conference = Conference.objects.create(
            name="Trial", slug="trial", starts_on=today, ends_on=today
        )
        shop = Shop.objects.create(
            conference=self.conference,
            slug="tickets",
            kind="pretix",
            base_url=url,
            account=organizer,
            event=event,
            token=seal(token),
        )
        return f"/hooks/tickets/{shop.hook_secret}/"

    def tickets(self) -> list[dict[str, Any]]:
        return [
            {
                "code": ticket.code,
                "state": ticket.state,
                "email": ticket.holder_email,
                "name": ticket.holder_name,
                "buyer": ticket.buyer_email,
                "product": ticket.product.name,
                "main": ticket.main_code,
                "opens": ", ".join(ticket.product.scopes),
                "door_code": ticket.opened("door_code"),
                "order_url": ticket.opened("order_url"),
                "valid_from": moment(ticket.valid_from),
                "valid_until": moment(ticket.valid_until),
            }
            for ticket in Ticket.objects.select_related("product")
        ]

    def let_in(self) -> list[str]:
        self._sign_in()
        at = timezone.now()
        return [
            user.email
            for user in User.objects.all()
            if not refusal(
                self.conference, admission_of(self.conference, user.pk), "conference", at
            )
        ]

    def _sign_in(self) -> None:
        named = Ticket.objects.exclude(holder_email="").values_list("holder_email", flat=True)
        new = set(named) - set(User.objects.values_list("email", flat=True))
        users = User.objects.bulk_create(User(email=email) for email in sorted(new))
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
        )
        claim_tickets(self.conference, emails=new)

    def why(self, email: str) -> None:
        """Its exit status says whether they may come in, and what it says is not asked for here."""
        with open(os.devnull, "w") as nowhere, contextlib.suppress(SystemExit):
            call_command("why", email, ask_shop=True, stdout=nowhere)


def moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def main() -> None:
    answer(Mirror())
