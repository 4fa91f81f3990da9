"""What organizers type about recordings."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from schedule.site.scoped_admin import ConferenceForm
from streaming.admin.forms import SourceForm
from streaming.models import Recording
from streaming.replays.seconds import parse_second
from streaming.sources import SOURCES

# Of some hundred talks; a file of a megabyte is another file.
MAX_CSV_BYTES = 1024 * 1024


class RecordingForm(SourceForm, ConferenceForm):
    class Meta:
        model = Recording
        fields = (
            "value",
            "kind",
            "talk",
            "room",
            "starts_at",
            "ends_at",
            "account",
            "language",
            "captions",
            "is_shown",
            "public_at",
        )

    def kinds(self) -> list[tuple[str, str]]:
        """Without meetings."""
        return [each for each in super().kinds() if SOURCES[each[0]].player != "link"]

    def owner(self) -> Conference | None:
        conference: Conference | None = self.instance.conference
        return conference


class NudgeForm(forms.Form):
    """`by` seconds from where the talk begins now; or `second`, where it begins."""

    by = forms.IntegerField(required=False, min_value=-3600, max_value=3600)
    second = forms.CharField(required=False, max_length=20)

    def clean_second(self) -> int | None:
        text = self.cleaned_data["second"]
        # Both come from one form; the button that was pressed counts.
        return parse_second(text) if text and self.cleaned_data.get("by") is None else None

    def clean(self) -> dict[str, object]:
        super().clean()
        data = self.cleaned_data
        if not self.errors and data.get("by") is None and data.get("second") is None:
            raise ValidationError(_("Say where it begins."))
        return data


class LinksForm(forms.Form):
    """A file, or once its plan has been seen its text again."""

    file = forms.FileField(label=_("CSV file"), required=False)
    text = forms.CharField(required=False, max_length=MAX_CSV_BYTES, widget=forms.HiddenInput)
    adds_hosts = forms.BooleanField(
        label=_("Let players load from the hosts of these links"), required=False
    )

    def clean(self) -> dict[str, object]:
        super().clean()
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text")
        if not file and not text:
            raise ValidationError(_("Choose a file."))
        if file and file.size > MAX_CSV_BYTES:
            raise ValidationError(_("The file is too large."))
        self.cleaned_data["data"] = file.read() if file else str(text).encode()
        return self.cleaned_data
