from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.accounts import unused_accounts


class Command(BaseCommand):
    help = (
        "Remove accounts for which a code was asked and never entered, after a day. For a timer."
        " Exit status 0: done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *, dry_run: bool, **_options: Any) -> None:
        accounts = unused_accounts(timezone.now())
        if dry_run:
            count = accounts.count()
        else:
            _rows, by_model = accounts.delete()
            count = by_model.get("tickets.User", 0)
        self.stdout.write(_("%(count)s unused accounts.") % {"count": count})
