"""A room's encoder, in the form of the room: what to write into OBS."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schedule.models import Room
from schedule.site.scoped_admin import ScopedInline, conference_of
from streaming.models import Ingest


class IngestForm(forms.ModelForm[Ingest]):
    renews_key = forms.BooleanField(
        label=_("New key"),
        required=False,
        help_text=_("The encoder that has the old one is cut off within seconds."),
    )

    class Meta:
        model = Ingest
        fields = ("is_open", "records")

    def has_changed(self) -> bool:
        # Everything may stay as it is in a new one.
        return self.instance._state.adding or super().has_changed()

    def save(self, commit: bool = True) -> Ingest:
        if self.cleaned_data["renews_key"] and not self.instance._state.adding:
            self.instance.renew_key()
        return super().save(commit)


class IngestInline(ScopedInline, admin.StackedInline[Ingest, Room]):
    model = Ingest
    form = IngestForm
    conference_lookup = "room__conference"
    fields = ("server", "stream_key", "renews_key", "is_open", "records", "on_air")
    readonly_fields = ("server", "stream_key", "on_air")

    class Media:
        js = (forms.Script("js/copy.js", type="module"),)

    def get_formset(self, request: HttpRequest, obj: Room | None = None, **kwargs: Any) -> Any:
        conference = conference_of(request)
        host = (conference and conference.domain) or request.get_host()
        self.server_url = settings.RTMP_URL or f"rtmp://{host.partition(':')[0]}/live"
        self.shows_key = self.has_change_permission(request)
        return super().get_formset(request, obj, **kwargs)

    @admin.display(description=_("server"))
    def server(self, ingest: Ingest) -> str:
        return _copyable(self.server_url, gettext("Server"))

    @admin.display(description=_("stream key"))
    def stream_key(self, ingest: Ingest) -> str:
        if ingest._state.adding:
            return gettext("It is made when you save.")
        if not self.shows_key:
            return gettext("For those who may change it.")
        return _copyable(ingest.key, gettext("Stream key"))

    @admin.display(description=_("on air since"))
    def on_air(self, ingest: Ingest) -> str:
        if ingest.began_at is None:
            return gettext("Nothing comes in.")
        return date_format(timezone.localtime(ingest.began_at), "j F H:i:s")


def _copyable(text: str, label: str) -> str:
    return format_html(
        '<input class="vTextField" dir="ltr" readonly value="{}" aria-label="{}">'
        ' <button type="button" class="button" data-copies-before data-done="{}" hidden>{}</button>',
        text,
        label,
        gettext("Copied"),
        gettext("Copy"),
    )
