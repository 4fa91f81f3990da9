"""The conference itself, its rooms and its tracks in the admin."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schedule.admin.forms import ConferenceSettingsForm, HtmlTextsForm
from schedule.admin.talks import CountsTalks, TalkInline
from schedule.models import Conference, Room, Track
from schedule.site.conferences import directory, host_problem
from schedule.site.scoped_admin import NotDeleted, ScopedAdmin, ScopedInline, conference_of


@admin.register(Conference)
class ConferenceAdmin(ScopedAdmin):
    """A superuser sees every conference, others the one of this host, without changing where it is:
    another's host and another's secrets hang on that.
    """

    form = ConferenceSettingsForm
    list_display = ("name", "domain", "reached", "starts_on", "ends_on", "time_zone", "visibility")
    places = ("slug", "domain")
    list_filter = ("visibility",)
    search_fields = ("name", "slug", "domain")
    prepopulated_fields: ClassVar[dict[str, Sequence[str]]] = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "tagline", "domain")}),
        (
            _("When"),
            {"fields": ("starts_on", "ends_on", "time_zone", "day_starts_at_hour")},
        ),
        (
            _("Who sees it"),
            {
                "fields": (
                    "visibility",
                    "public_at",
                    "replays_end_at",
                    "languages",
                    "accent_colour",
                )
            },
        ),
        (_("Help"), {"fields": ("help_email", "help_url", "tickets_url")}),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Conference | None = None
    ) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, *self.places)

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Conference | None = None
    ) -> dict[str, Sequence[str]]:
        # The slug of one that is there stays: secrets and commands call it so.
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Conference, form: ConferenceSettingsForm, change: bool
    ) -> None:
        before = Conference.objects.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        if before and {"time_zone", "day_starts_at_hour"} & set(form.changed_data):
            obj.talks.all().keep_days(before)
            obj.feeds.all().forget_answers()

    @admin.display(description=_("reached"))
    def reached(self, conference: Conference) -> str:
        is_alone = len(directory().conferences) == 1
        return host_problem(conference, is_alone=is_alone) or gettext("yes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conference]:
        conferences = Conference.objects.order_by("-starts_on", "slug")
        if request.user.is_superuser:
            return conferences
        here = conference_of(request)
        return conferences.filter(pk=here.pk) if here else conferences.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_superuser


@admin.register(Room)
class RoomAdmin(NotDeleted, CountsTalks):
    form = HtmlTextsForm
    list_display: tuple[str, ...] = ("name", "slug", "position", "talk_count")
    ordering = ("position", "name", "pk")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "position", "helpers", "description")
    autocomplete_fields = ("helpers",)
    prepopulated_fields: ClassVar[dict[str, Sequence[str]]] = {"slug": ("name",)}
    inlines: ClassVar[tuple[type[ScopedInline], ...]] = (TalkInline,)
    save_on_top = True

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Room | None = None
    ) -> dict[str, Sequence[str]]:
        # A room that is renamed keeps its address.
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_inlines(
        self, request: HttpRequest, obj: Room | None
    ) -> tuple[type[InlineModelAdmin[Any, Any]], ...]:
        """None while the room is being made: streams are checked against its conference."""
        return tuple(super().get_inlines(request, obj)) if obj else ()


@admin.register(Track)
class TrackAdmin(ScopedAdmin):
    list_display = ("name", "slug", "colour")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "colour")
    prepopulated_fields: ClassVar[dict[str, Sequence[str]]] = {"slug": ("name",)}
