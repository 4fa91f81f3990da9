"""Our own mistakes, as those who run the installation see them."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.models import Mistake
from schedule.site.access import OPERATOR, conference_not_needed, staff


@staff(OPERATOR)
@conference_not_needed
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    context = {"title": _("Our own mistakes"), "mistakes": Mistake.objects.order_by("-last_at")}
    return render(
        request, "portal/mistakes/index.html", {**admin.site.each_context(request), **context}
    )


@staff(OPERATOR)
@conference_not_needed
@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Until it is there again. Somebody else may have pressed first."""
    Mistake.objects.filter(pk=pk).delete()
    messages.success(request, _("Forgotten. It is listed again when it happens again."))
    return redirect("mistakes:index")
