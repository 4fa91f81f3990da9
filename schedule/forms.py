"""What organizers type about the programme."""

import zoneinfo
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from schedule.admin_scope import ConferenceForm
from schedule.text import one_line, to_html

is_web_address = URLValidator(["http", "https"])


class LinksField(forms.CharField):
    """Links as lines of text: the address, a space, the title."""

    widget = AdminTextareaWidget(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{link['url']} {link['title']}" for link in value)
        return value

    def to_python(self, value: Any) -> Any:
        lines = [one_line(line) for line in (value or "").splitlines()]
        return [self._link(line) for line in lines if line]

    def _link(self, line: str) -> dict[str, str]:
        url, _space, title = line.partition(" ")
        try:
            is_web_address(url)
        except ValidationError:
            raise ValidationError(
                _("“%(line)s” does not begin with an address like https://example.org/slides.pdf."),
                params={"line": line},
            ) from None
        return {"title": title or urlsplit(url).hostname or url, "url": url}

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Those of CharField are for text; `to_python` has looked at each link."""


class HtmlTextsForm(ConferenceForm):
    """Stores texts as the small clean HTML that pages show. Plain text and Markdown may be typed."""

    html_fields: Sequence[str] = ()

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name in self.html_fields:
            if name in self.cleaned_data:
                self.cleaned_data[name] = to_html(self.cleaned_data[name])
        return self.cleaned_data


class TalkForm(HtmlTextsForm):
    html_fields = ("abstract", "description")
    links = LinksField(
        label=_("links"),
        required=False,
        help_text=_("One a line: the address, a space, the title."),
    )


class SpeakerForm(HtmlTextsForm):
    html_fields = ("biography",)


class RoomForm(HtmlTextsForm):
    html_fields = ("description",)


@lru_cache
def time_zone_choices() -> list[tuple[str, str]]:
    """The names of places, and UTC; others are old spellings of these."""
    names = sorted(zoneinfo.available_timezones())
    places = [name for name in names if "/" in name and not name.startswith("Etc/")]
    return [(name, name) for name in ["UTC", *places]]


class ConferenceSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    time_zone = forms.ChoiceField(label=_("time zone"), choices=time_zone_choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.instance.time_zone
        field = self.fields.get("time_zone")
        if isinstance(field, forms.ChoiceField) and (now, now) not in time_zone_choices():
            field.choices = [(now, now), *time_zone_choices()]

    def clean_languages(self) -> str:
        codes = [code.strip() for code in self.cleaned_data["languages"].split(",")]
        return ", ".join(code for code in codes if code)
