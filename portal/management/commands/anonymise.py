from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.keeping.anonymise import anonymise
from portal.keeping.everybody import anonymise_everybody
from schedule.management.conferences import add_conference_option, chosen_conference


class Command(BaseCommand):
    help = (
        "Take the people out of a conference that is over, or out of a copy of the whole installation: addresses,"
        " names, orders, sessions, notes and the history. Programme and numbers stay; other conferences, too,"
        " unless it is everybody. It cannot be undone. Exit status 0: done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_conference_option(parser)
        parser.add_argument("--yes", action="store_true", help="do it, and do not ask")
        parser.add_argument(
            "--everybody",
            action="store_true",
            help="all people of all conferences, organizers and superusers too, and the secrets of shops",
        )
        parser.add_argument(
            "--this-is-a-copy",
            action="store_true",
            help="that this database is a copy, without which --everybody does nothing",
        )

    def handle(
        self,
        *,
        conference: str | None,
        yes: bool,
        everybody: bool,
        this_is_a_copy: bool,
        **_options: object,
    ) -> None:
        if everybody:
            counts = self.everybody(conference, is_copy=this_is_a_copy)
        else:
            counts = self.of_conference(conference, yes=yes)
        for kind, count in counts.items():
            self.stdout.write(f"{kind}: {count}")
        cache.clear()

    def everybody(self, conference: str | None, *, is_copy: bool) -> dict[str, int]:
        if conference is not None:
            raise CommandError(_("Nothing was done: say either --everybody or --conference."))
        if not is_copy:
            raise CommandError(
                _(
                    "Nothing was done. This would take everybody out of the database for good, organizers and"
                    " superusers too. If it is a copy, and not what the site runs on, add --this-is-a-copy."
                )
            )
        return anonymise_everybody()

    def of_conference(self, conference: str | None, *, yes: bool) -> dict[str, int]:
        chosen = chosen_conference(conference)
        if not yes:
            question = _("This takes all people out of “%(name)s” for good. Its slug, to go on: ")
            if input(question % {"name": chosen}) != chosen.slug:
                raise CommandError(_("Nothing was done."))
        return anonymise(chosen)
