from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tickets.accounts.forms import CodeField, FoldedEmailField, LimitedForm, digits_of
from tickets.accounts.rate_limits import TOO_MANY, consume
from tickets.holders.order_code import PendingOrder, key_of


class OrderForm(LimitedForm):
    """Says the same whether or not there is such an order."""

    filled_again = ("order_code", "email")

    order_code = forms.CharField(
        label=_("Order code"),
        max_length=100,
        help_text=_("In the ticket shop's mail. Capitals, spaces and dashes do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    email = FoldedEmailField(autofocus=False, help_text=_("The one in the ticket shop."))

    def clean(self) -> dict[str, str]:
        super().clean()
        values = self.cleaned_data
        if not self.errors:
            key = key_of(values["order_code"], values["email"])
            if not consume(self.request, action="order_code", key=key):
                raise ValidationError(TOO_MANY)
        return values


class PassOnForm(LimitedForm):
    filled_again = ("email",)
    email = FoldedEmailField(
        autocomplete="off", help_text=_("Of the person who comes in your place.")
    )

    def clean(self) -> dict[str, str]:
        super().clean()
        if not self.errors and not consume(self.request, action="pass_on"):
            raise ValidationError(TOO_MANY)
        return self.cleaned_data


class OrderCodeForm(LimitedForm):
    code = CodeField(max_length=100)

    def __init__(self, *args: Any, order: PendingOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order

    def clean_code(self) -> str:
        # The session counts too, but there many at the same moment count as one.
        key = key_of(self.order.order_code, self.order.email)
        if not consume(self.request, action="confirm_order_code", key=key):
            raise ValidationError(TOO_MANY)
        return digits_of(self.cleaned_data["code"])
