"""The programme as files. Shared like its pages: kept per revision, with an ETag."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from schedule.feeds.exporting import c3voc_json, c3voc_xml, ical
from schedule.feeds.exporting.export import Export
from schedule.models import Talk
from schedule.site.access import follows_visibility
from schedule.site.pages import shared_page
from schedule.site.request import ConferenceRequest


def _whole(
    request: ConferenceRequest, write: Callable[[Export], bytes], content_type: str
) -> HttpResponse:
    export = Export.of(request.conference, request.build_absolute_uri("/"))
    return HttpResponse(write(export), content_type=content_type)


@require_safe
@follows_visibility
@shared_page()
def schedule_json(request: ConferenceRequest) -> HttpResponse:
    return _whole(request, c3voc_json.write, c3voc_json.CONTENT_TYPE)


@require_safe
@follows_visibility
@shared_page()
def schedule_xml(request: ConferenceRequest) -> HttpResponse:
    return _whole(request, c3voc_xml.write, c3voc_xml.CONTENT_TYPE)


@require_safe
@follows_visibility
@shared_page()
def schedule_ics(request: ConferenceRequest) -> HttpResponse:
    return _whole(request, ical.write, ical.CONTENT_TYPE)


@require_safe
@follows_visibility
@shared_page()
def talk_ics(request: ConferenceRequest, code: str) -> HttpResponse:
    talks = Talk.objects.filter(conference=request.conference).shown().with_cards()
    talk = get_object_or_404(talks, code=code)
    export = Export.of(request.conference, request.build_absolute_uri("/"), [talk])
    body = ical.write(export, talk.title)
    return HttpResponse(body, content_type=ical.CONTENT_TYPE)
