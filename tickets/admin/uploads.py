"""Spreadsheets of tickets in the admin: a file, its columns, the plan, and what came of it."""

from dataclasses import asdict
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lib.plans import PlanChanged
from schedule.site.scoped_admin import ScopedAdmin, conference_of
from tickets.admission.request import StaffRequest
from tickets.models import Upload
from tickets.sources.importing import TicketRemovalsRefused
from tickets.sources.reports import counts_in_words
from tickets.sources.spreadsheets.files import ENCODINGS, read_table
from tickets.sources.spreadsheets.tables import MAX_BYTES, BadSpreadsheet, Table
from tickets.sources.uploads.mapping import ColumnMapping, MappingForm
from tickets.sources.uploads.plan import (
    NotUndone,
    apply_upload,
    groups_of,
    plan_upload,
    undo_upload,
)
from tickets.sources.waiting import to_decide

# An upload writes all of these.
NEEDED = ("add_upload", "add_ticket", "change_ticket", "add_product")
SAMPLE_ROWS = 5
SHOWN_PROBLEMS = 200
SHOWN_LEFT = 50


class TicketFileForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("CSV, XLSX or ODS."))
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("Unicode (recognised by itself)")), *ENCODINGS.items()],
        help_text=_("Only for a CSV whose letters with accents come out wrong."),
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=100,
        help_text=_("Only for a workbook, if it is not the first one."),
    )

    def table(self) -> Table:
        """Raises BadSpreadsheet."""
        values = self.cleaned_data
        data = values["file"].read(MAX_BYTES + 1)
        return read_table(data, encoding=values["encoding"], sheet=values["sheet"])


@admin.register(Upload)
class UploadAdmin(ScopedAdmin):
    list_display = ("name", "uploaded_at", "uploaded_by", "what_came_of_it")
    list_select_related = ("uploaded_by",)
    ordering = ("-uploaded_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        return super().get_queryset(request).defer("rows", "before")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_url("<int:pk>/columns/", self.columns, "columns"),
            self.own_url("<int:pk>/plan/", self.plan, "plan"),
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
                table = form.table()
            except BadSpreadsheet as error:
                form.add_error("file", str(error))
            else:
                upload = Upload.objects.keep(
                    conference,
                    form.cleaned_data["file"].name,
                    table.pack(),
                    by=cast(StaffRequest, request).user,
                    at=timezone.now(),
                )
                if table.other_sheets:
                    text = gettext("This is the sheet “%(sheet)s”. The file also has: %(others)s.")
                    sheets = {"sheet": table.sheet, "others": ", ".join(table.other_sheets)}
                    self.message_user(request, text % sheets, messages.INFO)
                return redirect("admin:tickets_upload_columns", upload.pk)
        context = {"form": form, "title": gettext("Upload a spreadsheet of tickets")}
        return self.own_page(request, "file", context)

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = self._waiting(request, pk)
        if "discard" in request.POST:
            return self._discard(request, upload)
        conference = upload.conference
        table = Table.unpack(upload.rows)
        guess = ColumnMapping.of(upload) or ColumnMapping.guessed(table, conference)
        form = MappingForm(request.POST or None, table=table, guess=guess)
        problems: list[str] = []
        if request.method == "POST" and form.is_valid():
            try:
                form.mapping.tickets(table, conference)
            except BadSpreadsheet as error:
                problems = [str(row) for row in error.rows]
            else:
                upload.mapping = form.mapping.pack()
                upload.save(update_fields=["mapping"])
                return redirect("admin:tickets_upload_plan", upload.pk)
        context = {
            "upload": upload,
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

    def plan(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = self._waiting(request, pk)
        if "discard" in request.POST:
            return self._discard(request, upload)
        if not upload.mapping:
            return redirect("admin:tickets_upload_columns", upload.pk)
        try:
            if request.method == "POST":
                return self._apply(request, upload)
            planned = plan_upload(upload)
        except BadSpreadsheet as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:tickets_upload_columns", upload.pk)
        groups, title = groups_of(planned), gettext("What would change")
        context = {"upload": upload, "planned": planned, "groups": groups, "title": title}
        return self.own_page(request, "plan", context)

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
        except PlanChanged:
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
        return redirect("admin:tickets_upload_change", upload.pk)

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
