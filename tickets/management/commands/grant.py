from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from schedule.management.conferences import add_conference_option, chosen_conference
from schedule.models import Conference
from schedule.site.dates import read_moment
from tickets.grants.granting import give_grant, give_grants, read_grants
from tickets.models import Grant, fold_email
from tickets.sources.spreadsheets.tables import BadSpreadsheet


class Command(BaseCommand):
    help = (
        "Let somebody in without a ticket: a speaker, crew, press. Makes the account when there is"
        " none; the person signs in with a mailed code. Exit status 0: done; else nothing was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="?")
        parser.add_argument(
            "--file",
            type=Path,
            help="many people: CSV, XLSX or ODS with the columns email, reason, scopes and until."
            " Who has a grant of the same reason and scopes keeps it, with the end in the file",
        )
        parser.add_argument("--reason", help="crew, press, …; organizers see it")
        parser.add_argument(
            "--scope",
            action="append",
            help="conference (default), day:2026-11-21, room:SLUG, talk:CODE, replay; repeatable",
        )
        moment = "2026-11-21 or '2026-11-21 09:00', at the venue"
        parser.add_argument("--from", dest="begin", metavar="TIME", help=f"{moment}; default: now")
        parser.add_argument(
            "--until", metavar="TIME", help=f"{moment}; default: until it is taken back"
        )
        add_conference_option(parser)

    def handle(
        self, *, email: str | None, file: Path | None, conference: str | None, **options: Any
    ) -> None:
        chosen = chosen_conference(conference)
        of_one = [email, options["reason"], options["scope"], options["begin"], options["until"]]
        if file is not None:
            if any(value is not None for value in of_one):
                raise CommandError("A file says all of it itself: give --file and nothing else.")
            try:
                wanted = read_grants(file.read_bytes(), chosen)
            except OSError as error:
                raise CommandError(str(error)) from None
            except BadSpreadsheet as bad:
                raise CommandError("\n".join(map(str, bad.rows))) from None
            self.stdout.write(str(give_grants(conference=chosen, wanted=wanted)))
        elif email is None or options["reason"] is None:
            raise CommandError("Say who, and why: EMAIL --reason REASON. Or --file FILE.")
        else:
            self._say(chosen, _give(chosen, email, options))

    def _say(self, conference: Conference, grant: Grant) -> None:
        end = _("until it is taken back")
        if grant.ends_at:
            local = grant.ends_at.astimezone(conference.zone)
            end = _("until %(time)s (%(zone)s)") % {
                "time": f"{local:%Y-%m-%d %H:%M}",
                "zone": conference.time_zone,
            }
        self.stdout.write(
            _("%(person)s (%(reference)s) may enter %(scopes)s of %(conference)s %(end)s.")
            % {
                "person": grant.user.email,
                "reference": grant.user.reference,
                "scopes": ", ".join(grant.scopes),
                "conference": conference,
                "end": end,
            }
        )


def _give(conference: Conference, email: str, options: dict[str, Any]) -> Grant:
    begin, until = options["begin"], options["until"]
    try:
        validate_email(fold_email(email))
        return give_grant(
            conference=conference,
            email=email,
            scopes=options["scope"] or ["conference"],
            reason=options["reason"],
            starts_at=read_moment(begin, conference, is_end=False) if begin else None,
            ends_at=read_moment(until, conference, is_end=True) if until else None,
        )
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
