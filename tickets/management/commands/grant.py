from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from schedule.management.conferences import add_conference_option, chosen_conference
from tickets.granting import give_grant
from tickets.models import fold_email
from tickets.moments import read_moment


class Command(BaseCommand):
    help = (
        "Let somebody in without a ticket: a speaker, crew, press. Makes the account when there is"
        " none; the person signs in with a mailed code. Exit status 0: done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="crew, press, …; organizers see it")
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
        self,
        *,
        email: str,
        reason: str,
        scope: list[str] | None,
        begin: str | None,
        until: str | None,
        conference: str | None,
        **_options: Any,
    ) -> None:
        chosen = chosen_conference(conference)
        try:
            validate_email(fold_email(email))
            grant = give_grant(
                conference=chosen,
                email=email,
                scopes=scope or ["conference"],
                reason=reason,
                starts_at=read_moment(begin, chosen, is_end=False) if begin else None,
                ends_at=read_moment(until, chosen, is_end=True) if until else None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        end = _("until it is taken back")
        if grant.ends_at:
            local = grant.ends_at.astimezone(chosen.zone)
            end = _("until %(time)s (%(zone)s)") % {
                "time": f"{local:%Y-%m-%d %H:%M}",
                "zone": chosen.time_zone,
            }
        self.stdout.write(
            _("%(person)s (%(reference)s) may enter %(scopes)s of %(conference)s %(end)s.")
            % {
                "person": grant.user.email,
                "reference": grant.user.reference,
                "scopes": ", ".join(grant.scopes),
                "conference": chosen,
                "end": end,
            }
        )
