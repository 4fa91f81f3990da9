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
        parser.add_argument(
            "--domain", help="its host name; without, it answers every allowed host (one may)"
        )
        parser.add_argument(
            "--timezone", required=True, help="where the venue is, like Europe/Berlin"
        )
        parser.add_argument("--starts", type=_day, metavar="YYYY-MM-DD", help="default: today")
        parser.add_argument(
            "--ends", type=_day, metavar="YYYY-MM-DD", help="default: the day it starts"
        )

    def handle(
        self,
        *,
        slug: str,
        name: str,
        domain: str | None,
        timezone: str,
        starts: date | None,
        ends: date | None,
        **_options: Any,
    ) -> None:
        starts_on = starts or _today(timezone)
        conference = Conference(
            slug=slug,
            name=name,
            domain=domain,
            time_zone=timezone,
            starts_on=starts_on,
            ends_on=ends or starts_on,
        )
        try:
            conference.full_clean()
        except ValidationError as error:
            raise CommandError("\n".join(_lines(error))) from None
        if domain is None and (other := Conference.objects.filter(domain=None).first()):
            raise CommandError(
                _(
                    "--domain is needed: “%(other)s” has none, and two cannot both answer every host."
                )
                % {"other": other}
            )
        conference.save()
        self.stdout.write(
            _("Made “%(name)s”, %(starts)s to %(ends)s, %(zone)s.")
            % {
                "name": name,
                "starts": conference.starts_on,
                "ends": conference.ends_on,
                "zone": timezone,
            }
        )
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
        if conference.domain and not _is_allowed(conference.domain):
            steps.insert(0, _("Add %(domain)s to ALLOWED_HOSTS.") % {"domain": conference.domain})
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


def _is_allowed(host: str) -> bool:
    return any(
        host == pattern or pattern == "*" or (pattern[:1] == "." and host.endswith(pattern))
        for pattern in settings.ALLOWED_HOSTS
    )
