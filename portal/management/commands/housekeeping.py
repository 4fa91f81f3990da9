import logging

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.counting.commands import CountedCommand
from portal.keeping.timetable import timetable

logger = logging.getLogger(__name__)


class Command(CountedCommand):
    help = (
        "Remove what has been kept for long enough, by the timetable in docs/privacy.md. For a timer, once"
        " a day. Exit status 0: done; 1: a line failed, and the others are done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *, dry_run: bool, **_options: object) -> None:
        at, has_failed = timezone.now(), False
        for line in timetable():
            try:
                if dry_run:
                    rows = line.due(at)
                    count = 0 if rows is None else rows.count()
                else:
                    count = line.carry_out(at)
            except Exception:
                # What else is too old has to go all the same.
                logger.exception("Housekeeping failed at %s.", line.name)
                self.stderr.write(_("%(name)s: failed, see the log.") % {"name": line.name})
                has_failed = True
            else:
                self.stdout.write(f"{line.name}: {count}")
        if has_failed:
            raise SystemExit(1)
