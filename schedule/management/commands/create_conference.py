import argparse
import zoneinfo
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from schedule.models import Conference, validate_time_zone
from schedule.site.conferences import host_problem

OPTIONS = {
    "slug": "SLUG",
    "time_zone": "--timezone",
    "starts_on": "--starts",
    "ends_on": "--ends",
}


class Command(BaseCommand):
    help = "Make a conference. Exit status 0: made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="short name for commands, like mycon-2026")
        parser.add_argument("--name", required=True, help="as people know it")
        parser.add_argument("--domain", help="its host name; needed as soon as there are two")
        parser.add_argument(
            "--timezone",
            dest="time_zone",
            required=True,
            help="where the venue is, like Europe/Berlin",
        )
        parser.add_argument(
            "--starts", dest="starts_on", type=_day, metavar="YYYY-MM-DD", help="default: today"
        )
        parser.add_argument(
            "--ends",
            dest="ends_on",
            type=_day,
            metavar="YYYY-MM-DD",
            help="default: the day it starts",
        )

    def handle(self, **options: Any) -> None:
        fields = {name: options[name] for name in ("slug", "name", "domain", "time_zone")}
        starts_on = options["starts_on"] or _today(options["time_zone"])
        ends_on = options["ends_on"] or starts_on
        conference = Conference(**fields, starts_on=starts_on, ends_on=ends_on)
        try:
            conference.full_clean()
        except ValidationError as error:
            raise CommandError("\n".join(_lines(error))) from None
        conference.save()
        text = _("Made “%(name)s”, %(starts)s to %(ends)s, %(zone)s.")
        zone = conference.time_zone
        said = {"name": conference.name, "starts": starts_on, "ends": ends_on, "zone": zone}
        self.stdout.write(text % said)
        self._say_what_to_do_next(conference)

    def _say_what_to_do_next(self, conference: Conference) -> None:
        host = conference.domain or "HOST"
        self.stdout.write(_("What to do next:"))
        steps = [
            "manage.py createsuperuser",
            f"manage.py import_schedule FILE --conference {conference.slug}",
            f"manage.py import_tickets FILE.csv --conference {conference.slug}",
            _("https://%(host)s/%(admin)s: rooms and their streams, who sees the programme")
            % {"host": host, "admin": settings.ADMIN_PATH},
        ]
        if problem := host_problem(conference, is_alone=Conference.objects.count() == 1):
            steps.insert(0, problem)
        for step in steps:
            self.stdout.write(f"  {step}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            _("“%(text)s” is not a day. Write it like 2026-11-21.") % {"text": text}
        ) from None


def _today(zone: str) -> date:
    """At the venue."""
    try:
        validate_time_zone(zone)
    except ValidationError as error:
        raise CommandError(f"--timezone: {error.messages[0]}") from None
    return timezone.now().astimezone(zoneinfo.ZoneInfo(zone)).date()


def _lines(error: ValidationError) -> list[str]:
    """A line per mistake, with the option that it is about."""
    return [
        message if field == NON_FIELD_ERRORS else f"{OPTIONS.get(field, f'--{field}')}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    ]
