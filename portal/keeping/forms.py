from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tickets.accounts.forms import FoldedEmailField, RedirectedForm


class DeleteAccountForm(RedirectedForm):
    """Right when the account's own address was typed."""

    email = FoldedEmailField(
        autocomplete="off", autofocus=False, help_text=_("Your address, to say that you mean it.")
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_email = email

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email != self.own_email:
            raise ValidationError(_("This is not the address of this account."))
        return email
