import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.counting.commands import CountedCommand
from lib.http_client import HttpError
from schedule.changes.removals import RemovalsRefused
from schedule.feeds.fetching import fetch
from schedule.feeds.formats.problems import Problem, ProgrammeError
from schedule.feeds.formats.registry import known_formats
from schedule.feeds.formats.source import MAX_BYTES
from schedule.feeds.importing.checking import CheckOutcome, FeedCheck, check_due
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.feeds.importing.lines import begin_of, fields_in_words, kinds_in_words
from schedule.feeds.importing.reviewing import read
from schedule.management.conferences import add_conference_option, chosen_conference
from schedule.models import Conference, Feed

WAITING = 3


class Command(CountedCommand):
    help = (
        "Import a schedule from a file or an https address, in any format that --format lists; or"
        " ask the feeds that are due, as a timer does. Exit status 0: done, or there was nothing to"
        " do. 1: it could not be read, and nothing was written; with --due, one of the feeds. 2: the"
        " options are wrong. 3: done, but talks are missing and wait (a dry run says so too), or nothing"
        " was written, because it is another programme; see --accept-removals. With --due words alone"
        " say so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
        add_conference_option(parser)
        parser.add_argument("source", nargs="?", help="the file, or an address with https://")
        parser.add_argument(
            "--due",
            action="store_true",
            help="ask all feeds that are due; so it does without SOURCE",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--accept-removals",
            action="store_true",
            help="what the file no longer has is gone: take it out of the programme now, but for what"
            " is live; otherwise it waits for an organizer, or for two hours and three looks",
        )
        parser.add_argument(
            "--format",
            choices=[known.name for known in known_formats()],
            help="instead of recognising it",
        )
        parser.add_argument(
            "--believe-clock",
            action=argparse.BooleanOptionalAction,
            help="where a talk's date contradicts its start: believe the start, or the date with"
            " its offset; without: the date, if the file names its time zone",
        )  # fmt: skip

    def handle(
        self, *, source: str | None, due: bool, conference: str | None, **options: Any
    ) -> None:
        if source is not None and due:
            raise CommandError(_("Either a source or --due."), returncode=2)
        if source is None:
            if options["dry_run"]:
                raise CommandError(_("--dry-run needs a source."), returncode=2)
            self._check_due(conference, as_json=options["json"])
        else:
            self._import(source, chosen_conference(conference), **options)

    def _check_due(self, slug: str | None, *, as_json: bool) -> None:
        feeds = Feed.objects.all()
        if slug is not None:
            feeds = feeds.filter(conference=chosen_conference(slug))
        checks = []
        for check in check_due(feeds, at=timezone.now()):
            checks.append(check)
            if not as_json:
                self.stdout.write(_in_words(check))
        if as_json:
            self._write_json([check.as_dict() for check in checks])
        if any(check.outcome is CheckOutcome.FAILED for check in checks):
            raise CommandError(_("Not every feed could be read."))

    def _import(self, source: str, conference: Conference, **options: Any) -> None:
        data, as_json = _read_source(source, conference), options["json"]
        name = source if _is_address(source) else Path(source).name
        believe_clock = options["believe_clock"]
        if believe_clock is None:
            believe_clock = conference.feeds.believes_clock(name)
        try:
            programme = read(
                conference, data, format=options["format"], believe_clock=believe_clock
            )
            summary = import_schedule(
                conference=conference,
                programme=programme,
                source=name,
                is_dry_run=options["dry_run"],
                accepts_removals=options["accept_removals"],
                data=data,
                believes_clock=believe_clock,
            )
        except ProgrammeError as error:
            if as_json:
                problems = [problem.as_dict() for problem in error.problems]
                self._write_json({"error": str(error), "problems": problems})
            else:
                self._list_problems(list(error.problems[1:]))
            raise CommandError(f"{source}: {error}") from None
        except RemovalsRefused as refused:
            if as_json:
                dangers = [asdict(danger) for danger in refused.dangers]
                self._write_json({"error": str(refused), "dangers": dangers})
            text = _("%(source)s: %(reasons)s Nothing was written. If it is: --accept-removals")
            words = text % {"source": source, "reasons": refused}
            raise CommandError(words, returncode=WAITING) from None
        if as_json:
            self._write_json(summary.as_dict())
        else:
            self._report(summary, conference)
        if summary.counts["waiting"]:
            raise _waiting(summary)

    def _write_json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2))

    def _report(self, summary: ImportSummary, conference: Conference) -> None:
        version = (
            f", {_('version')} {summary.programme.version[:40]}"
            if summary.programme.version
            else ""
        )
        self.stdout.write(f"{summary.source} ({summary.programme.format}{version}) → {conference}")
        self.stdout.write(
            _("Read: %(days)s days, %(rooms)s rooms, %(talks)s talks, %(speakers)s speakers")
            % summary.programme.counts
        )
        self.stdout.write(
            _("Talks: %(new)s new, %(changed)s changed, %(moved)s moved, %(missing)s missing, %(removed)s taken out, %(back)s back again, %(rekeyed)s under another key, %(conflicts)s in conflict, %(unchanged)s unchanged")
            % summary.as_dict()
        )  # fmt: skip
        if summary.is_dry_run:
            self._list_lines(summary, conference)
        self._list_problems(summary.problems)
        if summary.is_dry_run:
            self.stdout.write(self.style.WARNING(_("Dry run: nothing was written.")))

    def _list_lines(self, summary: ImportSummary, conference: Conference) -> None:
        zone = conference.zone
        for line in summary.plan["lines"]:
            when = begin_of(line, zone)
            self.stdout.write(f"{kinds_in_words(line)}: {line['title']} ({when})")
            for field in fields_in_words(line, zone):
                arrow = f"{field.old or '–'} → " if "new" not in line["kinds"] else ""
                self.stdout.write(f"    {field.label}: {arrow}{field.new or '–'}")

    def _list_problems(self, problems: list[Problem]) -> None:
        """One line for each kind of problem, with the first place and how many there are."""
        groups: dict[str, list[Problem]] = {}
        for problem in problems:
            groups.setdefault(problem.code, []).append(problem)
        for group in groups.values():
            times = f"{len(group)} × " if len(group) > 1 else ""
            self.stdout.write(f"{group[0].severity.value}: {times}{group[0]}")


def _is_address(source: str) -> bool:
    return "://" in source


def _read_source(source: str, conference: Conference) -> bytes:
    if _is_address(source):
        try:
            return fetch(source, conference=conference).data or b""
        except HttpError as error:
            raise CommandError(f"{source}: {error}") from None
    try:
        with Path(source).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{source}: {error.strerror}") from None


def _waiting(summary: ImportSummary) -> CommandError:
    count = summary.counts["waiting"]
    text = ngettext(
        "%(source)s: %(count)d talk is missing and waits; everything else is done. %(reasons)s It is"
        " shown until an organizer says in the feed's review that it is gone, or until it has been"
        " missing for two hours and three imports. If it is gone: --accept-removals",
        "%(source)s: %(count)d talks are missing and wait; everything else is done. %(reasons)s They"
        " are shown until an organizer says in the feed's review that they are gone, or until they"
        " have been missing for two hours and three imports. If they are gone: --accept-removals",
        count,
    )
    reasons = " ".join(danger.message for danger in summary.dangers)
    words = text % {"source": summary.source, "count": count, "reasons": reasons}
    return CommandError(" ".join(words.split()), returncode=WAITING)


def _in_words(check: FeedCheck) -> str:
    texts = {
        CheckOutcome.UNCHANGED: _("unchanged"),
        CheckOutcome.APPLIED: _("applied: %(change)s") % {"change": check.change},
        CheckOutcome.WAITING: _("%(count)d wait for a review") % {"count": check.waiting},
        CheckOutcome.FAILED: _("failed"),
    }
    missing = ngettext(
        "%(count)d talk is missing and waits.",
        "%(count)d talks are missing and wait.",
        check.missing,
    )
    words = [f"{check.feed}: {texts[check.outcome]}."]
    if check.missing:
        words.append(missing % {"count": check.missing})
    return " ".join(filter(None, [*words, check.error]))
