"""A person deletes their account. What hangs on it goes; what others told of the same person stays until
the conference is anonymised, because it is the shop's, the programme's or the organizers'.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.keeping.my_data import codes_for, mails_to
from tickets.accounts.devices.sessions import sign_out
from tickets.models import Ban, Claim, Grant, Role, User
from tickets.models.roles import SOURCES

# What may still name somebody who has left, in words and by the models: a test finds nothing elsewhere.
STAYS = (
    (
        gettext_lazy("Your tickets as the ticket shop has them: name, address and order."),
        (
            "tickets.Ticket",
            "tickets.EntryLink",
            "tickets.OrderHint",
            "tickets.SyncRun",
            "tickets.Upload",
        ),
    ),
    (
        gettext_lazy("If you speak: what the programme says of you, and the address that it has."),
        (
            "schedule.Speaker",
            "schedule.FeedItem",
            "schedule.ImportReview",
            "schedule.Change",
            "schedule.FieldChange",
            "schedule.ItemChange",
        ),
    ),
)


def why_not(user: User, at: datetime) -> str:
    """Why somebody cannot delete the account now; "": they can."""
    if user.is_superuser or any(getattr(user, source).exists() for source in SOURCES):
        return _(
            "You help to run a conference here. Ask another organizer to take your role, your rooms and"
            " your talks from you, and then come back."
        )
    if Ban.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), user=user).exists():
        return _(
            "You are kept out of a conference, and with a new account you would not be. Write to its"
            " organizers: they can delete your account when that is over."
        )
    return ""


@transaction.atomic
def delete_account(user_id: int, at: datetime) -> None:
    """Ends all sessions, releases the tickets and removes what hangs on the account. Twice is as once."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        return
    Claim.objects.live().filter(user=user).release(at)
    Grant.objects.filter(user=user).forget_admissions()
    sign_out(UserSession.objects.filter(user=user))
    _log_of(user).delete()
    mails_to(user.email).delete()
    codes_for(user.email).delete()
    user.delete()


def _log_of(user: User) -> QuerySet[LogEntry]:
    """The admin's log of what they did, and of what was done to them. Of rows that are gone already it
    has no more than a name with a colon behind it.
    """
    about = Q(user=user)
    for text in (user.email, user.reference):
        # Alone: “bob@example.com” is no part of what is said of “jacob@example.com”.
        whole = rf"(^|[^\w.+-]){re.escape(text)}($|[^\w.-]|[.]($|\W))"
        about |= Q(object_repr__regex=whole) | Q(change_message__regex=whole)
    about |= _rows(User, [user.pk])
    for kind in (Claim, Grant, Ban, Role):
        theirs = kind._default_manager.filter(user=user)
        about |= _rows(kind, theirs.values_list("pk", flat=True))
        about |= Q(_of(kind), object_repr__startswith=f"{user}: ")
    return LogEntry.objects.filter(about)


def _rows(kind: type[Model], keys: Iterable[int]) -> Q:
    return Q(_of(kind), object_id__in=[str(key) for key in keys])


def _of(kind: type[Model]) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(kind))
