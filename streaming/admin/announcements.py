from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ScopedAdmin, person
from streaming.models import Announcement


class AnnouncementAdmin(ScopedAdmin):
    list_display = ("text", "urgency", "where", "is_public", "starts_at", "ends_at", "made_by")
    list_filter = ("urgency", "is_public", ("room", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("room", "made_by")
    search_fields = ("text",)
    fields = ("text", "urgency", "room", "is_public", ("starts_at", "ends_at"))

    @admin.display(description=_("where"), ordering="room")
    def where(self, announcement: Announcement) -> str:
        return announcement.room.name if announcement.room else gettext("everywhere")

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        if not change:
            obj.made_by = person(request)  # type: ignore[assignment]  # a User
        super().save_model(request, obj, form, change)
