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
    table = read_table(data)
    columns = _columns(table.header)
    reader = _Reader(conference, KnownScopes(conference))
    wanted: dict[tuple[str, str, tuple[str, ...]], tuple[int, Wanted]] = {}
    problems: list[BadRow] = []
    for line, cells in table.rows:
        said = {key: one_line(cells[at]) if at < len(cells) else "" for key, at in columns.items()}
        try:
            row = reader.read(said)
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


def _columns(header: list[str]) -> dict[str, int]:
    at = {name.casefold(): index for index, name in enumerate(header)}
    found = {
        key: next(at[name] for name in names if name in at)
        for key, names in HEADERS.items()
        if any(name in at for name in names)
    }
    if missing := [key for key in NEEDED if key not in found]:
        message = _("There is no column “%(name)s”. There are: %(header)s.")
        values = {"name": missing[0], "header": ", ".join(header)}
        raise BadSpreadsheet([BadRow(1, message % values)])
    return found


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
        scopes = said.get("scopes", "").replace(",", " ").replace(";", " ").split()
        self.known.check(scopes)
        ends_at = None
        if said.get("until"):
            ends_at = read_moment(said["until"], self.conference, is_end=True)
            if ends_at <= timezone.now():
                raise ValidationError(_("It would end before it begins."))
        return Wanted(email, said["reason"], tuple(sorted(scopes or ["conference"])), ends_at)
