"""How a session began. Rights are for those who came in by the account's own login; whoever came in
by a link or by another device is an attendee there and no more, whatever the person may do.

The way is said before allauth signs somebody in (`begin`), because a second factor may come in
between, and kept once they are in (`keep_way`). A sign-in of which nobody has said the way carries no
rights. Comes after sessions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY, middleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tickets.models import User

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_BEGUN, _WAY = "sign_in_begun", "sign_in_way"
# As allauth calls them: a passed factor in its records, and whose records they are.
_FACTOR, _RECORDS_OF = "mfa", "account_authentication_methods_user"


class SignInWay(StrEnum):
    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the name of a way
    PROVIDER = "provider"
    LINK = "link"
    SHOWN_LINK = "shown link"
    HANDED_OVER = "handed over"


OWN_LOGIN = {SignInWay.CODE, SignInWay.PASSWORD, SignInWay.PROVIDER}


@dataclass(frozen=True)
class SignIn:
    """`way` None: nobody said it. `has_factor`: a second factor was passed, or added, in this very
    session.
    """

    way: SignInWay | None
    has_factor: bool

    @classmethod
    def of(cls, session: SessionBase | Mapping[str, Any]) -> Self:
        way = session.get(_WAY)
        records = session.get(AUTHENTICATION_METHODS_SESSION_KEY, ())
        is_theirs = session.get(_RECORDS_OF) == session.get(SESSION_KEY)
        has_factor = is_theirs and any(record["method"] == _FACTOR for record in records)
        return cls(SignInWay(way) if way else None, has_factor)

    @property
    def is_own_login(self) -> bool:
        return self.way in OWN_LOGIN

    @staticmethod
    def note_factor(request: HttpRequest, user: User) -> None:
        record_authentication(request, user, _FACTOR)

    @staticmethod
    def begin(session: SessionBase, user: User, way: SignInWay) -> None:
        session[_BEGUN] = [user.pk, way]


def keep_way(request: HttpRequest, user: User, **_signal: object) -> None:
    """Somebody has signed in."""
    begun, way = request.session.pop(_BEGUN, (None, None))
    request.session[_WAY] = way if begun == user.pk else None
    user.may_work = SignIn.of(request.session).is_own_login


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """The person of the session, without rights where the session carries none."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person(request))  # type: ignore[assignment]  # lazy, as Django's


def _person(request: HttpRequest) -> User | AnonymousUser:
    user: User | AnonymousUser = middleware.get_user(request)
    if isinstance(user, User):
        user.may_work = SignIn.of(request.session).is_own_login
    return user
