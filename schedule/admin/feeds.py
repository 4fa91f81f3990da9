"""Feeds in the admin: upload a file, ask an address, review what it says, take an import back."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lib.plans import PlanChanged
from schedule.admin.review import decide, review_context
from schedule.changes.recorder import UndoRefused
from schedule.changes.removals import RemovalsRefused
from schedule.changes.undoing import UndoPlan, undo_as_seen
from schedule.feeds.formats.problems import Problem, ProgrammeError
from schedule.feeds.formats.registry import known_formats
from schedule.feeds.formats.source import MAX_BYTES
from schedule.feeds.importing.checking import CheckOutcome, check_feed
from schedule.feeds.importing.import_file import find_feed
from schedule.feeds.importing.plan import ImportPlan
from schedule.feeds.importing.reviewing import keep_review, make_again, read
from schedule.feeds.importing.waiting import (
    may_import,
    missing_in_words,
    waiting_in_words,
)
from schedule.models import Change, Conference, Feed, FeedItem, ImportReview
from schedule.site.scoped_admin import (
    ReadOnly,
    ScopedAdmin,
    conference_of,
    person,
    required_conference,
)

LISTED_IMPORTS = 10


def format_choices() -> list[tuple[str, str]]:
    return [("", "—"), *((one.name, one.label) for one in known_formats())]


class ScheduleUploadForm(forms.Form):
    file = forms.FileField(label=_("file"))
    format = forms.ChoiceField(
        label=_("format"),
        required=False,
        choices=format_choices,
        help_text=_("Only if it is not recognised."),
    )

    def review(self, conference: Conference) -> tuple[Feed, ImportReview | None]:
        """Raises ProgrammeError."""
        file = self.cleaned_data["file"]
        data = file.read(MAX_BYTES + 1)
        programme = read(
            conference,
            data,
            format=self.cleaned_data["format"] or None,
            believe_clock=conference.feeds.believes_clock(file.name),
        )
        with transaction.atomic():
            conference.one_writer("programme")
            feed = find_feed(conference, file.name, programme)
            feed.save()
            at = timezone.now()
            review = keep_review(ImportPlan(conference, feed, programme), data, at)
        return feed, review if review is not None and review.lines_at(at) else None


@admin.register(Feed)
class FeedAdmin(ScopedAdmin):
    list_display = ("source", "format", "last_imported_at", "item_count", "waiting", "last_error")
    ordering = ("source",)
    search_fields = ("source", "address")
    readonly_fields = (
        "waiting",
        "imports",
        "format",
        "last_imported_at",
        "last_checked_at",
        "last_error",
    )
    fields = (
        "source",
        "address",
        "check_every_minutes",
        "applies_by_itself",
        "believes_clock",
        *readonly_fields,
    )
    actions = ("check_now",)
    change_list_template = "admin/schedule/feed/change_list.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        feeds = super().get_queryset(request).select_related("review")
        return feeds.annotate(item_count=Count("items")).defer("review__packed")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_url("upload/", self.upload, "upload"),
            self.own_url("<int:pk>/review/", self.review, "review"),
            self.own_url("<int:pk>/imported/<int:change_pk>/", self.imported, "imported"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Feed | None = None) -> bool:
        """With its items would go what tells talks apart in the next import."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.items.exists()

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may_import(request.user, conference_of(request))

    def save_model(self, request: HttpRequest, obj: Feed, form: Any, change: bool) -> None:
        if {"address", "believes_clock"} & set(form.changed_data):
            obj.forget_answer()
        super().save_model(request, obj, form, change)
        if "believes_clock" in form.changed_data:
            review = ImportReview.objects.filter(feed=obj).first()
            if review is not None:
                make_again(review, timezone.now())

    @admin.display(description=_("talks"), ordering="item_count")
    def item_count(self, feed: Any) -> int:
        return int(feed.item_count)

    @admin.display(description=_("waiting"))
    def waiting(self, feed: Feed) -> str:
        review = getattr(feed, "review", None)
        if review is None:
            return "–"
        url = reverse("admin:schedule_feed_review", args=[feed.pk])
        return format_html('<a href="{}">{}</a>', url, waiting_in_words(review, timezone.now()))

    @admin.display(description=_("last imports"), empty_value="–")
    def imports(self, feed: Feed) -> str:
        """What it did, by a timer too, each with the page on which it is undone."""
        if not feed.pk:
            return ""
        changes = feed.changes.filter(act=Change.Act.IMPORT).newest_first()[:LISTED_IMPORTS]
        return format_html_join(
            SafeString("<br>"),
            '<a href="{}">{}</a>, {}',
            (
                (
                    reverse("admin:schedule_feed_imported", args=[feed.pk, change.pk]),
                    change,
                    date_format(timezone.localtime(change.made_at), "D j M, H:i"),
                )
                for change in changes
            ),
        )

    @admin.action(
        permissions=["import"],
        description=_("Check now"),
        location=(ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM),
    )
    def check_now(self, request: HttpRequest, feeds: QuerySet[Feed]) -> HttpResponse | None:
        checks = [
            check_feed(feed, at=timezone.now(), actor=person(request))
            for feed in Feed.objects.filter(pk__in=feeds.values("pk")).select_related("conference")
            if feed.address
        ]
        words = {
            CheckOutcome.UNCHANGED: gettext("nothing new"),
            CheckOutcome.APPLIED: gettext("applied"),
            CheckOutcome.WAITING: gettext("waits for a review"),
            CheckOutcome.FAILED: gettext("could not be read"),
        }
        for check in checks:
            level = messages.ERROR if check.error else messages.SUCCESS
            missing = missing_in_words(check.missing) if check.missing else ""
            text = f"{check.feed}: {words[check.outcome]}. {missing}{check.error}"
            self.message_user(request, text, level)
        if not checks:
            text = gettext("This feed has no address. Upload its file.")
            self.message_user(request, text, messages.WARNING)
        if len(checks) == 1 and (checks[0].waiting or checks[0].missing):
            return redirect("admin:schedule_feed_review", checks[0].feed.pk)
        return None

    def upload(self, request: HttpRequest) -> HttpResponse:
        conference = required_conference(request)
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ScheduleUploadForm(request.POST or None, request.FILES or None)
        problems: Sequence[Problem] = ()
        if request.method == "POST" and form.is_valid():
            try:
                feed, review = form.review(conference)
            except ProgrammeError as error:
                form.add_error("file", str(error))
                problems = error.problems[1:]
            else:
                if review is not None:
                    return redirect("admin:schedule_feed_review", feed.pk)
                text = gettext("The programme already is what this file says.")
                self.message_user(request, text, messages.SUCCESS)
                return redirect("admin:schedule_feed_changelist")
        context = {"form": form, "problems": problems, "title": gettext("Import a file")}
        return self.own_page(request, "upload", context)

    def review(self, request: HttpRequest, pk: int) -> HttpResponse:
        feed = self._feed(request, pk)
        review = ImportReview.objects.filter(feed=feed).select_related("feed__conference").first()
        if review is None:
            self.message_user(request, gettext("Nothing waits for a review."), messages.INFO)
            return redirect("admin:schedule_feed_change", feed.pk)
        if request.method == "POST":
            return decide(request, review)
        return self.own_page(request, "review", review_context(review, timezone.now()))

    def imported(self, request: HttpRequest, pk: int, change_pk: int) -> HttpResponse:
        feed = self._feed(request, pk)
        changes = Change.objects.filter(feed=feed, act=Change.Act.IMPORT)
        change = get_object_or_404(changes.select_related("actor", "undone_by"), pk=change_pk)
        last = change.last_word
        review = ImportReview.objects.filter(feed=feed).first()
        if request.method == "POST" and self._undo(request, last):
            return redirect(request.path)
        at = timezone.now()
        context = {
            "title": gettext("What was imported"),
            "change": change,
            "feed": feed,
            "is_undone": change.is_undone,
            "plan": UndoPlan.of(last, at),
            "waiting": waiting_in_words(review, at) if review is not None else "",
        }
        return self.own_page(request, "imported", context)

    def _undo(self, request: HttpRequest, change: Change) -> bool:
        """Whether it is done."""
        try:
            undo_as_seen(
                change,
                actor=person(request),
                summary=gettext("Undone: %s") % change,
                digest=request.POST.get("digest", ""),
                accepts_removals="accept_removals" in request.POST,
                at=timezone.now(),
            )
        except PlanChanged:
            text = gettext("Nothing was undone. This is what would happen now.")
            self.message_user(request, text, messages.WARNING)
        except RemovalsRefused as refused:
            text = gettext("Nothing was undone. %(reasons)s If that is right, tick the box.")
            self.message_user(request, text % {"reasons": refused}, messages.ERROR)
        except UndoRefused as changed:
            fields = "; ".join(str(field) for field in changed.fields[:10])
            text = gettext("Not undone, because this has changed since: %(fields)s")
            self.message_user(request, text % {"fields": fields}, messages.ERROR)
        else:
            text = gettext("Undone.")
            if change.act == Change.Act.IMPORT:
                text = gettext("Undone. The feed no longer applies by itself.")
            self.message_user(request, text, messages.SUCCESS)
            return True
        return False

    def _feed(self, request: HttpRequest, pk: int) -> Feed:
        if not self.has_import_permission(request):
            raise PermissionDenied
        feed: Feed = get_object_or_404(super().get_queryset(request), pk=pk)
        return feed


@admin.register(FeedItem)
class FeedItemAdmin(ReadOnly, ScopedAdmin):
    conference_lookup = "feed__conference"
    form = forms.ModelForm
    list_display = ("talk", "key", "feed", "missing_since", "is_hidden")
    list_select_related = ("talk", "feed")
    list_filter = (
        ("missing_since", admin.EmptyFieldListFilter),
        ("feed", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("talk__title", "talk__code", "key")
    fields = ("talk", "feed", "key", "ordinal", "guid", "missing_since", "missing_looks", "values")

    @admin.display(description=_("hidden"), boolean=True)
    def is_hidden(self, item: FeedItem) -> bool:
        return item.talk.is_hidden
