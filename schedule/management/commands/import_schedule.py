import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from schedule.formats import MAX_BYTES, Problem, ProgrammeError, known_formats, parse
from schedule.importing import Summary, import_schedule
from schedule.models import Conference


class Command(BaseCommand):
    help = "Import a schedule file, in any format that --format lists. Exit status 0: done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
        parser.add_argument("source", help="the file")
        parser.add_argument("--conference", metavar="SLUG", help="needed if there are several")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--format",
            choices=[known.name for known in known_formats()],
            help="instead of recognising it",
        )
        parser.add_argument(
            "--believe-clock",
            action="store_true",
            help="where an offset contradicts the file's own time zone, believe the clock time",
        )  # fmt: skip

    def handle(self, *, source: str, conference: str | None, **options: Any) -> None:
        chosen = _conference(conference)
        path = Path(source)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{source}: {error.strerror}") from None
        try:
            programme = parse(
                data,
                format=options["format"],
                default_zone=chosen.zone,
                day_starts_at_hour=chosen.day_starts_at_hour,
                believe_clock=options["believe_clock"],
            )
        except ProgrammeError as error:
            self._report_failure(error, as_json=options["json"])
            raise CommandError(f"{source}: {error}") from None
        summary = import_schedule(
            conference=chosen, programme=programme, source=path.name, is_dry_run=options["dry_run"]
        )
        self._report(summary, chosen, as_json=options["json"])

    def _report_failure(self, error: ProgrammeError, *, as_json: bool) -> None:
        if as_json:
            problems = [problem.as_dict() for problem in error.problems]
            self.stdout.write(json.dumps({"error": str(error), "problems": problems}, indent=2))
        else:
            self._list_problems(list(error.problems[1:]))

    def _report(self, summary: Summary, conference: Conference, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(summary.as_dict(), indent=2))
            return
        version = f", {_('version')} {summary.version[:40]}" if summary.version else ""
        self.stdout.write(f"{summary.source} ({summary.format}{version}) → {conference}")
        self.stdout.write(
            _("Read: %(days)s days, %(rooms)s rooms, %(talks)s talks, %(speakers)s speakers")
            % summary.read
        )
        self.stdout.write(
            _("Talks: %(new)s new, %(changed)s changed, %(moved)s moved, %(missing)s missing, %(back)s back again, %(unchanged)s unchanged")
            % summary.as_dict()
        )  # fmt: skip
        self._list_problems(summary.problems)
        if summary.is_dry_run:
            self.stdout.write(self.style.WARNING(_("Dry run: nothing was written.")))

    def _list_problems(self, problems: list[Problem]) -> None:
        """One line for each kind of problem, with the first place and how many there are."""
        groups: dict[str, list[Problem]] = {}
        for problem in problems:
            groups.setdefault(problem.code, []).append(problem)
        for group in groups.values():
            times = f"{len(group)} × " if len(group) > 1 else ""
            self.stdout.write(f"{group[0].severity.value}: {times}{group[0]}")


def _conference(slug: str | None) -> Conference:
    known = list(Conference.objects.order_by("slug"))
    chosen = [one for one in known if slug in (None, one.slug)]
    if len(chosen) == 1:
        return chosen[0]
    slugs = ", ".join(one.slug for one in known) or _("none")
    if slug is None and known:
        raise CommandError(
            _("Say which conference with --conference: %(slugs)s") % {"slugs": slugs}
        )
    raise CommandError(_("There is no such conference. There are: %(slugs)s") % {"slugs": slugs})
