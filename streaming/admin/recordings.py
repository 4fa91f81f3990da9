"""Recordings in the admin: of a talk or of a room, where their talks begin, and many links at once."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lib.plans import PlanChanged
from schedule.models import Talk
from schedule.site.access import for_programs
from schedule.site.request import ConferenceRequest
from schedule.site.scoped_admin import ScopedAdmin, conference_of
from streaming.admin.forms import LinksForm, NudgeForm, RecordingForm
from streaming.models import Recording
from streaming.replays.importing import RecordingPlan, import_recordings, make_plan
from streaming.replays.offsets import offsets_of, why_not_shown
from streaming.sources import SOURCES
from streaming.watching.csp import allow_players
from streaming.watching.playback import asked_second, offer_recording, viewer_of
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet

STEPS = (-10, -1, 1, 10)


class RecordingAdmin(ScopedAdmin):
    form = RecordingForm
    list_display = ("of", "shielded", "span", "language", "seen_by", "talks")
    list_display_links = ("of",)
    list_select_related = ("talk", "room", "conference")
    list_filter = (("room", admin.RelatedOnlyFieldListFilter), "is_shown", "language")
    search_fields = ("talk__title", "talk__code", "room__name")
    ordering = ("-starts_at", "-pk")
    autocomplete_fields = ("talk", "room")
    change_list_template = "admin/streaming/recording/change_list.html"
    fieldsets = (
        (None, {"fields": ("value", "adds_hosts", "kind", "talk")}),
        (
            _("Or of a room, for a while"),
            {
                "fields": ("room", ("starts_at", "ends_at")),
                "description": _(
                    "Where each talk begins follows from the moment of the first second."
                ),
            },
        ),
        (_("Who sees it"), {"fields": ("is_shown", "public_at")}),
        (_("Language, captions, key"), {"fields": ("language", "captions", "account")}),
    )

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_url("import/", self.import_links, "import"),
            self.own_url("<int:pk>/talks/", require_safe(self.offsets), "talks"),
            self.own_url("<int:pk>/talks/<int:talk_pk>/", require_POST(self.nudge), "nudge"),
            self.own_url(
                "<int:pk>/playback.json", require_safe(never_cache(self.playback)), "playback"
            ),
            *super().get_urls(),
        ]

    @admin.display(description=_("recording of"), ordering="talk__title")
    def of(self, recording: Recording) -> str:
        return str(recording)

    @admin.display(description=_("source"))
    def shielded(self, recording: Recording) -> str:
        source = SOURCES.get(recording.kind)
        return f"{source.label}: {source.shield}" if source else recording.kind

    @admin.display(description=_("when"), empty_value="–", ordering="starts_at")
    def span(self, recording: Recording) -> str | None:
        if recording.starts_at is None:
            return None
        end = recording.ends_at and date_format(timezone.localtime(recording.ends_at), "H:i")
        start = date_format(timezone.localtime(recording.starts_at), "j M H:i")
        return f"{start}–{end or '…'}"

    @admin.display(description=_("for"))
    def seen_by(self, recording: Recording) -> str:
        if not recording.is_shown:
            return gettext("nobody")
        if recording.public_at is None:
            return gettext("ticket holders")
        day = date_format(timezone.localtime(recording.public_at), "j M H:i")
        return gettext("everybody from %(day)s") % {"day": day}

    @admin.display(description=_("talks"))
    def talks(self, recording: Recording) -> str:
        url = reverse("admin:streaming_recording_talks", args=[recording.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Where they begin"))

    def save_model(self, request: HttpRequest, obj: Recording, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if text := why_not_shown(obj):
            self.message_user(request, text, messages.WARNING)

    def _recording(self, request: HttpRequest, pk: int) -> Recording:
        if not self.has_change_permission(request):
            raise PermissionDenied
        recordings = self.get_queryset(request).select_related("conference", "account", "talk")
        recording: Recording = get_object_or_404(recordings, pk=pk)
        return recording

    def offsets(self, request: ConferenceRequest, pk: int) -> HttpResponse:
        """A player, and for each talk the second at which it begins."""
        recording = self._recording(request, pk)
        context = {
            "title": gettext("Where the talks begin"),
            "recording": recording,
            "offsets": offsets_of(recording),
            "steps": STEPS,
            "why_not_shown": why_not_shown(recording),
        }
        return allow_players(request, self.own_page(request, "talks", context))

    def nudge(self, request: HttpRequest, pk: int, talk_pk: int) -> HttpResponse:
        recording = self._recording(request, pk)
        talk = get_object_or_404(Talk, conference=recording.conference, pk=talk_pk)
        form = NudgeForm(request.POST)
        try:
            if not form.is_valid():
                raise ValidationError(
                    [error for errors in form.errors.values() for error in errors]
                )
            by, second = form.cleaned_data["by"], form.cleaned_data["second"]
            if by is not None:
                recording.move_talk(talk, by)
            else:
                recording.begin_talk_at(talk, second)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            text = gettext("Moved where “%(talk)s” begins.") % {"talk": talk}
            self.log_change(request, recording, text)
        back = reverse("admin:streaming_recording_talks", args=[pk])
        return redirect(f"{back}#talk-{talk.pk}")

    @for_programs
    def playback(self, request: ConferenceRequest, pk: int) -> HttpResponse:
        """The recording as a replay that begins at `?t=`."""
        recording = self._recording(request, pk)
        second = asked_second(request)
        source = offer_recording(recording, viewer_of(request), timezone.now(), second, second)
        return JsonResponse({"sources": [source] if source else []})

    def import_links(self, request: HttpRequest) -> HttpResponse:
        conference = conference_of(request)
        if conference is None or not self.has_add_permission(request):
            raise PermissionDenied
        form = LinksForm(request.POST or None, request.FILES or None)
        plan: RecordingPlan | None = None
        problems: Sequence[BadRow] = ()
        if form.is_valid():
            values = form.cleaned_data
            links: dict[str, Any] = {
                "text": values["text"],
                "open_captions": _no_captions,
                "adds_hosts": values["adds_hosts"],
            }
            try:
                if "apply" in request.POST:
                    digest = request.POST.get("digest", "")
                    done = import_recordings(conference, **links, digest=digest)
                    return self._imported(request, done)
                plan = make_plan(conference, **links)
            except BadSpreadsheet as error:
                problems = error.rows
            except PlanChanged as changed:
                plan = changed.plan
                text = gettext(
                    "The recordings have changed since this page was made."
                    " Nothing was imported; look again."
                )
                self.message_user(request, text, messages.ERROR)
        text = form.cleaned_data["text"] if plan else ""
        again = {"text": text, "adds_hosts": plan and form.cleaned_data["adds_hosts"]}
        context = {
            "title": gettext("Import links"),
            "form": form,
            "confirm": LinksForm(again, auto_id=False),
            "plan": plan,
            "problems": problems,
        }
        return self.own_page(request, "import", context)

    def _imported(self, request: HttpRequest, plan: RecordingPlan) -> HttpResponse:
        count = plan.count("new") + plan.count("changed")
        text = ngettext("%(count)d recording imported.", "%(count)d recordings imported.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
        return redirect("admin:streaming_recording_changelist")


def _no_captions(_name: str) -> bytes:
    raise ValidationError(
        _("Captions come with manage.py import_recordings, or in the form of a recording.")
    )
