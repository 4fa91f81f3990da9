"""What organizers type about streams and recordings. What a pasted address means is each source's
business.
"""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from schedule.admin.forms import WIDE
from schedule.models import Conference, Room
from schedule.site.scoped_admin import ConferenceForm
from schedule.site.secret_fields import SecretsForm
from streaming.addresses import plan as addresses
from streaming.addresses.plan import csv_of_rows
from streaming.models import Recording, Stream, StreamAccount, StreamHost
from streaming.replays import importing as recordings
from streaming.replays.captions import clean_captions
from streaming.replays.importing import links_text
from streaming.replays.offsets import parse_second
from streaming.sources import SOURCES, guess, what_is_wrong
from tickets.sources.spreadsheets.tables import BadSpreadsheet

# The links of some hundred talks are smaller; a file of a megabyte is another file.
MAX_CSV_BYTES = 1024 * 1024


class SourceForm(forms.ModelForm[Any]):
    """One field to paste into. The kind is guessed from it as long as nobody chooses one; what is
    wrong with the address is said at the address (`Sourced.clean_source`).
    """

    # Longer than what is stored: an embed code is.
    value = forms.CharField(
        label=_("Paste here"),
        required=False,
        max_length=5000,
        help_text=_(
            "What you have: the address of the video, meeting or playlist, the embed code, or its"
            " id. Of our own origin: the short name of the room, or nothing."
        ),
        widget=forms.TextInput(attrs={**WIDE, "dir": "ltr"}),
    )
    kind = forms.ChoiceField(label=_("Source"), required=False)
    # Seen once a host is missing.
    adds_hosts = forms.BooleanField(
        label=_("Let players load from it"),
        required=False,
        help_text=_(
            "It is added to the stream hosts. Open pages reload between talks to learn it."
        ),
        widget=forms.HiddenInput,
    )

    class Meta:
        model = Stream
        fields = (
            "value",
            "kind",
            "role",
            "account",
            "talk",
            "starts_at",
            "ends_at",
            "language",
            "captions",
            "is_test",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(kind := self.fields.get("kind"), forms.ChoiceField):
            kind.choices = [("", _("as recognised")), *self.kinds()]

    def kinds(self) -> list[tuple[str, str]]:
        return [(kind, f"{source.label}: {source.shield}") for kind, source in SOURCES.items()]

    def owner(self) -> Conference | None:
        room: Room | None = self.cleaned_data.get("room") or getattr(self.instance, "room", None)
        return room.conference if room else None

    def clean_captions(self) -> object:
        captions = self.cleaned_data["captions"]
        return clean_captions(captions) if isinstance(captions, UploadedFile) else captions

    def clean(self) -> dict[str, object]:
        super().clean()
        data = self.cleaned_data
        kind = data["kind"] = self._kind()
        room: Room | None = data.get("room") or getattr(self.instance, "room", None)
        if kind == "origin" and room is not None:
            data["value"] = data.get("value") or room.slug
        owner = self.owner()
        if not data.get("value"):
            if not self.has_error("value"):
                self.add_error("value", forms.Field.default_error_messages["required"])
            return data
        source = SOURCES.get(kind)
        if source is None:
            self.add_error("value", what_is_wrong(data["value"]).messages[0])
            return data
        try:
            data["value"] = source.clean(data["value"])
        except ValidationError:
            pass  # the model says why
        if source.account_fields and not data.get("account") and owner is not None:
            # Most have one.
            data["account"] = StreamAccount.objects.only_one(owner, kind)
        self.instance.adds_hosts = data.get("adds_hosts", False)
        return data

    def _kind(self) -> str:
        """What was chosen; else what it is already, if the address still fits; else a guess."""
        chosen: str = self.cleaned_data.get("kind", "")
        value: str = self.cleaned_data.get("value", "")
        if not value or (chosen and {"kind", "value"} & set(self.changed_data) != {"value"}):
            return chosen
        if chosen and SOURCES[chosen].recognises(value):
            return chosen
        guessed = guess(value)
        return guessed.kind if guessed else chosen

    def full_clean(self) -> None:
        super().full_clean()
        if self.has_error("value", "missing_hosts"):
            self.fields["adds_hosts"].widget = forms.CheckboxInput()

    def save(self, commit: bool = True) -> Any:
        sourced = super().save(commit)
        if sourced.may_add_hosts:
            sourced.add_missing_hosts()
        return sourced


class StreamAccountForm(SecretsForm, ConferenceForm):
    """An account of one kind: its source says which fields it has, and what the vendor calls them."""

    kind: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.kind:
            self.instance.kind = self.kind
        source = SOURCES.get(self.instance.kind)
        for name, label in (source.account_fields if source else {}).items():
            if name in self.fields:
                self.fields[name].label = label
                if name != "secret":
                    self.fields[name].help_text = ""
                elif not self.instance.secret:
                    self.fields[name].help_text = _(
                        "Or env:FRONT_ROW_… with the name of an environment variable that holds it,"
                        " if whoever runs the server gave it to this conference. It is stored"
                        " encrypted."
                    )


class TrafficForm(forms.Form):
    viewers = forms.IntegerField(label=_("Viewers"), min_value=1, max_value=1_000_000)
    megabits = forms.DecimalField(
        label=_("Mbit/s each"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )


class StreamHostForm(forms.ModelForm[StreamHost]):
    host = forms.CharField(
        label=_("Host"),
        max_length=1000,
        help_text=_(
            "Like stream.example.org; a whole address does as well."
            " Pages that are open reload between talks to learn a new host."
        ),
    )

    class Meta:
        model = StreamHost
        fields = ("host",)

    def clean_host(self) -> str:
        typed: str = self.cleaned_data["host"].strip().lower()
        try:
            return urlsplit(typed if "//" in typed else f"//{typed}").hostname or typed
        except ValueError:
            return typed


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
        """All but meetings, which cannot be watched again."""
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
    """A file, or once its plan has been seen its text again. `names`: what its columns may be called."""

    names = recordings.NAMES
    file = forms.FileField(label=_("CSV or XLSX file"), required=False)
    text = forms.CharField(required=False, max_length=MAX_CSV_BYTES, widget=forms.HiddenInput)
    adds_hosts = forms.BooleanField(
        label=_("Let players load from it (the hosts of these links)"), required=False
    )

    def clean(self) -> dict[str, object]:
        super().clean()
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text")
        if not file and not text:
            raise ValidationError(_("Choose a file."))
        if file and file.size > MAX_CSV_BYTES:
            raise ValidationError(_("The file is too large."))
        try:
            self.cleaned_data["text"] = links_text(file.read(), self.names) if file else str(text)
        except BadSpreadsheet as error:
            raise ValidationError(str(error)) from None
        return self.cleaned_data


class AddressesForm(LinksForm):
    """A file of rooms, or the table of them as it was typed, which says the same as a file."""

    names = addresses.NAMES

    def __init__(self, posted: QueryDict | None = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(posted and self._as_text(posted), files, **kwargs)

    @staticmethod
    def _as_text(posted: QueryDict) -> QueryDict:
        rooms = posted.getlist("room")
        if rooms:
            posted = posted.copy()
            columns = [posted.getlist(role) for role in Stream.PLAYED]
            rows = zip(rooms, *columns, strict=False)
            posted["text"] = csv_of_rows([["room", *Stream.PLAYED], *rows])
        return posted

    @property
    def links(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("text", "adds_hosts")}

    def again(self, text: str) -> LinksForm:
        """What is sent once its plan has been seen."""
        return LinksForm(
            {"text": text, "adds_hosts": self.cleaned_data["adds_hosts"]}, auto_id=False
        )
