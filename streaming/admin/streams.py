"""Streams in the admin: what was understood, what our server sees of it, and how it looks; and the
accounts at vendors that sign them.
"""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lib.sealing import SealBroken
from schedule.site.access import for_programs
from schedule.site.request import ConferenceRequest
from schedule.site.scoped_admin import ScopedAdmin
from streaming.admin.addresses import AddressPages
from streaming.admin.forms import SourceForm, StreamAccountForm, TrafficForm
from streaming.models import Stream, StreamAccount
from streaming.probes.probe import probe
from streaming.probes.traffic import USUAL_MEGABITS, Traffic
from streaming.sources import SOURCES, account_choices
from streaming.sources.base import NOBODY, Account
from streaming.watching.csp import allow_players
from streaming.watching.playback import offer, viewer_of
from tickets.models import Ticket

# The simple case is one address and a role.
FIELDSETS: tuple[Any, ...] = (
    (None, {"fields": ("value", "adds_hosts", "kind", "understood", "role")}),
    (
        _("Only sometimes, in another language, with a key, as a test"),
        {
            "classes": ("collapse",),
            "fields": (
                "account",
                "talk",
                ("starts_at", "ends_at"),
                ("language", "captions"),
                "is_test",
            ),
        },
    ),
)


def understood(stream: Stream) -> str:
    """What will be played, and how well it is protected."""
    source = SOURCES.get(stream.kind)
    if source is None or stream.pk is None:
        return ""
    return gettext("%(stream)s plays %(url)s. %(protection)s") % {
        "stream": f"{source.label} ({stream.get_role_display()})",
        # A signed address is a key; what was stored is not.
        "url": stream.value
        if source.account_fields
        else stream.playback(NOBODY, timezone.now()).url,
        "protection": source.protection,
    }


def shielded(stream: Stream) -> str:
    source = SOURCES.get(stream.kind)
    return f"{stream}: {source.shield}" if source else str(stream)


class SummaryColumn:
    """A column of what a stream is, with the way to its own page."""

    @admin.display(description=_("understood as"))
    def understood(self, stream: Stream) -> str:
        if stream._state.adding:
            return "–"
        return format_html(
            '{}<br><a href="{}">{}</a>',
            understood(stream),
            reverse("admin:streaming_stream_look", args=[stream.pk]),
            gettext("Test, preview and traffic"),
        )


class StreamAdmin(AddressPages, SummaryColumn, ScopedAdmin):
    """All streams of the conference. They are set in their rooms as well (streaming/admin/rooms.py)."""

    form = SourceForm
    conference_lookup = "room__conference"
    list_display = ("room", "shielded", "talk", "span", "is_test")
    list_display_links = ("shielded",)
    list_select_related = ("room", "talk")
    list_filter = (("room", admin.RelatedOnlyFieldListFilter), "role", "is_test")
    ordering = ("room", "pk")
    autocomplete_fields = ("talk",)
    readonly_fields = ("understood",)
    fieldsets = ((None, {"fields": ("room",)}), *FIELDSETS)

    @admin.display(description=_("stream"))
    def shielded(self, stream: Stream) -> str:
        return shielded(stream)

    @admin.display(description=_("when"))
    def span(self, stream: Stream) -> str:
        bounds = [
            date_format(timezone.localtime(at), "j M H:i") if at else ""
            for at in (stream.starts_at, stream.ends_at)
        ]
        return "–".join(bounds) if any(bounds) else gettext("always")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_url("<int:pk>/look/", require_safe(self.look), "look"),
            self.own_url("<int:pk>/test/", require_POST(self.test), "test"),
            self.own_url("<int:pk>/preview/", require_safe(self.preview), "preview"),
            self.own_url(
                "<int:pk>/preview.json",
                require_safe(never_cache(self.preview_playback)),
                "playback",
            ),
            self.own_url("<int:pk>/visit/", require_safe(never_cache(self.visit)), "visit"),
            *super().get_urls(),
        ]

    def _stream(self, request: HttpRequest, pk: int) -> Stream:
        if not self.has_change_permission(request):
            raise PermissionDenied
        streams = self.get_queryset(request).select_related("room__conference", "account", "talk")
        stream: Stream = get_object_or_404(streams, pk=pk)
        return stream

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What it is, how it is protected, and what it draws."""
        stream = self._stream(request, pk)
        source = SOURCES.get(stream.kind)
        try:
            account = stream.opened_account()
        except SealBroken:
            account = Account()
        # Everybody in one room: the opening keynote.
        holders = Ticket.objects.filter(conference=stream.room.conference).valid().count()
        usual = {"viewers": max(holders, 1), "megabits": USUAL_MEGABITS}
        form = TrafficForm(usual | request.GET.dict())
        traffic = Traffic(**form.cleaned_data) if form.is_valid() else None
        context = {
            "title": f"{stream.room}: {stream}",
            "stream": stream,
            "source": source,
            "understood": understood(stream),
            "is_ours": source is not None and not source.hosts(stream.value, account),
            "is_link": source is not None and source.player == "link",
            "form": form,
            "traffic": traffic,
        }
        return self.own_page(request, "look", context)

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        stream = self._stream(request, pk)
        seen = probe(stream, timezone.now())
        if seen.is_playing:
            words = gettext("The server has looked: it is there.")
            if seen.mark:
                words = gettext("The server has looked: it plays.")
            self.message_user(request, words, messages.SUCCESS)
        else:
            words = gettext("The server has looked: %(problem)s")
            self.message_user(request, words % {"problem": seen.problem}, messages.ERROR)
        megabits = Decimal(seen.bits_per_second) / 1_000_000
        asked = {"megabits": f"{megabits:.2f}"} if megabits else None
        return redirect(reverse("admin:streaming_stream_look", args=[pk], query=asked))

    def preview(self, request: ConferenceRequest, pk: int) -> HttpResponse:
        """The player alone, as the room has it."""
        stream = self._stream(request, pk)
        context = {"stream": stream, "title": f"{stream.room}: {stream}"}
        page = TemplateResponse(request, "admin/streaming/stream/preview.html", context)
        return allow_players(request, page)

    @for_programs
    def preview_playback(self, request: ConferenceRequest, pk: int) -> HttpResponse:
        source = offer(self._stream(request, pk), viewer_of(request), timezone.now())
        return JsonResponse({"sources": [source] if source else []})

    def visit(self, request: ConferenceRequest, pk: int) -> HttpResponse:
        """Into the meeting, without waiting for its time."""
        stream = self._stream(request, pk)
        try:
            meeting = stream.playback(viewer_of(request), timezone.now())
        except (SealBroken, ValueError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:streaming_stream_look", pk)
        return HttpResponseRedirect(meeting.url, headers={"Referrer-Policy": "no-referrer"})


class StreamAccountAdmin(ScopedAdmin):
    form = StreamAccountForm
    list_display = ("__str__", "kind", "stream_count")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(stream_count=Count("streams"))

    @admin.display(description=_("streams"))
    def stream_count(self, account: Any) -> int:
        return int(account.stream_count)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """First which vendor: the fields follow from it."""
        kind = _kind_asked(request)
        if kind or not self.has_add_permission(request):
            title = {"title": SOURCES[kind].label} if kind else {}
            return super().add_view(request, form_url, {**title, **(extra_context or {})})
        context = {"title": gettext("Whose key is it?"), "kinds": account_choices()}
        return self.own_page(request, "kinds", context)

    def get_fields(self, request: HttpRequest, obj: StreamAccount | None = None) -> tuple[str, ...]:
        source = SOURCES.get(obj.kind if obj else _kind_asked(request))
        return ("name", *(source.account_fields if source else ()))

    def get_form(
        self,
        request: HttpRequest,
        obj: StreamAccount | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.kind = _kind_asked(request)
        return form


def _kind_asked(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in dict(account_choices()) else ""
