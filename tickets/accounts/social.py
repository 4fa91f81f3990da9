"""Signing in by a provider (OpenID Connect, Google, …): its word for an address takes the place of
our mailed code. Only there when SOCIAL_PROVIDERS names one; docs/sign-in.md.
"""

from typing import NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest
from django.shortcuts import render

from tickets.accounts.accounts import (
    is_guarded,
    is_verified,
    known_account,
    prove_address,
    proved_account_for,
)
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.models import User, fold_email


class SocialAdapter(DefaultSocialAccountAdapter):
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Decides whose account it is, so that allauth never has to ask people anything."""
        if sociallogin.state.get("process") != "login":
            self._refuse(request, sociallogin, "process")
        is_linked = sociallogin.is_existing
        # Names, pictures and whatever else a provider sends: nobody here needs it.
        sociallogin.account.extra_data = {}
        if is_linked:
            sociallogin.account.save(update_fields=["extra_data"])
        else:
            self._connect(request, sociallogin)
        SignIn.begin(request.session, sociallogin.user, SignInWay.PROVIDER)

    def _connect(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        email = proved_address(sociallogin)
        if email is None:
            self._refuse(request, sociallogin, "unproved")
        known = known_account(email)
        if known is None or is_nobodys(known):
            user = proved_account_for(email)
        elif self.can_authenticate_by_email(sociallogin, email):
            user = known
            prove_address(user)
        else:
            self._refuse(request, sociallogin, "known")
        sociallogin.connect(request, user)

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """allauth's own way, in whose place the above is."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def _refuse(self, request: HttpRequest, sociallogin: SocialLogin, reason: str) -> NoReturn:
        context = {
            "reason": reason,
            "provider": sociallogin.provider.name,
            "next": sociallogin.state.get("next", ""),
        }
        page = render(request, "socialaccount/refused.html", context, status=403)
        raise ImmediateHttpResponse(page)


def proved_address(sociallogin: SocialLogin) -> str | None:
    """The address that the provider says it has checked. Only `true` says so: some send "false"."""
    for address in sociallogin.email_addresses:
        if address.verified is True:
            return fold_email(address.email)
    return None


def is_nobodys(user: User) -> bool:
    """An account that was only made: a code was asked for and did not come back, or an organizer
    has written the address somewhere.
    """
    return user.last_login is None and not is_verified(user) and not is_guarded(user, None)
