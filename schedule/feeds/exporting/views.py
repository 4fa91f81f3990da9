"""The programme as files. Shared like its pages: kept per revision, with an ETag."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from schedule.feeds.exporting import c3voc_json, c3voc_xml, ical
from schedule.feeds.exporting.export import Export
from schedule.models import Talk
from schedule.site.access import follows_visibility, for_programs
from schedule.site.pages import shared_page
from schedule.site.request import ConferenceRequest

WRITERS = {"json": c3voc_json, "xml": c3voc_xml, "ics": ical}


@for_programs
@require_safe
@follows_visibility
@shared_page(in_zone=False)
def programme_file(request: ConferenceRequest, format: str) -> HttpResponse:
    export = Export.of(request.conference, request.build_absolute_uri("/"))
    return HttpResponse(WRITERS[format].write(export), content_type=WRITERS[format].CONTENT_TYPE)


@for_programs
@require_safe
@follows_visibility
@shared_page(in_zone=False)
def talk_ics(request: ConferenceRequest, code: str) -> HttpResponse:
    talks = Talk.objects.filter(conference=request.conference).shown().with_cards()
    talk = get_object_or_404(talks, code=code)
    export = Export.of(request.conference, request.build_absolute_uri("/"), [talk])
    body = ical.write(export, talk.title, alarms=True)
    return HttpResponse(body, content_type=ical.CONTENT_TYPE)
