"""What happens at the doors, in the log: who came in or went and by which page, who failed, and whose
second factor has changed. People stand there by their number, never by their address.
"""

import logging

from allauth.account.signals import login_code_rejected
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from lib.counting.acts import ACTS
from tickets.accounts.accounts import known_account
from tickets.models import User

logger = logging.getLogger(__name__)


def connect() -> None:
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    user_login_failed.connect(_wrong_password)
    login_code_rejected.connect(_wrong_code)
    mfa.authentication_failed.connect(_wrong_factor)
    mfa.authenticator_added.connect(_factor_added)
    mfa.authenticator_removed.connect(_factor_removed)
    mfa.authenticator_reset.connect(_factor_reset)


def _signed_in(request: HttpRequest, user: User, **_signal: object) -> None:
    ACTS.add("sign_in", "ok")
    logger.info("Person %s signed in at %s.", user.pk, _page(request))


def _signed_out(request: HttpRequest, user: User | None, **_signal: object) -> None:
    if user is not None:
        logger.info("Person %s signed out.", user.pk)


def _wrong_password(
    credentials: dict[str, str], request: HttpRequest | None = None, **_signal: object
) -> None:
    user = known_account(credentials.get("email") or credentials.get("username") or "")
    whose = f"person {user.pk}" if user else "nobody"
    ACTS.add("sign_in", "refused")
    logger.warning("A wrong password for %s at %s.", whose, _page(request))


def _wrong_code(request: HttpRequest, user: User, **_signal: object) -> None:
    ACTS.add("sign_in", "refused")
    logger.warning("A wrong mailed code for person %s at %s.", user.pk, _page(request))


def _wrong_factor(
    request: HttpRequest, user: User, authenticator: Authenticator, **_signal: object
) -> None:
    kind = authenticator.type
    ACTS.add("sign_in", "refused")
    logger.warning("A wrong %s code for person %s at %s.", kind, user.pk, _page(request))


def _factor_added(user: User, authenticator: Authenticator, **_signal: object) -> None:
    logger.info("Person %s has added a second factor: %s.", user.pk, authenticator.type)


def _factor_removed(user: User, authenticator: Authenticator, **_signal: object) -> None:
    logger.info("Person %s has removed a second factor: %s.", user.pk, authenticator.type)


def _factor_reset(user: User, authenticator: Authenticator, **_signal: object) -> None:
    logger.info("Person %s has made a second factor anew: %s.", user.pk, authenticator.type)


def _page(request: HttpRequest | None) -> str:
    """By its name, because the path of an entry link opens the door."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else "no page"
