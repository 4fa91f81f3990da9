"""Accounts: made when a code is asked for, purged when nobody used them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from lib.compiled_sql import prepared
from schedule.models import Conference, Talk
from tickets.models import Ban, Claim, Grant, Role, User, fold_email
from tickets.models.roles import SOURCES

# A code lives 15 minutes; a day leaves room for a mail that was held up and for who is on call.
UNUSED_FOR = timedelta(days=1)
# The relation to a passkey or an authenticator app (allauth's).
SECOND_FACTOR = "authenticator"


@transaction.atomic
def accounts_for(emails: Collection[str]) -> dict[str, User]:
    """The accounts of folded addresses; where there is none, a new one: unverified, without
    password.

    Known and unknown addresses cost the same statements, so nothing tells them apart.
    """
    newcomers = [User(email=email) for email in sorted(emails)]
    for newcomer in newcomers:
        newcomer.set_unusable_password()
    User.objects.bulk_create(newcomers, ignore_conflicts=True)
    people = User.objects.filter(email__in=emails)
    # An account counts as new until somebody gets in with it, else it is purged before the code
    # that was asked for the second time comes back.
    people.filter(last_login=None).update(joined_at=timezone.now())
    users = {user.email: user for user in people}
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
    [user] = _called(email)
    prove_address(user)
    return user


def known_account(email: str) -> User | None:
    return next(iter(_called(fold_email(email))), None)


@prepared
def _called(email: str) -> QuerySet[User]:
    return User.objects.filter(email=email)


def is_guarded(user: User) -> bool:
    """Whether only the account's own login opens it, and never a link or another device: it has a
    password or a second factor, or may do more than watch, in whatever conference.
    """
    if user.is_superuser or user.has_usable_password():
        return True
    has_any = Q()
    for relation in (*SOURCES, SECOND_FACTOR):
        has_any |= Q(**{f"{relation}__isnull": False})
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
    """People belong to no conference, but organizers see by name who is one of theirs."""
    person = {"user": OuterRef("pk")}
    return (
        Q(Exists(Claim.objects.filter(**person, ticket__conference=conference)))
        | Q(Exists(Grant.objects.filter(**person, conference=conference)))
        | Q(Exists(Ban.objects.filter(**person, conference=conference)))
        | Q(Exists(Role.objects.filter(**person, conference=conference)))
        | Q(Exists(Talk.objects.filter(chairs=OuterRef("pk"), conference=conference)))
    )


def is_verified(user: User) -> bool:
    """Whether the person has shown to read the mail of the address that is the login."""
    addresses = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(addresses.exists())


def unused_accounts(at: datetime) -> QuerySet[User]:
    """Typing errors and strangers: a code was asked for and never came back. Whoever got in once,
    was given something or may open the admin is not among them.
    """
    mine = {"user": OuterRef("pk")}
    return User.objects.filter(
        ~Exists(EmailAddress.objects.filter(**mine, verified=True)),
        ~Exists(Grant.objects.filter(**mine)),
        claims=None,
        last_login=None,
        is_superuser=False,
        is_active=True,
        joined_at__lt=at - UNUSED_FOR,
        **dict.fromkeys(SOURCES),
    )
