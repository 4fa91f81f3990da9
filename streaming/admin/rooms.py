"""Streams are set where people look for them: in the form of their room. The hosts they may come
from are in the form of the conference.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from schedule.admin.conference import ConferenceAdmin, RoomAdmin
from schedule.models import Conference, Room
from schedule.site.scoped_admin import OfConference, ScopedInline, conference_of
from streaming.admin.accounts import StreamAccountAdmin
from streaming.admin.announcements import AnnouncementAdmin
from streaming.admin.forms import StreamForm, StreamHostForm
from streaming.admin.ingest import IngestInline
from streaming.admin.recordings import RecordingAdmin
from streaming.admin.streams import FIELDSETS, StreamAdmin, Understood, shielded, understood
from streaming.models import Announcement, Recording, Stream, StreamAccount, StreamHost


class StreamInline(Understood, ScopedInline, admin.StackedInline):  # type: ignore[type-arg]  # not generic at run time
    model = Stream
    form = StreamForm
    conference_lookup = "room__conference"
    fieldsets = FIELDSETS
    readonly_fields = ("understood",)
    autocomplete_fields = ("talk",)
    ordering = ("-role", "starts_at", "pk")


admin.site.unregister(Room)


@admin.register(Room)
class RoomWithStreamsAdmin(RoomAdmin):
    list_display = ("name", "slug", "position", "talk_count", "streams")
    inlines: ClassVar[Any] = (StreamInline, IngestInline, *RoomAdmin.inlines)

    def get_inlines(self, request: HttpRequest, obj: Room | None) -> Any:
        """Encoders only where there is something for them to send to."""
        inlines = super().get_inlines(request, obj)
        return [each for each in inlines if settings.ORIGIN_SECRET or each is not IngestInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        streams = Prefetch("streams", Stream.objects.in_order())
        return super().get_queryset(request).prefetch_related(streams)

    @admin.display(description=gettext_lazy("streams"))
    def streams(self, room: Room) -> str:
        return ", ".join(shielded(stream) for stream in room.streams.all())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Stream:
            changed = [stream for stream, _fields in formset.changed_objects]
            for stream in [*formset.new_objects, *changed]:
                self.message_user(request, understood(stream), messages.INFO)


class StreamHostInline(ScopedInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = StreamHost
    form = StreamHostForm

    def get_queryset(self, request: HttpRequest) -> Any:
        """Of the conference whose form it is: a superuser sees others than the host's."""
        return super(OfConference, self).get_queryset(request)


admin.site.unregister(Conference)


@admin.register(Conference)
class ConferenceWithHostsAdmin(ConferenceAdmin):
    inlines: ClassVar[Any] = (StreamHostInline,)

    def get_inlines(self, request: HttpRequest, obj: Conference | None) -> Any:
        """None while the first conference is being made: there is no permission to ask for yet."""
        return super().get_inlines(request, obj) if conference_of(request) else ()


admin.site.register(Recording, RecordingAdmin)
admin.site.register(Stream, StreamAdmin)
admin.site.register(StreamAccount, StreamAccountAdmin)
admin.site.register(Announcement, AnnouncementAdmin)
