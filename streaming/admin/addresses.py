"""The pages on which the streams of all rooms are set at once."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from lib.plans import PlanChanged
from schedule.models import Conference
from schedule.site.access import for_programs
from schedule.site.scoped_admin import ScopedAdmin, required_conference
from streaming.addresses.plan import (
    AddressesRefused,
    AddressPlan,
    addresses_now,
    csv_of,
    make_plan,
    set_addresses,
)
from streaming.admin.forms import AddressesForm
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet


class AddressPages(ScopedAdmin):
    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_url("rooms/", self.addresses, "addresses"),
            self.own_url("rooms.csv", require_safe(self.addresses_file), "addresses_file"),
            *super().get_urls(),
        ]

    def _own_conference(self, request: HttpRequest) -> Conference:
        """Whose streams this person may make and change."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        return required_conference(request)

    @for_programs
    def addresses_file(self, request: HttpRequest) -> HttpResponse:
        """All rooms with what they have, to be filled in."""
        plan = addresses_now(self._own_conference(request))
        # With the mark of UTF-8, without which Excel takes it for something else.
        return HttpResponse(
            csv_of(plan).encode("utf-8-sig"),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="rooms.csv"'},
        )

    def addresses(self, request: HttpRequest) -> HttpResponse:
        """The addresses of all rooms: as a table, or from a file, and then what would change."""
        conference = self._own_conference(request)
        form = AddressesForm(request.POST, request.FILES) if request.method == "POST" else None
        plan = addresses_now(conference)
        problems: Sequence[BadRow] = ()
        is_edited = "edit" in request.POST
        if form and form.is_valid():
            try:
                if "apply" in request.POST:
                    digest = request.POST.get("digest", "")
                    done = set_addresses(conference, **form.links, digest=digest)
                    return self._addresses_set(request, done)
                plan = make_plan(conference, **form.links)
                # Those of a table stand at their fields.
                problems = plan.problems if request.FILES else plan.of_no_room
            except BadSpreadsheet as error:
                problems = error.rows
            except AddressesRefused as refused:
                plan, problems = refused.plan, refused.plan.of_no_room
            except PlanChanged as changed:
                plan = changed.plan
                text = gettext(
                    "The streams have changed since this page was made."
                    " Nothing was applied; look again."
                )
                self.message_user(request, text, messages.ERROR)
        is_wrong = bool(problems or plan.problems)
        is_seen = bool(form and form.is_valid() and not is_wrong and not is_edited)
        context = {
            "title": gettext("The streams of all rooms"),
            "form": form or AddressesForm(),
            "plan": plan,
            "problems": problems,
            "is_wrong": is_wrong,
            "confirm": form.again(csv_of(plan)) if form and is_seen and plan.changes else None,
            "is_seen": is_seen,
        }
        return self.own_page(request, "addresses", context)

    def _addresses_set(self, request: HttpRequest, done: AddressPlan) -> HttpResponse:
        for cell in done.changes:
            self.log_change(request, cell.stream, gettext("Address set with those of all rooms."))
        count = len(done.changes)
        text = ngettext("%(count)d stream was set.", "%(count)d streams were set.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
        return redirect("admin:streaming_stream_addresses")
