from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from schedule.feeds.exporting.export import Export
from schedule.feeds.exporting.views import WRITERS
from schedule.management.conferences import add_conference_option, chosen_conference


class Command(BaseCommand):
    help = (
        "Write the programme that attendees see as a file: c3voc JSON or XML, or iCalendar."
        " Exit status 0: written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=WRITERS, default="json", help="default: json")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
        add_conference_option(parser)

    def handle(
        self, *, format: str, output: Path | None, conference: str | None, **_options: object
    ) -> None:
        chosen = chosen_conference(conference)
        base_url = f"https://{chosen.domain or 'localhost'}/"
        data = WRITERS[format].write(Export.of(chosen, base_url))
        if output is None:
            self.stdout.write(data.decode(), ending="")
            return
        try:
            output.write_bytes(data)
        except OSError as error:
            raise CommandError(
                _("Could not write %(file)s: %(error)s") % {"file": output, "error": error.strerror}
            ) from None
