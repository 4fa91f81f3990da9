"""Ticket shops call here when something changes. A call is a hint, whatever it says: what it is
about is asked for again, from the shop, by a worker.
"""

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from schedule.site.access import for_programs, public
from schedule.site.request import ConferenceRequest
from tickets.models import Shop
from tickets.models.shops import new_hook_secret
from tickets.sources.shops.base import BadCall, WebhookCall
from tickets.sources.shops.registry import known_kinds
from tickets.sources.syncing.order_hints import fetch_hints

# Tito sends a ticket with all its answers: a few kilobytes.
MAX_BODY_BYTES = 64 * 1024


@csrf_exempt
@require_POST
@public
@for_programs
def hook(request: ConferenceRequest, shop: str, secret: str) -> HttpResponse:
    """Answers nobody who does not know the secret whether there is such a shop."""
    found = Shop.objects.active().filter(conference=request.conference, slug=shop).first()
    is_right = constant_time_compare(secret, found.hook_secret if found else new_hook_secret())
    kind = known_kinds().get(found.kind) if found else None
    if found is None or kind is None or not is_right:
        raise Http404
    if len(request.body) > MAX_BODY_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        order_code = kind.read_call(found, WebhookCall(headers, request.body))
    except BadCall as error:
        return HttpResponse(status=error.status)
    if not order_code:
        return HttpResponse(status=204)
    with transaction.atomic():
        is_news = found.add_hint(order_code, timezone.now())
        if settings.HAS_WORKER and is_news:
            fetch_hints.enqueue(found.pk)
    if not settings.HAS_WORKER:
        # In this process and at once; the database is not to wait for the shop.
        fetch_hints.enqueue(found.pk)
    return HttpResponse(status=204)
