"""Accounts: made when a code is asked for, purged when nobody used them."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from tickets.models import Grant, Role, User, fold_email

# A code lives 15 minutes; a day leaves room for a mail that was held up and for who is on call.
UNUSED_FOR = timedelta(days=1)


@transaction.atomic
def account_for(email: str) -> User:
    """The account of an address; when there is none, a new one: unverified, without password.

    Known and unknown addresses cost the same statements, so nothing tells them apart.
    """
    email = fold_email(email)
    newcomer = User(email=email)
    newcomer.set_unusable_password()
    User.objects.bulk_create([newcomer], ignore_conflicts=True)
    # An account counts as new until somebody gets in with it, else it is purged before the code
    # that was asked for the second time comes back.
    User.objects.filter(email=email, last_login=None).update(joined_at=timezone.now())
    user = User.objects.get(email=email)
    EmailAddress.objects.bulk_create([EmailAddress(user=user, email=email)], ignore_conflicts=True)
    return user


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
        ~Exists(Role.objects.filter(**mine)),
        claims=None,
        chaired_talks=None,
        last_login=None,
        is_staff=False,
        is_superuser=False,
        is_active=True,
        joined_at__lt=at - UNUSED_FOR,
    )
