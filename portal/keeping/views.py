"""“My data”: what a person may download, and how they leave for good."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.keeping.my_data import packed
from schedule.site.access import own_login_only
from schedule.site.pages import render_page
from tickets.accounts.rate_limits import consume
from tickets.admission.request import TicketRequest


@require_safe
@own_login_only
@never_cache
def my_data(request: TicketRequest) -> HttpResponse:
    return render_page(request, "portal/my_data.html", {})


@require_POST
@own_login_only
@never_cache
def download(request: TicketRequest) -> HttpResponse:
    if not consume(request, action="download_data"):
        messages.error(request, _("You have downloaded it ten times. Wait an hour."))
        return redirect("my_data")
    response = HttpResponse(packed(request.user, timezone.now()), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return response
