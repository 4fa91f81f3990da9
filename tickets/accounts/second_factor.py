"""The second factor where allauth leaves something to decide: its secrets are sealed in the database,
and a code of an authenticator app is good once for as long as it is good at all. What no browser sends
of a security key is an error of the form, not of ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as key_forms
from django import forms as django_forms
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from lib.clean_input import StrictDecoder
from lib.sealing import SealBroken, read_seal, seal
from tickets.accounts.forms import RedirectedForm


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Refuses the request when SECRET_KEY has changed: what cannot be read proves nothing."""
        try:
            return read_seal(encrypted_text)
        except SealBroken as error:
            message = _("Your second factor can no longer be read. Ask another superuser.")
            raise PermissionDenied(message) from error


class _OnceForm(RedirectedForm, forms.BaseAuthenticateForm):
    """allauth forgets a used code after one period, while the tolerance takes it for longer."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        periods = 1 + 2 * app_settings.TOTP_TOLERANCE
        key = f"totp:{self.user.pk}:{normalize_user_code(code)}"
        is_app = self.authenticator.type == Authenticator.Type.TOTP
        if is_app and not cache.add(key, 1, periods * app_settings.TOTP_PERIOD):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondFactorForm(_OnceForm, forms.AuthenticateForm):
    pass


class SecondFactorAgainForm(_OnceForm, forms.ReauthenticateForm):
    pass


class CredentialField(django_forms.JSONField):
    widget = django_forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(decoder=StrictDecoder)


@contextmanager
def _refusing_odd_credentials() -> Iterator[None]:
    """allauth takes apart what the browser's API has made, and what a script has sent likewise."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class AddKeyForm(key_forms.AddWebAuthnForm):
    credential = CredentialField()

    def clean(self) -> dict[str, object]:
        with _refusing_odd_credentials():
            cleaned: dict[str, object] = super().clean()
        return cleaned


class KeyForm(RedirectedForm, key_forms.AuthenticateWebAuthnForm):
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        with _refusing_odd_credentials():
            return super().clean_credential()


class KeyAgainForm(KeyForm, key_forms.ReauthenticateWebAuthnForm):
    pass
