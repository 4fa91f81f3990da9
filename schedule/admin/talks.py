"""Talks and their speakers in the admin. What is typed and what is ticked becomes a Change."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from schedule.admin.forms import HtmlTextsForm, TalkForm
from schedule.changes.recorder import ChangeRecorder
from schedule.models import TIMES, Change, Override, Room, Speaker, Talk, with_times
from schedule.models.codes import ALPHABET, CODE_CHARS
from schedule.site.scoped_admin import (
    NotDeleted,
    ReadOnly,
    ScopedAdmin,
    ScopedInline,
    person,
    required_conference,
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
        if talk.is_all_day:
            days = talk.days(talk.conference)
            until = f"–{date_format(days[-1], 'D j M')}" if len(days) > 1 else ""
            return f"{date_format(days[0], 'D j M')}{until}, {gettext('all day')}"
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


class CountsTalks(ScopedAdmin):
    """With a column that says how many talks there are of it."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(talk_count=Count("talks"))

    @admin.display(description=_("talks"), ordering="talk_count")
    def talk_count(self, row: Any) -> int:
        return int(row.talk_count)


class ProposesCode(ScopedAdmin):
    """When something is added by hand."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        code = get_random_string(CODE_CHARS, ALPHABET)
        return {"code": code, **super().get_changeform_initial_data(request)}


@admin.register(Speaker)
class SpeakerAdmin(ProposesCode, CountsTalks):
    form = HtmlTextsForm
    list_display = ("name", "code", "email", "talk_count")
    ordering = ("name", "pk")
    search_fields = ("name", "code", "email")
    fields = ("name", "code", "email", "avatar_url", "biography")


class TalkInline(ReadOnly, TalkMarks, ScopedInline, admin.TabularInline[Talk, Room]):
    """To look at and to go to. Not to be typed into: whoever saves a stream in a form that was
    opened an hour ago must not put the talks back to where they were then.
    """

    model = Talk
    fk_name = "room"
    fields = readonly_fields = ("when", "kind", "marks")
    ordering = ("starts_at", "pk")
    show_change_link = True
    view_on_site = False


@admin.register(Talk)
class TalkAdmin(NotDeleted, TalkMarks, ProposesCode):
    form = TalkForm
    list_display = ("when", "room", "title", "kind", "marks")
    list_display_links = ("title",)
    list_select_related = ("room", "conference")
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
                    "is_all_day",
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
            values = {name: form.cleaned_data[name] for name in form.changed_data}
            if not TIMES.isdisjoint(values):
                values |= {name: getattr(obj, name) for name in TIMES}
            changing.set(talk, **values)
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
        names = with_times(talk.overrides.values_list("field", flat=True))
        return ", ".join(map(Talk.field_label, sorted(names)))

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
        done = ngettext_lazy("%(count)d talk canceled.", "%(count)d talks canceled.", "count")
        self._set(request, talks, gettext("Canceled"), done, is_canceled=True)

    @admin.action(
        permissions=["change"], description=_("Restore: it takes place"), location=ANYWHERE
    )
    def restore(self, request: HttpRequest, talks: QuerySet[Talk]) -> None:
        done = ngettext_lazy("%(count)d talk restored.", "%(count)d talks restored.", "count")
        self._set(request, talks, gettext("Restored"), done, is_canceled=False)

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
        self._set_consent(request, talks.exclude(pk__in=refusing.values("pk")), True)

    @admin.action(
        permissions=["change"],
        description=_("The speakers do not agree to the recording"),
        location=ANYWHERE,
    )
    def disagree(self, request: HttpRequest, talks: QuerySet[Talk]) -> None:
        self._set_consent(request, talks, False)

    def _set_consent(self, request: HttpRequest, talks: QuerySet[Talk], agreed: bool) -> None:
        done = ngettext_lazy("%(count)d talk changed.", "%(count)d talks changed.", "count")
        what = gettext("Consent to the recording")
        self._set(request, talks, what, done, may_be_replayed=agreed)

    def _set(
        self, request: HttpRequest, talks: QuerySet[Talk], what: str, done: Promise, **values: bool
    ) -> None:
        """As one Change. Each talk gets a line in its history."""
        changed = list(talks.exclude(**values))
        titles = ", ".join(talk.title for talk in changed[:3]) + ("…" if len(changed) > 3 else "")
        summary = f"{what}: {titles}"[:300]
        changing = ChangeRecorder(
            required_conference(request), Change.Act.ADMIN, actor=person(request), summary=summary
        )
        for talk in changed:
            changing.set(talk, **values)
        with transaction.atomic():
            changing.write()
        names = [Talk.field_label(name) for name in values]
        for talk in changed:
            self.log_change(request, talk, [{"changed": {"fields": names}}])
        self.message_user(request, done % {"count": len(changed)}, messages.SUCCESS)
