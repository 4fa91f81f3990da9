from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.site.access import for_programs
from schedule.site.pages import render_page
from schedule.site.request import ConferenceRequest
from streaming.announcements.notices import notices
from streaming.models import Announcement


@for_programs
@require_safe
@never_cache
def now(request: ConferenceRequest) -> HttpResponse:
    """The words of what /live.json only names, for everybody with any admission."""
    current = notices(request.conference, timezone.now())
    shown = [{"tag": notice.tag, **notice.words} for notice in current]
    return JsonResponse({"announcements": shown})


@require_safe
@never_cache
def history(request: ConferenceRequest) -> HttpResponse:
    """All that was announced, newest first."""
    at = timezone.now()
    announced = Announcement.objects.filter(conference=request.conference, starts_at__lte=at)
    context = {"at": at, "announcements": announced.select_related("room")}
    return render_page(request, "streaming/announcements.html", context)
