"""Grants for many people in one file: crew, press, guests. With one bad row nothing of it is used."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.text import one_line
from schedule.models import Conference
from schedule.site.dates import read_moment
from tickets.grants.granting import Wanted
from tickets.models import Grant, fold_email
from tickets.models.scopes import KnownScopes
from tickets.sources.spreadsheets import BadRow, BadSpreadsheet, read_table

HEADERS = {
    "email": ("email", "e-mail"),
    "reason": ("reason",),
    "scopes": ("scopes", "scope", "opens"),
    "until": ("until",),
}
NEEDED = ("email", "reason")


def read_grants(data: bytes, conference: Conference) -> list[Wanted]:
    """A row that stands there twice is one. Raises BadSpreadsheet."""
    reader = _Reader(conference, KnownScopes(conference))
    wanted: dict[tuple[str, str, tuple[str, ...]], tuple[int, Wanted]] = {}
    problems: list[BadRow] = []
    for line, said in read_table(data).records(HEADERS, needed=NEEDED):
        try:
            row = reader.read({key: one_line(cell) for key, cell in said.items()})
            before_on, before = wanted.setdefault((row.email, row.reason, row.scopes), (line, row))
            if before != row:
                raise ValidationError(
                    _("The same stands on line %(line)s, with another end.") % {"line": before_on}
                )
        except ValidationError as error:
            problems += [BadRow(line, message) for message in error.messages]
    if problems:
        raise BadSpreadsheet(problems)
    return [row for _line, row in wanted.values()]


class _Reader(NamedTuple):
    conference: Conference
    known: KnownScopes

    def read(self, said: dict[str, str]) -> Wanted:
        """Raises ValidationError."""
        email = fold_email(said["email"])
        validate_email(email)
        if not said["reason"]:
            raise ValidationError(_("No reason."))
        if len(said["reason"]) > (longest := Grant._meta.get_field("reason").max_length or 0):
            raise ValidationError(_("The reason is longer than %(n)s characters.") % {"n": longest})
        scopes = said["scopes"].replace(",", " ").replace(";", " ").split()
        self.known.check(scopes)
        ends_at = None
        if said["until"]:
            ends_at = read_moment(said["until"], self.conference, is_end=True)
            if ends_at <= timezone.now():
                raise ValidationError(_("It would end before it begins."))
        return Wanted(email, said["reason"], tuple(sorted(scopes or ["conference"])), ends_at)
