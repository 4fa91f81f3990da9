"""What organizers type about streams. What a pasted address means is each source's business."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from schedule.forms import WIDE
from streaming.models import Stream, StreamHost
from streaming.sources import SOURCES


class StreamForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """`Stream.clean` explains what is wrong with the address, at the address."""

    class Meta:
        model = Stream
        fields = ("kind", "value", "role", "starts_at", "ends_at")
        # Wide enough to read an address in.
        widgets = {"value": forms.TextInput(attrs={**WIDE, "dir": "ltr"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            says = ((source.label, source.protection) for source in SOURCES.values())
            self.fields["kind"].help_text = format_html_join("", "{}: {}<br>", says)


class StreamHostForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
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


class ReportForm(forms.Form):
    """What a player sends when a source has failed (static/js/playback.js)."""

    WHY = ("ended", "frozen", "media", "player", "playlist", "refused", "segments", "silent")
    WHY += ("stuck", "unreachable")

    room = forms.SlugField()
    why = forms.ChoiceField(choices=[(why, why) for why in WHY])
    weight = forms.IntegerField(min_value=1, max_value=10)
