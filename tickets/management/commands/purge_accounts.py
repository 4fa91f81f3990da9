from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.accounts.accounts import unused_accounts
from tickets.accounts.devices.sessions import old_sign_ins, purge_sign_ins


class Command(BaseCommand):
    help = (
        "Remove accounts for which a code was asked and never entered, after a day, and what is known"
        " of devices that are signed out, after 30 days. For a timer. Exit status 0: done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *, dry_run: bool, **_options: object) -> None:
        at = timezone.now()
        accounts = unused_accounts(at)
        if dry_run:
            count, sign_ins = accounts.count(), old_sign_ins(at).count()
        else:
            _rows, by_model = accounts.delete()
            count, sign_ins = by_model.get("tickets.User", 0), purge_sign_ins(at)
        self.stdout.write(_("%(count)s unused accounts.") % {"count": count})
        self.stdout.write(_("%(count)s old sign-ins.") % {"count": sign_ins})
