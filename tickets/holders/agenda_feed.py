"""The personal calendar: opened by its secret address alone, so that calendar programs can read it."""

import hashlib

from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from schedule.feeds.exporting import ical
from schedule.feeds.exporting.export import Export
from schedule.models import AgendaLink, Talk
from schedule.site.access import for_programs, public
from schedule.site.request import ConferenceRequest
from tickets.admission.rule import admission_of, refusal


@for_programs
@require_safe
@public
@cache_control(private=True, no_cache=True)
def agenda_feed(request: ConferenceRequest, secret: str) -> HttpResponse:
    """What its owner may see of the programme: a hidden one goes with the ticket."""
    conference = request.conference
    link = AgendaLink.objects.filter(conference=conference).opened_by(secret)
    if link is None:
        return _no(_("This calendar address is not valid. Your agenda has the current one."), 404)
    if not conference.programme_is_public:
        admission = admission_of(conference, link.user_id)
        if refusal(conference, admission, None, timezone.now()) is not None:
            return _no(_("This calendar needs a valid ticket."), 403)
    talks = Talk.objects.filter(conference=conference).shown().starred_by(link.user_id)
    chosen = list(talks.in_order().with_cards())
    export = Export.of(conference, request.build_absolute_uri("/"), chosen)
    name = _("%(conference)s: my agenda") % {"conference": conference.name}
    body = ical.write(export, name, alarms=True)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    response = HttpResponse(body, content_type=ical.CONTENT_TYPE, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=response) or response


def _no(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", status=status)
