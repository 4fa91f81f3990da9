"""allauth's forms of security keys. What a browser's API would never send in them is an error of the
form, not of ours.
"""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as theirs
from django import forms

from lib.strict_json import StrictDecoder


class CredentialField(forms.JSONField):
    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(decoder=StrictDecoder)

    def clean(self, value: Any) -> Any:
        credential = super().clean(value)
        if not isinstance(credential, dict):
            raise get_adapter().validation_error("incorrect_code")
        return credential


class AddKeyForm(theirs.AddWebAuthnForm):
    credential = CredentialField()


class AuthenticateKeyForm(theirs.AuthenticateWebAuthnForm):
    credential = CredentialField()


class ReauthenticateKeyForm(theirs.ReauthenticateWebAuthnForm):
    credential = CredentialField()
