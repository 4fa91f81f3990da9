"""Accounts: made when a code is asked for, purged when nobody used them."""

from collections.abc import Collection
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from lib.compiled_sql import prepared
from schedule.models import AgendaLink, Bookmark, Conference, Room, Speaker, Talk
from schedule.site.rights import DeskRights
from tickets.models import Ban, Claim, Grant, ReplacementCount, Role, Ticket, User, fold_email
from tickets.models.roles import SOURCES

# The relation to a passkey or an authenticator app (allauth's).
SECOND_FACTOR = "authenticator"

# What ties somebody to a conference: the rows that have the person (or the person's address) in
# that field, and where those rows say their conference.
TIES: list[tuple[type[Model], str, str, str]] = [
    (Claim, "user", "pk", "ticket__conference"),
    (Grant, "user", "pk", "conference"),
    (Ban, "user", "pk", "conference"),
    (Role, "user", "pk", "conference"),
    (Room, "helpers", "pk", "conference"),
    (Talk, "chairs", "pk", "conference"),
    (Bookmark, "user", "pk", "talk__conference"),
    (AgendaLink, "user", "pk", "conference"),
    (ReplacementCount, "user", "pk", "conference"),
    (UserSession, "user", "pk", "data__conference"),
    (Ticket, "holder_email", "email", "conference"),
    (Ticket, "shop_email", "email", "conference"),
    (Ticket, "buyer_email", "email", "conference"),
    (Speaker, "email__iexact", "email", "conference"),
]


@transaction.atomic
def accounts_for(emails: Collection[str]) -> dict[str, User]:
    """The accounts of folded addresses; where there is none, a new one: unverified, without
    password.

    Known and unknown addresses cost the same statements, so nothing tells them apart.
    """
    newcomers = [User(email=email) for email in sorted(set(emails))]
    for newcomer in newcomers:
        newcomer.set_unusable_password()
    User.objects.bulk_create(newcomers, ignore_conflicts=True)
    people = User.objects.filter(email__in=emails)
    # An account counts as new until somebody gets in with it, else it is purged before the code
    # that was asked for the second time comes back.
    people.filter(last_login=None).update(joined_at=timezone.now())
    users = {user.email: user for user in people}
    if len(users) < len(newcomers):
        # A newcomer has drawn the reference of somebody else, and draws again.
        return accounts_for(emails)
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=email) for email, user in users.items()],
        ignore_conflicts=True,
    )
    return users


def account_for(email: str) -> User:
    email = fold_email(email)
    return accounts_for([email])[email]


@transaction.atomic
def proved_account_for(email: str) -> User:
    """A new account of a folded address whose mail somebody was seen to read."""
    newcomer = User(email=email)
    newcomer.set_unusable_password()
    # Of two that come at the same moment the second finds the first one's.
    User.objects.bulk_create([newcomer], ignore_conflicts=True)
    user = known_account(email)
    if user is None:
        # The newcomer has drawn the reference of somebody else, and draws again.
        return proved_account_for(email)
    prove_address(user)
    return user


def known_account(email: str) -> User | None:
    return next(iter(_called(fold_email(email))), None)


@prepared
def _called(email: str) -> QuerySet[User]:
    return User.objects.filter(email=email)


def is_guarded(user: User, conference_id: int | None) -> bool:
    """Whether only the account's own login opens it there, and never a link or another device: it has
    a password or a second factor, or may do more than watch. What is given in one conference closes no
    link of another one, because a session is of one conference. None: in any.
    """
    if user.is_superuser or user.has_usable_password():
        return True
    has_any = Q(**{f"{SECOND_FACTOR}__isnull": False})
    for relation in SOURCES:
        has_any |= (
            Q(**{f"{relation}__conference": conference_id})
            if conference_id
            else Q(**{f"{relation}__isnull": False})
        )
    return User.objects.filter(has_any, pk=user.pk).exists()


def prove_address(user: User) -> None:
    """The person has shown to read the mail of the address that is the login."""
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True)],
        update_conflicts=True,
        unique_fields=["user", "email"],
        update_fields=["verified", "primary"],
    )


def has_to_do_with(conference: Conference | None) -> Q:
    """People belong to no conference; those who work for one see whoever has a tie to it."""
    if conference is None:
        return Q(pk=None)
    tied = Q()
    for model, field, of_person, way in TIES:
        mine = {field: OuterRef(of_person), way: conference.pk}
        tied |= Q(Exists(model._default_manager.filter(**mine)))
    return tied


def people_known_to(viewer: User, conference: Conference | None) -> QuerySet[User]:
    """Whose accounts somebody who works for a conference may look at. Superusers look at all, and
    at theirs nobody else does.
    """
    if viewer.is_superuser:
        return User.objects.all()
    return User.objects.filter(has_to_do_with(conference), is_superuser=False)


def done_in(conference: Conference) -> Q:
    """Of the history of people, which belong to no conference: what those did who work for this one."""
    return Q(Exists(Role.objects.filter(user=OuterRef("user"), conference=conference)))


def may_more(person: User, than: User, conference: Conference) -> bool:
    """Whether the person may do anything in this conference that the other one may not."""
    if person.is_superuser or than.is_superuser:
        return not than.is_superuser
    if not person.get_all_permissions(conference) <= than.get_all_permissions(conference):
        return True
    theirs, mine = (DeskRights.of(user, conference) for user in (person, than))
    if mine.is_organizer:
        return False
    chaired = Talk.objects.filter(conference=conference, chairs=person).exclude(chairs=than)
    return not theirs.rooms <= mine.rooms or chaired.exists()


def is_verified(user: User) -> bool:
    """Whether the person has shown to read the mail of the address that is the login."""
    addresses = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(addresses.exists())


def unused_accounts(before: datetime) -> QuerySet[User]:
    """Typing errors and strangers: a code was asked for before that moment and never came back. Whoever
    got in once, was given something or may open the admin is not among them.
    """
    mine = {"user": OuterRef("pk")}
    return User.objects.filter(
        ~Exists(EmailAddress.objects.filter(**mine, verified=True)),
        ~Exists(Grant.objects.filter(**mine)),
        claims=None,
        last_login=None,
        is_superuser=False,
        is_active=True,
        joined_at__lt=before,
        **dict.fromkeys(SOURCES),
    )


def accounts_without_ties(before: datetime) -> QuerySet[User]:
    """Who last signed in before that moment, and whom no conference knows. Closed accounts stay closed,
    and who has done something in the admin stays in its log.
    """
    tied = Q(Exists(LogEntry.objects.filter(user=OuterRef("pk"))))
    for model, field, of_person, _way in TIES:
        tied |= Q(Exists(model._default_manager.filter(**{field: OuterRef(of_person)})))
    people = User.objects.annotate(last_seen_at=Coalesce("last_login", "joined_at"))
    return people.filter(~tied, last_seen_at__lt=before, is_superuser=False, is_active=True)
