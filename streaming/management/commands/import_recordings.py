import json
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from schedule.management.conferences import add_conference_option, chosen_conference
from streaming.replays.captions import MAX_BYTES
from streaming.replays.importing import RecordingPlan, import_recordings, links_text, make_plan
from tickets.management.bad_rows import report_bad_rows
from tickets.sources.spreadsheets.tables import BadSpreadsheet


class Command(BaseCommand):
    help = (
        "Import links to recordings from a CSV or XLSX file with the columns code, url, starts, language and"
        " captions: all of it, or, with a bad line, nothing. Captions are names of WebVTT files"
        " beside the CSV. Exit status 0: done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="CSV in UTF-8; commas, semicolons or tabs")
        add_conference_option(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--add-hosts",
            action="store_true",
            help="let players load from the hosts of these links (stream hosts)",
        )

    def handle(
        self,
        *,
        file: str,
        conference: str | None,
        dry_run: bool,
        add_hosts: bool,
        **options: object,
    ) -> None:
        path = Path(file)
        act = make_plan if dry_run else import_recordings
        try:
            plan = act(
                chosen_conference(conference),
                links_text(path.read_bytes()),
                open_captions=lambda name: _beside(path, name),
                adds_hosts=add_hosts,
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except BadSpreadsheet as error:
            report_bad_rows(self, error, as_json=bool(options["json"]))
            raise CommandError(
                _("%(file)s: nothing was imported. Problems: %(count)s.")
                % {"file": file, "count": len(error.rows)}
            ) from None
        if options["json"]:
            report = {"dry_run": dry_run, **plan.as_dict()}
            self.stdout.write(json.dumps(report, indent=2))
        else:
            self._report(plan, is_dry_run=dry_run)

    def _report(self, plan: RecordingPlan, *, is_dry_run: bool) -> None:
        self.stdout.write(
            _("%(new)s new, %(changed)s changed, %(unchanged)s unchanged.") % plan.as_dict()
        )
        for line in plan.withheld:
            self.stdout.write(
                _("%(code)s is not shown: its speakers have not agreed.") % {"code": line.talk.code}
            )
        if is_dry_run:
            self.stdout.write(self.style.WARNING(_("Dry run: nothing was written.")))


def _beside(csv: Path, name: str) -> bytes:
    """The content of a file in the folder of the CSV, or below."""
    folder = csv.resolve().parent
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise ValidationError(_("There is no file “%(name)s” beside the CSV.") % {"name": name})
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
