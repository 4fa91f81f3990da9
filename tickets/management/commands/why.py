import json
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from schedule.management.conferences import add_conference_option, chosen_conference
from schedule.site.dates import read_moment
from tickets.helpdesk.why import Explanation, explain
from tickets.models import Ticket, User, fold_email, fold_reference
from tickets.models.scopes import parse_scope
from tickets.sources.syncing.asking import AskedOrders, OrdersByShop, ask_now, orders_of

MARKS = {True: "+", False: "-", None: " "}


class Command(BaseCommand):
    help = (
        "Say why somebody can, or cannot, get in; with --ask-shop after asking the ticket shops about"
        " their orders again, since no shop announces everything. Exit status 0: they can; 1: they"
        " cannot."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="an e-mail address, or a reference like P-7K3Q-9XWB")
        parser.add_argument(
            "--scope", help="day:2026-11-21, room:SLUG, talk:CODE or replay; default: anything"
        )
        parser.add_argument(
            "--at",
            metavar="TIME",
            help="2026-11-21 or '2026-11-21 09:00', at the venue; default: now",
        )
        parser.add_argument(
            "--ask-shop",
            action="store_true",
            help="ask for their orders first, some seconds at most",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        add_conference_option(parser)

    def handle(
        self,
        *,
        who: str,
        scope: str | None,
        at: str | None,
        conference: str | None,
        **options: Any,
    ) -> None:
        chosen = chosen_conference(conference)
        try:
            wanted = str(parse_scope(scope)) if scope else None
            moment = read_moment(at, chosen, is_end=False) if at else timezone.now()
        except ValueError as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        named = Q(email=fold_email(who)) | Q(reference=fold_reference(who))
        user = User.objects.filter(named).first()
        email = user.email if user else fold_email(who)
        orders = orders_of(Ticket.objects.concerning(chosen, email, user))
        answer = ask_now(orders) if options["ask_shop"] and orders else None
        explanation = explain(chosen, user, email, moment, wanted)
        if options["json"]:
            told = _as_dict(explanation) | {"asked": asdict(answer) if answer else None}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self._tell(explanation, orders, answer, was_to_ask=options["ask_shop"])
        if explanation.reason is not None:
            raise SystemExit(1)

    def _tell(
        self,
        explanation: Explanation,
        orders: OrdersByShop,
        answer: AskedOrders | None,
        *,
        was_to_ask: bool,
    ) -> None:
        for finding in explanation.findings:
            self.stdout.write(f"{MARKS[finding.is_good]} {finding.text}")
        if was_to_ask:
            said = answer or _("No order of theirs that a shop can be asked for is known here.")
            self.stdout.write(f"  {said}")
        elif orders and explanation.reason is not None:
            text = _("No shop announces all that it changes: --ask-shop asks for their orders now.")
            self.stdout.write(f"  {text}")
        self.stdout.write(f"→ {explanation.verdict}")


def _as_dict(explanation: Explanation) -> dict[str, object]:
    user = explanation.case.user
    return {
        "email": user.email if user else None,
        "reference": user.reference if user else None,
        "at": explanation.case.at.isoformat(),
        "admitted": explanation.reason is None,
        "reason": explanation.reason.value if explanation.reason else None,
        "verdict": explanation.verdict,
        "findings": [
            {"check": finding.check, "good": finding.is_good, "text": finding.text}
            for finding in explanation.findings
        ],
    }
