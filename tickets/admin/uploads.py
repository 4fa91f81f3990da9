"""Spreadsheets of tickets in the admin: a file, its columns, the plan, and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lib.plans import PlanChanged
from schedule.site.access import for_programs
from schedule.site.scoped_admin import ScopedAdmin, conference_of
from tickets.admission.request import StaffRequest
from tickets.models import Upload
from tickets.sources.importing import TicketRemovalsRefused
from tickets.sources.reports import counts_in_words
from tickets.sources.spreadsheets.books import Book
from tickets.sources.spreadsheets.set_aside import csv_of
from tickets.sources.spreadsheets.tables import BadSpreadsheet
from tickets.sources.uploads.applying import NotUndone, apply_upload, undo_upload
from tickets.sources.uploads.mapping import ColumnMapping, MappingForm
from tickets.sources.uploads.plan import UploadPlan, groups_of, plan_upload
from tickets.sources.uploads.reading import PlaceForm, TicketFileForm
from tickets.sources.waiting import opened_in_words, to_decide

# An upload writes all of these.
NEEDED = ("add_upload", "add_ticket", "change_ticket", "add_product")
SAMPLE_ROWS = 5
SHOWN_PROBLEMS = 200
SHOWN_LEFT = 50
SHOWN_SHARED = 20


@admin.register(Upload)
class UploadAdmin(ScopedAdmin):
    list_display = ("name", "uploaded_at", "uploaded_by", "what_came_of_it")
    list_select_related = ("uploaded_by",)
    ordering = ("-uploaded_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        return super().get_queryset(request).defer("rows", "before", "set_aside")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_url("<int:pk>/columns/", self.columns, "columns"),
            self.own_url("<int:pk>/plan/", self.plan, "plan"),
            self.own_url("<int:pk>/set-aside/", self.set_aside, "set_aside"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        conference = conference_of(request)
        return conference is not None and all(
            request.user.has_perm(f"tickets.{codename}", conference) for codename in NEEDED
        )

    def has_delete_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return False

    @admin.display(description=_("what came of it"))
    def what_came_of_it(self, upload: Upload) -> str:
        if upload.undone_at is not None:
            return gettext("undone")
        if upload.applied_at is None:
            return gettext("waits to be applied")
        return gettext("applied: %(counts)s") % {"counts": counts_in_words(upload.counts)}

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        conference = conference_of(request)
        if conference is None or not self.has_add_permission(request):
            raise PermissionDenied
        form = TicketFileForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            try:
                book = form.book()
                table = book.table
            except BadSpreadsheet as error:
                form.add_error("file", str(error))
            else:
                by = cast(StaffRequest, request).user
                # The file of this person that still waits is forgotten, but not its columns.
                last = ColumnMapping.last(conference, by)
                upload = Upload.objects.keep(
                    conference,
                    form.cleaned_data["file"].name,
                    book.pack(),
                    by=by,
                    at=timezone.now(),
                    mapping=last.pack() if last.is_of(table) else {},
                )
                step = "plan" if last.has_all_of(table) else "columns"
                return redirect(f"admin:tickets_upload_{step}", upload.pk)
        context = {"form": form, "title": gettext("Upload a spreadsheet of tickets")}
        return self.own_page(request, "file", context)

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = self._waiting(request, pk)
        if "discard" in request.POST:
            return self._discard(request, upload)
        book = Book.unpack(upload.rows)
        if "place" in request.POST:
            return self._place(request, upload, book)
        table, conference = book.table, upload.conference
        guess = ColumnMapping.of(upload)
        if guess is None or not guess.is_of(table):
            guess = ColumnMapping.guessed(table, conference)
        form = MappingForm(request.POST or None, table=table, guess=guess)
        if form.is_valid():
            upload.mapping = form.mapping.pack()
            upload.save(update_fields=["mapping"])
            return redirect("admin:tickets_upload_plan", upload.pk)
        problems = [str(row) for row in form.problems(conference)]
        context = {
            "upload": upload,
            "book": book,
            "place": PlaceForm(None, book),
            "form": form,
            "header": table.header,
            "sample": table.rows[:SAMPLE_ROWS],
            "row_count": len(table.rows),
            "problems": problems[:SHOWN_PROBLEMS],
            "problem_count": len(problems),
            "more_problems": len(problems) - SHOWN_PROBLEMS,
            "title": gettext("Which column is which?"),
        }
        return self.own_page(request, "columns", context)

    def _place(self, request: HttpRequest, upload: Upload, book: Book) -> HttpResponse:
        form = PlaceForm(request.POST, book)
        try:
            if form.is_valid() and (placed := form.placed()).table:
                upload.rows, upload.mapping = placed.pack(), {}
                upload.save(update_fields=["rows", "mapping"])
        except BadSpreadsheet as error:
            self.message_user(request, str(error), messages.ERROR)
        return redirect("admin:tickets_upload_columns", upload.pk)

    def plan(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = self._waiting(request, pk)
        if "discard" in request.POST:
            return self._discard(request, upload)
        if request.method == "POST" and upload.mapping:
            return self._apply(request, upload)
        planned = _planned(upload)
        if planned is None or not planned.is_answered:
            return redirect("admin:tickets_upload_columns", upload.pk)
        problems = planned.read.problems
        context = {
            "upload": upload,
            "planned": planned,
            "groups": groups_of(planned),
            "problems": problems[:SHOWN_PROBLEMS],
            "more_problems": len(problems) - SHOWN_PROBLEMS,
            "shared": planned.summary.shared_addresses[:SHOWN_SHARED],
            "more_shared": len(planned.summary.shared_addresses) > SHOWN_SHARED,
            "title": gettext("What would change"),
        }
        return self.own_page(request, "plan", context)

    @for_programs
    def set_aside(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The rows with a problem as a file, before the others are applied or for a day after."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        uploads = Upload.objects.filter(conference=conference_of(request))
        upload = get_object_or_404(uploads.select_related("conference"), pk=pk)
        cells = upload.set_aside
        if upload.applied_at is None and (planned := _planned(upload)):
            cells = planned.set_aside_cells
        if not cells:
            raise Http404
        response = HttpResponse(csv_of(cells), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="set-aside.csv"'
        return response

    def _apply(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        here = redirect(request.path)
        try:
            written = apply_upload(
                upload,
                digest=request.POST.get("digest", ""),
                at=timezone.now(),
                cancels_missing="cancels_missing" in request.POST,
                accepts_removals="accepts_removals" in request.POST,
            )
        except (PlanChanged, BadSpreadsheet):
            text = gettext(
                "The tickets have changed since this page was made. Nothing was applied; look again."
            )
            self.message_user(request, text, messages.ERROR)
            return here
        except TicketRemovalsRefused as refused:
            text = gettext("Nothing was applied. %(reason)s If that is right, tick that it is.")
            self.message_user(request, text % {"reason": refused}, messages.ERROR)
            return here
        self.log_change(request, upload, gettext("applied"))
        text = gettext("Applied: %(counts)s.") % {"counts": counts_in_words(asdict(written))}
        self.message_user(request, text, messages.SUCCESS)
        self._say_opened(request, written.opened_products)
        return redirect("admin:tickets_upload_change", upload.pk)

    def _say_opened(self, request: HttpRequest, names: Sequence[str]) -> None:
        for name in names:
            self.message_user(request, opened_in_words(name), messages.WARNING)

    def _discard(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        upload.delete()
        self.message_user(request, gettext("Discarded. No ticket was changed."), messages.SUCCESS)
        return redirect("admin:tickets_upload_changelist")

    def change_view(
        self, request: HttpRequest, object_id: str, *_args: object, **_options: object
    ) -> HttpResponse:
        """What came of it, or where it waits."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self.get_object(request, object_id)
        if upload is None:
            return redirect("admin:tickets_upload_changelist")
        if upload.applied_at is None:
            step = "plan" if upload.mapping else "columns"
            return redirect(f"admin:tickets_upload_{step}", upload.pk)
        if request.method == "POST":
            return self._undo(request, upload)
        context = {
            "upload": upload,
            "set_aside": len(upload.set_aside[1:]),
            **to_decide(request.user, upload.conference),
            "can_be_undone": upload.can_be_undone(timezone.now())
            and self.has_add_permission(request),
            "title": gettext("What came of the spreadsheet"),
        }
        return self.own_page(request, "applied", context)

    def _undo(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            undone = undo_upload(upload, at=timezone.now())
        except NotUndone:
            text = gettext("Not undone: all these tickets have changed since, or it is too late.")
            self.message_user(request, text, messages.ERROR)
            return redirect(request.path)
        self.log_change(request, upload, gettext("undone"))
        text = ngettext("%(count)d ticket is back.", "%(count)d tickets are back.", undone.count)
        self.message_user(request, text % {"count": undone.count}, messages.SUCCESS)
        self._say_opened(request, undone.opened)
        if undone.left:
            text = gettext("These have changed since and stay as they are: %(codes)s")
            codes = ", ".join(undone.left[:SHOWN_LEFT])
            if len(undone.left) > SHOWN_LEFT:
                codes += " …"
            self.message_user(request, text % {"codes": codes}, messages.WARNING)
        return redirect(request.path)

    def _waiting(self, request: HttpRequest, pk: int) -> Upload:
        if not self.has_add_permission(request):
            raise PermissionDenied
        waiting = Upload.objects.waiting().filter(conference=conference_of(request))
        return get_object_or_404(waiting.select_related("conference"), pk=pk)


def _planned(upload: Upload) -> UploadPlan | None:
    """None: nobody has chosen columns, or they are of another sheet."""
    try:
        return plan_upload(upload) if upload.mapping else None
    except BadSpreadsheet:
        return None
