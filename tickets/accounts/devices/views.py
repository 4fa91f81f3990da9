from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from schedule.site.access import login_only
from schedule.site.pages import render_page
from tickets.accounts.devices.sessions import devices_of, end, sessions_of
from tickets.admission.request import TicketRequest
from tickets.admission.rule import admission_of


@require_safe
@login_only
@never_cache
def devices(request: TicketRequest) -> HttpResponse:
    """Where the person has signed in."""
    conference, user, at = request.conference, request.user, timezone.now()
    listed = devices_of(user, request.session.session_key, conference, at)
    context = {
        "devices": listed,
        "has_others": any(not device.is_this for device in listed),
        "admission": admission_of(conference, user.pk),
    }
    return render_page(request, "tickets/devices.html", context)


@require_POST
@login_only
def end_device(request: TicketRequest, pk: int) -> HttpResponse:
    others = sessions_of(request.user, timezone.now()).exclude(
        session_key=request.session.session_key
    )
    end([get_object_or_404(others, pk=pk)])
    messages.success(request, _("That device is signed out."))
    return redirect("devices")


@require_POST
@login_only
def end_other_devices(request: TicketRequest) -> HttpResponse:
    others = sessions_of(request.user, timezone.now())
    end(others.exclude(session_key=request.session.session_key))
    messages.success(request, _("All other devices are signed out."))
    return redirect("devices")
