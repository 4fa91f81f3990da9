from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.keeping.anonymise import anonymise
from schedule.management.conferences import add_conference_option, chosen_conference


class Command(BaseCommand):
    help = (
        "Take the people out of a conference, for a staging copy or when it is over: addresses, names,"
        " orders, sessions, notes and the history. Its programme and its numbers stay, other conferences"
        " too. It cannot be undone. Exit status 0: done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_conference_option(parser)
        parser.add_argument("--yes", action="store_true", help="do it, and do not ask")

    def handle(self, *, conference: str | None, yes: bool, **_options: object) -> None:
        chosen = chosen_conference(conference)
        if not yes:
            question = _("This takes all people out of “%(name)s” for good. Its slug, to go on: ")
            if input(question % {"name": chosen}) != chosen.slug:
                raise CommandError(_("Nothing was done."))
        for kind, count in anonymise(chosen).items():
            self.stdout.write(f"{kind}: {count}")
        cache.clear()
