"""What organizers type about the programme."""

import zoneinfo
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from lib.text import one_line, to_html
from schedule.models import TIMES, Conference
from schedule.site.scoped_admin import ConferenceForm

# A class of the admin's own style sheet.
WIDE = {"class": "vLargeTextField"}
# Of talks, rooms and speakers.
HTML_FIELDS = {"abstract", "description", "biography"}
is_web_address = URLValidator(["http", "https"])


class LinksField(forms.Field):
    """Links as lines of text: the address, a space, the title."""

    widget = AdminTextareaWidget(attrs={"rows": 4})

    def prepare_value(self, value: object) -> object:
        if isinstance(value, list):
            return "\n".join(f"{link['url']} {link['title']}" for link in value)
        return value

    def to_python(self, value: str | None) -> list[dict[str, str]]:
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


class HtmlTextsForm(ConferenceForm):
    """Stores texts as the small clean HTML that pages show. Plain text and Markdown may be typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in HTML_FIELDS & self.fields.keys():
            self.fields[name].help_text = _("Plain text, Markdown or HTML.")

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name in HTML_FIELDS & self.cleaned_data.keys():
            self.cleaned_data[name] = to_html(self.cleaned_data[name])
        return self.cleaned_data


class TalkForm(HtmlTextsForm):
    links = LinksField(
        label=_("Links"),
        required=False,
        help_text=_("One a line: the address, a space, the title."),
    )

    class Meta:
        widgets = {name: forms.TextInput(attrs=WIDE) for name in ("title", "subtitle")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only what was typed is changed: a form that was opened before an import or a shift would
        # otherwise put the rest back, and keep it there against the feed.
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        super().clean()
        typed = TIMES.intersection(self.changed_data)
        if typed and any(self._has_moved(name) for name in TIMES & self.fields.keys()):
            raise ValidationError(
                _(
                    "When this talk takes place has been changed since you opened this page. Open it"
                    " again, and look before you change that."
                )
            )
        if typed == {"is_all_day"} and not self.cleaned_data.get("is_all_day"):
            self.add_error(
                "starts_at", _("It does not go on all day any more: say when it begins.")
            )
        return self.cleaned_data

    def _has_moved(self, name: str) -> bool:
        """Since this form was opened, which sends back what it showed then."""
        if self.instance.pk is None:
            return False
        field, shown = self.fields[name], self[name]
        then = field.hidden_widget().value_from_datadict(
            self.data, self.files, shown.html_initial_name
        )
        return then not in (None, [None, None]) and field.has_changed(shown.initial, then)


@lru_cache
def time_zone_choices() -> list[tuple[str, str]]:
    """The names of places, and UTC; others are old spellings of these."""
    names = sorted(zoneinfo.available_timezones())
    places = [name for name in names if "/" in name and not name.startswith("Etc/")]
    return [(name, name) for name in ["UTC", *places]]


class ConferenceSettingsForm(forms.ModelForm[Conference]):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices)

    class Meta:
        widgets = {"accent_colour": forms.ColorInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.instance.time_zone
        field = self.fields.get("time_zone")
        if isinstance(field, forms.ChoiceField) and (now, now) not in time_zone_choices():
            field.choices = [(now, now), *time_zone_choices()]

    def clean_languages(self) -> str:
        codes = [code.strip() for code in self.cleaned_data["languages"].split(",")]
        return ", ".join(code for code in codes if code)
