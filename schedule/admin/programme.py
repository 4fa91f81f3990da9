from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import ColorInput
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from schedule.admin.feeds import FeedAdmin, FeedItemAdmin
from schedule.admin.forms import ConferenceSettingsForm, RoomForm, SpeakerForm, TalkForm
from schedule.changes.recorder import ChangeRecorder
from schedule.models import Change, Conference, Feed, FeedItem, Override, Room, Speaker, Talk, Track
from schedule.models.codes import ALPHABET, CODE_CHARS
from schedule.site.scoped_admin import (
    NotDeleted,
    ReadOnly,
    ScopedAdmin,
    ScopedInline,
    conference_of,
    person,
)

ANYWHERE = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)


def span(starts_at: datetime, ends_at: datetime) -> str:
    """In the conference's zone, which the admin's pages are in (portal/admin.py)."""
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    return f"{date_format(start, 'D j M, H:i')}–{date_format(end, 'H:i')}"


class TalkMarks:
    """Columns of talks, in the list and in the form of a room."""

    @admin.display(description=_("time"), ordering="starts_at")
    def when(self, talk: Talk) -> str:
        return span(talk.starts_at, talk.ends_at)

    @admin.display(description=_("marks"))
    def marks(self, talk: Talk) -> str:
        marks = []
        if talk.is_canceled:
            marks.append(gettext("canceled"))
        if talk.is_hidden:
            marks.append(gettext("hidden"))
        if talk.is_moved and talk.planned_starts_at is not None:
            planned = date_format(timezone.localtime(talk.planned_starts_at), "H:i")
            marks.append(gettext("moved from %(time)s") % {"time": planned})
        if talk.delivery != Talk.Delivery.LIVE:
            marks.append(talk.get_delivery_display())
        if talk.may_be_replayed:
            marks.append(gettext("may be replayed"))
        return ", ".join(marks)


@admin.register(Conference)
class ConferenceAdmin(ScopedAdmin):
    """A superuser sees every conference, others the one of this host."""

    form = ConferenceSettingsForm
    list_display = ("name", "domain", "starts_on", "ends_on", "time_zone", "visibility")
    list_filter = ("visibility",)
    search_fields = ("name", "slug", "domain")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conference]:
        conferences = Conference.objects.order_by("-starts_on", "slug")
        if request.user.is_superuser:
            return conferences
        here = conference_of(request)
        return conferences.filter(pk=here.pk) if here else conferences.none()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "accent_colour":
            kwargs["widget"] = ColorInput()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


class TalkInline(ReadOnly, TalkMarks, ScopedInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """To look at and to go to. Not to be typed into: whoever saves a stream in a form that was
    opened an hour ago must not put the talks back to where they were then.
    """

    model = Talk
    fk_name = "room"
    fields = readonly_fields = ("when", "kind", "marks")
    ordering = ("starts_at", "pk")
    show_change_link = True
    view_on_site = False


@admin.register(Room)
class RoomAdmin(NotDeleted, ScopedAdmin):
    form = RoomForm
    list_display: tuple[str, ...] = ("name", "slug", "position", "talk_count")
    ordering = ("position", "name", "pk")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "position", "helpers", "description")
    autocomplete_fields = ("helpers",)
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
    inlines: ClassVar[Any] = (TalkInline,)
    save_on_top = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(talk_count=Count("talks"))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        # A room that is renamed keeps its address.
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Room | None) -> Any:
        """None while the room is being made: streams are checked against its conference."""
        return super().get_inlines(request, obj) if obj else ()

    @admin.display(description=_("talks"), ordering="talk_count")
    def talk_count(self, room: Any) -> int:
        count: int = room.talk_count
        return count


@admin.register(Track)
class TrackAdmin(ScopedAdmin):
    list_display = ("name", "slug", "colour")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "colour")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}


class WithCode(ScopedAdmin):
    """Proposes a code when something is added by hand."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        code = get_random_string(CODE_CHARS, ALPHABET)
        return {"code": code, **super().get_changeform_initial_data(request)}


@admin.register(Speaker)
class SpeakerAdmin(WithCode):
    form = SpeakerForm
    list_display = ("name", "code", "email", "talk_count")
    ordering = ("name", "pk")
    search_fields = ("name", "code", "email")
    fields = ("name", "code", "email", "avatar_url", "biography")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(talk_count=Count("talks"))

    @admin.display(description=_("talks"), ordering="talk_count")
    def talk_count(self, speaker: Any) -> int:
        count: int = speaker.talk_count
        return count


@admin.register(Talk)
class TalkAdmin(NotDeleted, TalkMarks, WithCode):
    form = TalkForm
    list_display = ("when", "room", "title", "kind", "marks")
    list_display_links = ("title",)
    list_select_related = ("room",)
    list_filter = (
        "is_canceled",
        "is_hidden",
        ("room", admin.RelatedOnlyFieldListFilter),
        "kind",
        "delivery",
        "may_be_replayed",
        ("track", admin.RelatedOnlyFieldListFilter),
        ("language", admin.AllValuesFieldListFilter),
    )
    date_hierarchy = "starts_at"
    search_fields = ("title", "code", "speakers__name")
    autocomplete_fields = ("room", "also_in", "track", "speakers", "chairs")
    actions = ("cancel", "restore", "agree", "disagree", "follow_feed")
    readonly_fields = ("set_here",)
    fieldsets = (
        (None, {"fields": ("title", "subtitle", "code", "kind", "delivery", "language")}),
        (
            _("When and where"),
            {
                "fields": (
                    "starts_at",
                    "ends_at",
                    "room",
                    "also_in",
                    "is_canceled",
                    "is_hidden",
                    "planned_starts_at",
                )
            },
        ),
        (_("Who"), {"fields": ("speakers", "chairs", "track", "series")}),
        (_("What"), {"fields": ("abstract", "description", "links")}),
        (_("Afterwards"), {"fields": ("may_be_replayed",)}),
        (_("Import"), {"fields": ("set_here",)}),
    )

    def save_model(self, request: HttpRequest, obj: Talk, form: Any, change: bool) -> None:
        """As one Change, together with the fields of many, which the form would save later."""
        summary = obj.title if change else gettext("Added: %(title)s") % {"title": obj.title}
        changing = ChangeRecorder(
            obj.conference, Change.Act.ADMIN, actor=person(request), summary=summary
        )
        if change:
            # `obj` has the form's values already; what it had is in the database.
            talk = Talk.objects.select_for_update(of=("self",)).get(pk=obj.pk)
            changing.set(talk, **{name: form.cleaned_data[name] for name in form.changed_data})
        else:
            changing.add(obj)
        changing.write()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if not change:
            form.save_m2m()
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    @admin.display(description=_("set here"), empty_value="–")
    def set_here(self, talk: Talk) -> str:
        """The fields that imports leave alone."""
        if talk.pk is None or not talk.feed_items.exists():
            return ""
        names = talk.overrides.order_by("field").values_list("field", flat=True)
        return ", ".join(
            str(getattr(Talk._meta.get_field(name), "verbose_name", name)) for name in names
        )

    @admin.action(
        permissions=["change"],
        description=_("Follow the feed again: imports may overwrite what was set here"),
        location=ANYWHERE,
    )
    def follow_feed(self, request: HttpRequest, talks: QuerySet[Talk]) -> None:
        count, _by_model = Override.objects.filter(talk__in=talks).delete()
        text = ngettext(
            "%(count)d field follows its feed again.",
            "%(count)d fields follow their feed again.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(
        permissions=["change"], description=_("Cancel: keep it, with a mark"), location=ANYWHERE
    )
    def cancel(self, request: HttpRequest, talks: QuerySet[Talk]) -> None:
        count = self._set_canceled(request, talks, True)
        text = ngettext("%(count)d talk canceled.", "%(count)d talks canceled.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(
        permissions=["change"], description=_("Restore: it takes place"), location=ANYWHERE
    )
    def restore(self, request: HttpRequest, talks: QuerySet[Talk]) -> None:
        count = self._set_canceled(request, talks, False)
        text = ngettext("%(count)d talk restored.", "%(count)d talks restored.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(
        permissions=["change"],
        description=_("The speakers agree to the recording"),
        location=ANYWHERE,
    )
    def agree(self, request: HttpRequest, talks: QuerySet[Talk]) -> None:
        """But for those of whom a feed says that they do not: they have to say it there."""
        refusing = talks.filter(feed_items__values__do_not_record=True)
        if titles := ", ".join(talk.title for talk in refusing):
            text = gettext("Their feed says that they may not be recorded: %(titles)s")
            self.message_user(request, text % {"titles": titles}, messages.WARNING)
        self._set_replayed(request, talks.exclude(pk__in=refusing.values("pk")), True)

    @admin.action(
        permissions=["change"],
        description=_("The speakers do not agree to the recording"),
        location=ANYWHERE,
    )
    def disagree(self, request: HttpRequest, talks: QuerySet[Talk]) -> None:
        self._set_replayed(request, talks, False)

    def _set_replayed(self, request: HttpRequest, talks: QuerySet[Talk], may: bool) -> None:
        count = self._set(request, talks, gettext("Consent to the recording"), may_be_replayed=may)
        text = ngettext("%(count)d talk changed.", "%(count)d talks changed.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    def _set_canceled(self, request: HttpRequest, talks: QuerySet[Talk], canceled: bool) -> int:
        what = gettext("Canceled") if canceled else gettext("Restored")
        return self._set(request, talks, what, is_canceled=canceled)

    def _set(self, request: HttpRequest, talks: QuerySet[Talk], what: str, **values: bool) -> int:
        """How many it changed. Each gets a line in its history."""
        conference = conference_of(request)
        if conference is None:
            return 0
        changed = list(talks.exclude(**values))
        titles = ", ".join(talk.title for talk in changed[:3]) + ("…" if len(changed) > 3 else "")
        summary = f"{what}: {titles}"[:300]
        changing = ChangeRecorder(
            conference, Change.Act.ADMIN, actor=person(request), summary=summary
        )
        for talk in changed:
            changing.set(talk, **values)
        with transaction.atomic():
            changing.write()
        names = [str(getattr(Talk._meta.get_field(name), "verbose_name", name)) for name in values]
        for talk in changed:
            self.log_change(request, talk, [{"changed": {"fields": names}}])
        return len(changed)


admin.site.register(Feed, FeedAdmin)
admin.site.register(FeedItem, FeedItemAdmin)
