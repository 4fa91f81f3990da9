import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.readiness.results import CheckLevel, names
from lib.readiness.runner import CheckedItem, examine, exit_status
from tickets.mail.readiness import mail_to_oneself

MARKS = {
    CheckLevel.OK: "+",
    CheckLevel.WARNING: "!",
    CheckLevel.ERROR: "-",
    CheckLevel.NOT_APPLICABLE: " ",
}


class Command(BaseCommand):
    help = (
        "Is this installation ready for the day? It connects and tries what the settings name, and says"
        " what to do. Exit status 0: ready; 1: something is worth a look; 2: something is broken."
    )
    # It says itself what they find, however broken they are.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", metavar="CHECK", action="append", help=", ".join(names()))
        parser.add_argument("--mail", metavar="ADDRESS", help="send a mail there by every relay")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, only: list[str] | None, mail: str | None, **options: Any) -> None:
        unknown = sorted(set(only or ()) - set(names()))
        if unknown:
            text = _("There is no check “%(name)s”.") % {"name": unknown[0]}
            raise CommandError(text, returncode=3)
        at = timezone.now()
        items = examine(at, only or ())
        items += [CheckedItem("mail", _("Mail"), each) for each in mail_to_oneself(mail)]
        status = exit_status(items)
        if options["json"]:
            report = {
                "at": at.isoformat(),
                "status": status,
                "checks": [_as_dict(each) for each in items],
            }
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            self._report(items)
        if status:
            raise SystemExit(status)

    def _report(self, items: list[CheckedItem]) -> None:
        for each in items:
            about = f" [{each.result.slug}]" if each.result.slug else ""
            mark = MARKS[each.result.level]
            self.stdout.write(f"{mark} {each.label}{about}: {each.result.text}")
            if each.result.hint:
                self.stdout.write(f"    → {each.result.hint}")


def _as_dict(each: CheckedItem) -> dict[str, str]:
    result = each.result
    return {
        "check": each.check,
        "conference": result.slug,
        "level": result.level.value,
        "text": result.text,
        "hint": result.hint,
    }
