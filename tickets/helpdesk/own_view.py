from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.site.access import login_only
from schedule.site.pages import render_page
from schedule.site.zones import viewer_zone
from tickets.admission.request import TicketRequest
from tickets.admission.rule import admission_of, refusal
from tickets.helpdesk.why import explain_to


@require_safe
@login_only
@never_cache
def why(request: TicketRequest) -> HttpResponse:
    """What is known of why this person can, or cannot, get in."""
    conference, at = request.conference, timezone.now()
    admission = admission_of(conference, request.user.pk)
    with timezone.override(viewer_zone(request)):
        findings = explain_to(conference, request.user, admission, at)
    reason = refusal(conference, admission, None, at)
    context = {"findings": findings, "reason": reason}
    return render_page(request, "tickets/why.html", context)
