from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ConferenceForm
from tickets.models.scopes import KnownScopes, split_scopes


class ScopesField(forms.CharField):
    """Scopes with commas between, instead of JSON. The model says what a scope is."""

    def __init__(self, **options: Any) -> None:
        text = _("With commas between: conference, day:2026-11-21, room:main, talk:CODE, replay.")
        super().__init__(**{"label": _("Opens"), "help_text": text, **options})

    def prepare_value(self, value: object) -> object:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: str | None) -> Any:
        return split_scopes(value or "")

    def validate(self, value: list[str]) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")


class ScopesForm(ConferenceForm):
    scopes = ScopesField()

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        if self.conference is not None:
            KnownScopes(self.conference).check(scopes)
        return scopes
