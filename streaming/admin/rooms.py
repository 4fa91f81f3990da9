"""Streams are set where people look for them: in the form of their room. The hosts they may come
from are in the form of the conference.
"""

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schedule.admin.conference import ConferenceAdmin, RoomAdmin
from schedule.models import Conference, Room
from schedule.site.scoped_admin import OfConference, ScopedAdmin, ScopedInline, conference_of
from streaming.admin.forms import SourceForm, StreamHostForm
from streaming.admin.ingest import IngestInline
from streaming.admin.recordings import RecordingAdmin
from streaming.admin.streams import (
    FIELDSETS,
    StreamAccountAdmin,
    StreamAdmin,
    SummaryColumn,
    shielded,
    understood,
)
from streaming.models import Announcement, Recording, Stream, StreamAccount, StreamHost
from tickets.models import User


class StreamInline(SummaryColumn, ScopedInline, admin.StackedInline[Stream, Room]):
    model = Stream
    form = SourceForm
    conference_lookup = "room__conference"
    fieldsets = FIELDSETS
    readonly_fields = ("understood",)
    autocomplete_fields = ("talk",)
    ordering = ("-role", "starts_at", "pk")


admin.site.unregister(Room)


@admin.register(Room)
class RoomWithStreamsAdmin(RoomAdmin):
    list_display = ("name", "slug", "position", "talk_count", "streams")
    inlines = (StreamInline, IngestInline, *RoomAdmin.inlines)

    def get_inlines(self, request: HttpRequest, obj: Room | None) -> Any:
        """Encoders only where there is something for them to send to."""
        inlines = super().get_inlines(request, obj)
        return [each for each in inlines if settings.ORIGIN_SECRET or each is not IngestInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        streams = Prefetch("streams", Stream.objects.in_order())
        rooms: QuerySet[Room] = super().get_queryset(request)
        return rooms.prefetch_related(streams)

    @admin.display(description=_("streams"))
    def streams(self, room: Room) -> str:
        return ", ".join(shielded(stream) for stream in room.streams.all())

    def save_formset(self, request: HttpRequest, form: object, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Stream:
            changed = [stream for stream, _fields in formset.changed_objects]
            for stream in [*formset.new_objects, *changed]:
                self.message_user(request, understood(stream), messages.INFO)


class StreamHostInline(ScopedInline, admin.TabularInline[StreamHost, Conference]):
    model = StreamHost
    form = StreamHostForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[StreamHost]:
        """The hosts of the conference whose form it is: a superuser sees others than the host's."""
        return super(OfConference, self).get_queryset(request)


admin.site.unregister(Conference)


@admin.register(Conference)
class ConferenceWithHostsAdmin(ConferenceAdmin):
    inlines = (StreamHostInline,)

    def get_inlines(self, request: HttpRequest, obj: Conference | None) -> Any:
        """None while the first conference is being made: there is no permission to ask for yet."""
        return super().get_inlines(request, obj) if conference_of(request) else ()


@admin.register(Announcement)
class AnnouncementAdmin(ScopedAdmin):
    list_display = ("text", "urgency", "where", "is_public", "starts_at", "ends_at", "made_by")
    list_filter = ("urgency", "is_public", ("room", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("room", "made_by")
    search_fields = ("text",)
    fields = ("text", "urgency", "room", "is_public", ("starts_at", "ends_at"))

    @admin.display(description=_("where"), ordering="room")
    def where(self, announcement: Announcement) -> str:
        return announcement.room.name if announcement.room else gettext("everywhere")

    def save_model(
        self, request: HttpRequest, obj: Announcement, form: object, change: bool
    ) -> None:
        if not change:
            obj.made_by = cast(User, request.user)
        super().save_model(request, obj, form, change)


admin.site.register(Recording, RecordingAdmin)
admin.site.register(Stream, StreamAdmin)
admin.site.register(StreamAccount, StreamAccountAdmin)
