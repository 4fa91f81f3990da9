"""Letting people in without a ticket, with a reason and an end: one, or many by a file (crew, press,
guests).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.text import one_line
from schedule.models import Conference
from schedule.site.dates import read_moment
from tickets.accounts.accounts import account_for, accounts_for
from tickets.models import Grant, User, fold_email
from tickets.models.scopes import KnownScopes, forget_admissions, split_scopes
from tickets.sources.spreadsheets.files import read_table
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet

HEADERS = {
    "email": ("email", "e-mail"),
    "reason": ("reason",),
    "scopes": ("scopes", "scope", "opens"),
    "until": ("until",),
}
NEEDED = ("email", "reason")


@transaction.atomic
def give_grant(
    *,
    conference: Conference,
    email: str,
    scopes: Sequence[str],
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    given_by: User | None = None,
) -> Grant:
    """Makes the account when there is none; its owner gets in by a code, as everybody. Without
    `ends_at` it lasts until it is taken back. Raises ValidationError.
    """
    KnownScopes(conference).check(scopes)
    grant = Grant(
        conference=conference,
        user=account_for(email),
        scopes=list(scopes),
        reason=reason,
        starts_at=starts_at or timezone.now(),
        ends_at=ends_at,
        given_by=given_by,
    )
    if ends_at is not None and ends_at <= grant.starts_at:
        raise ValidationError(_("It would end before it begins."))
    grant.full_clean()
    grant.give()
    return grant


@dataclass(frozen=True, slots=True)
class WantedGrant:
    """A row of a file. `scopes` are in the order of the alphabet."""

    email: str
    reason: str
    scopes: tuple[str, ...]
    ends_at: datetime | None


@dataclass(slots=True)
class GrantResult:
    new: list[Grant] = field(default_factory=list)
    changed: list[Grant] = field(default_factory=list)
    unchanged: list[Grant] = field(default_factory=list)

    def __str__(self) -> str:
        return _("%(new)s new, %(changed)s with another end, %(unchanged)s as before.") % {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
        }


@transaction.atomic
def give_grants(
    *, conference: Conference, wanted: Iterable[WantedGrant], given_by: User | None = None
) -> GrantResult:
    """Who has a grant of the same reason and scopes already keeps that, with the end that is wanted
    now. The number of statements does not depend on that of the grants.
    """
    # One file at a time, so that two runs at once do not give everything twice.
    conference.one_writer("tickets")
    rows = list(wanted)
    people = accounts_for({row.email for row in rows})
    theirs = Grant.objects.filter(conference=conference, user__in=people.values())
    held = {
        (grant.user_id, grant.reason, tuple(sorted(grant.scopes))): grant
        for grant in theirs.select_related("user")
    }
    given = GrantResult()
    for row in rows:
        user = people[row.email]
        grant = held.get((user.pk, row.reason, row.scopes))
        if grant is None:
            what = {"reason": row.reason, "scopes": [*row.scopes], "ends_at": row.ends_at}
            given.new.append(Grant(conference=conference, user=user, given_by=given_by, **what))
        elif grant.ends_at != row.ends_at:
            grant.ends_at = row.ends_at
            given.changed.append(grant)
        else:
            given.unchanged.append(grant)
    Grant.objects.bulk_create(given.new)
    Grant.objects.bulk_update(given.changed, ["ends_at"])
    forget_admissions((conference.pk, grant.user_id) for grant in (*given.new, *given.changed))
    return given


def read_grants(data: bytes, conference: Conference) -> list[WantedGrant]:
    """With one bad row nothing of it is used. A row that stands there twice is one. Raises
    BadSpreadsheet.
    """
    known = KnownScopes(conference)
    wanted: dict[tuple[str, str, tuple[str, ...]], tuple[int, WantedGrant]] = {}
    problems: list[BadRow] = []
    for line, cells in read_table(data).records(HEADERS, needed=NEEDED):
        try:
            row = _read_row({key: one_line(cell) for key, cell in cells.items()}, known)
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


def _read_row(cells: dict[str, str], known: KnownScopes) -> WantedGrant:
    """Raises ValidationError."""
    email = fold_email(cells["email"])
    validate_email(email)
    if not cells["reason"]:
        raise ValidationError(_("No reason."))
    if len(cells["reason"]) > (longest := Grant._meta.get_field("reason").max_length or 0):
        raise ValidationError(_("The reason is longer than %(n)s characters.") % {"n": longest})
    scopes = split_scopes(cells["scopes"]) or ["conference"]
    known.check(scopes)
    ends_at = None
    if cells["until"]:
        ends_at = read_moment(cells["until"], known.conference, is_end=True)
        if ends_at <= timezone.now():
            raise ValidationError(_("It would end before it begins."))
    return WantedGrant(email, cells["reason"], tuple(sorted(scopes)), ends_at)
