import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class ScopesField(forms.CharField):
    """Scopes with commas between, instead of JSON. The model says what a scope is."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [scope for scope in re.split(r"[\s,]+", value or "") if scope]

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
