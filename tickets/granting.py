"""Letting somebody in without a ticket, with a reason and an end."""

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schedule.models import Conference
from tickets.accounts import account_for
from tickets.admission import forget
from tickets.models import Grant, User
from tickets.scopes import Scope, parse_scope


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
    for text in scopes:
        _check_scope(conference, text)
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
    grant.save()
    forget(conference.pk, [grant.user_id])
    return grant


def _check_scope(conference: Conference, text: str) -> None:
    """What does not exist here is a typing error."""
    try:
        scope = parse_scope(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
    if scope.kind == "room":
        known = conference.rooms.filter(slug=scope.value).exists()
    elif scope.kind == "talk":
        known = conference.talks.filter(code=scope.value).exists()
    elif scope.kind == "day":
        known = conference.starts_on <= date.fromisoformat(scope.value) <= conference.ends_on
    else:
        known = scope in (Scope("conference"), Scope("replay"))
    if not known:
        raise ValidationError(
            _("%(conference)s has no %(scope)s.") % {"conference": conference, "scope": scope}
        )
