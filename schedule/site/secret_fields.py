"""Secrets in the admin: typed, sealed, and never shown again, not even sealed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lib.sealing import SealedField, seal, validate_secret


class SecretField(forms.CharField):
    """Cleans to the sealed text: of what is typed, else to `kept`."""

    def __init__(self, *, kept: str, required: bool, **options: Any) -> None:
        self.kept = kept
        super().__init__(required=required and not kept, **options)

    def clean(self, value: object) -> str:
        secret = super().clean(value)
        validate_secret(secret)
        return seal(secret) if secret else self.kept

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(data)


class SecretsForm(forms.ModelForm[Any]):
    """Mixed in before a form of a model that has sealed fields. `sent_to` names the fields that say
    where secrets go: whoever changes one types the secrets again, so that nobody can have those
    that others typed sent to a server of their own.
    """

    sent_to: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sealed = {
            field.name: field
            for field in self.instance._meta.concrete_fields
            if isinstance(field, SealedField)
        }
        for name in sealed.keys() & self.fields.keys():
            self.initial.pop(name, None)
            self.fields[name] = _input(self.fields[name], getattr(self.instance, name))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk is None or not set(self.sent_to) & set(self.changed_data):
            return cleaned
        for name, field in self.fields.items():
            if isinstance(field, SecretField) and field.kept and name not in self.changed_data:
                message = _("Type it again: it would be sent to another address.")
                self.add_error(name, ValidationError(message))
        return cleaned


def _input(field: forms.Field, kept: str) -> SecretField:
    text = _("It is stored, and not shown again. Leave this empty to keep it.")
    attributes = {"autocomplete": "new-password", "class": "vTextField"}
    return SecretField(
        kept=kept,
        required=field.required,
        label=field.label,
        help_text=text if kept else field.help_text,
        widget=forms.PasswordInput(attrs=attributes),
    )
