import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from schedule.management.conferences import add_conference_option, chosen_conference
from schedule.site.dates import read_moment
from tickets.helpdesk.why import Explanation, explain
from tickets.models import User, fold_email, fold_reference
from tickets.models.scopes import parse_scope

MARKS = {True: "+", False: "-", None: " "}


class Command(BaseCommand):
    help = "Say why somebody can, or cannot, get in. Exit status 0: they can; 1: they cannot."

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
        explanation = explain(chosen, user, user.email if user else who, moment, wanted)
        if options["json"]:
            self.stdout.write(json.dumps(_as_dict(explanation), indent=2, ensure_ascii=False))
        else:
            for finding in explanation.findings:
                self.stdout.write(f"{MARKS[finding.is_good]} {finding.text}")
            self.stdout.write(f"→ {explanation.verdict}")
        if explanation.reason is not None:
            raise SystemExit(1)


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
