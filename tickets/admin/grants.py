"""Grants and bans in the admin: what lets people in without a ticket, and what keeps them out."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ScopedAdmin, ScopedInline
from tickets.admission.request import StaffRequest
from tickets.grants.forms import ScopesForm
from tickets.grants.granting import give_grants, read_grants
from tickets.models import Ban, Grant, User
from tickets.models.grants import OrganizerDecision, OrganizerDecisionQuerySet
from tickets.models.scopes import forget_admissions
from tickets.sources.spreadsheets.tables import MAX_BYTES, BadSpreadsheet


class GrantFileForm(forms.Form):
    file = forms.FileField(label=_("file"))


class DecisionAdmin(ScopedAdmin):
    """What one organizer gives to one person: the person's admission is worked out again."""

    readonly_fields = ("given_by",)
    autocomplete_fields = ("user",)
    list_select_related = ("user", "given_by")
    list_filter = ("starts_at", "ends_at")
    search_fields = ("user__email", "user__display_name", "reason")

    def save_model(
        self, request: HttpRequest, obj: OrganizerDecision, form: Any, change: bool
    ) -> None:
        obj.given_by = obj.given_by or cast(StaffRequest, request).user
        super().save_model(request, obj, form, change)
        # What was given to another person is taken from the first.
        people = filter(None, [obj.user_id, form.initial.get("user")])
        forget_admissions((obj.conference_id, user_id) for user_id in people)

    def delete_model(self, request: HttpRequest, obj: OrganizerDecision) -> None:
        obj.forget_admission()
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        cast(OrganizerDecisionQuerySet, queryset).forget_admissions()
        super().delete_queryset(request, queryset)


@admin.register(Grant)
class GrantAdmin(DecisionAdmin):
    form = ScopesForm
    list_display = ("user", "opens", "reason", "starts_at", "ends_at", "given_by")
    fields = ("user", "scopes", "has_any_places", "reason", "starts_at", "ends_at", "given_by")
    change_list_template = "admin/tickets/grant/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        return [self.own_url("upload/", self.upload, "upload"), *super().get_urls()]

    def upload(self, request: StaffRequest) -> HttpResponse:
        """Gives many at once. With one bad row nothing of the file is used."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = GrantFileForm(request.POST or None, request.FILES or None)
        problems: Sequence[object] = ()
        if form.is_valid():
            try:
                wanted = read_grants(
                    form.cleaned_data["file"].read(MAX_BYTES + 1), request.conference
                )
            except BadSpreadsheet as bad:
                problems = bad.rows
            else:
                giver, log = request.user, LogEntry.objects.log_actions
                given = give_grants(conference=request.conference, wanted=wanted, given_by=giver)
                log(giver.pk, given.new, ADDITION, gettext("From a file."))
                log(giver.pk, given.changed, CHANGE, gettext("Another end, from a file."))
                self.message_user(request, str(given), messages.SUCCESS)
                return redirect("admin:tickets_grant_changelist")
        context = {"title": gettext("Grants from a file"), "form": form, "problems": problems}
        return self.own_page(request, "upload", context)

    @admin.display(description=_("opens"))
    def opens(self, grant: Grant) -> str:
        return ", ".join(grant.scopes)


class GrantInline(ScopedInline, admin.TabularInline[Grant, User]):
    model = Grant
    fk_name = "user"
    form = ScopesForm
    fields = ("scopes", "reason", "starts_at", "ends_at")


@admin.register(Ban)
class BanAdmin(DecisionAdmin):
    """Deleting one lifts it; ending it keeps the memory."""

    list_display = ("user", "reason", "starts_at", "ends_at", "given_by")
    fields = ("user", "reason", "starts_at", "ends_at", "given_by")
