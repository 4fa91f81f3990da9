"""“My data”: what a person may download, and how they leave for good."""

import logging

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.keeping.forms import DeleteAccountForm
from portal.keeping.leaving import STAYS, delete_account, why_not
from portal.keeping.my_data import packed
from schedule.site.access import own_login_only
from schedule.site.pages import render_page
from tickets.accounts.forms import redirects_mistakes
from tickets.accounts.login import empty_browser
from tickets.accounts.rate_limits import consume
from tickets.admission.request import TicketRequest
from tickets.models import Claim

logger = logging.getLogger(__name__)


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


@require_http_methods(["GET", "HEAD", "POST"])
@own_login_only
@never_cache
@redirects_mistakes
def delete_my_account(request: TicketRequest) -> HttpResponse:
    """Asks for the address, as it cannot be undone. Afterwards nobody is signed in."""
    user, at = request.user, timezone.now()
    reason = why_not(user, at)
    form = DeleteAccountForm(request.POST or None, label_suffix="", email=user.email)
    if not reason and form.is_valid():
        logger.info("Person %s deletes the account.", user.pk)
        delete_account(user.pk, at)
        logout(request)
        response = render_page(request, "portal/account_deleted.html", {})
        empty_browser(response)
        return response
    claims = Claim.objects.live().filter(user=user)
    context = {
        "reason": reason,
        "form": form,
        "claims": claims.select_related("ticket__product", "ticket__conference").order_by("pk"),
        "stays": [words for words, _models in STAYS],
        "days": settings.PEOPLE_KEPT_DAYS,
    }
    return render_page(request, "portal/delete_account.html", context)
