"""What nginx asks before it gives out a file: bare answers, for the session alone.

The paths are locations inside nginx; from outside they are 404. The room stands in the path, where
nginx puts it, and no header of a visitor comes along.
"""

from http import HTTPStatus

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.site.access import for_programs, public
from schedule.site.request import ConferenceRequest
from streaming.models import Recording
from streaming.origin.folders import stream_folder
from streaming.replays.library import library
from tickets.admission.middleware import admission_and_page
from tickets.admission.request import TicketRequest
from tickets.admission.rule import Reason, refusal
from tickets.admission.watching import refusal_to_watch


@for_programs
@require_safe
@public
@never_cache
def room_gate(request: TicketRequest, slug: str) -> HttpResponse:
    return _refused(request, f"room:{slug}") or _folder(stream_folder(request.conference.pk, slug))


@for_programs
@require_safe
@public
@never_cache
def recording_gate(request: TicketRequest, folder: str) -> HttpResponse:
    """A recording that is not shown, or to which not all in it agree, is for those who decide on that."""
    recording = Recording.objects.filter(
        conference=request.conference, kind="origin-recording", value=folder
    ).first()
    if recording is None:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    withheld = library(request.conference.pk, request.programme_revision).withheld
    if not recording.is_shown or recording.pk in withheld:
        may_see = request.user.has_perm("streaming.change_recording", request.conference)
        return _folder(folder) if may_see else HttpResponse(status=HTTPStatus.FORBIDDEN)
    if recording.is_open_at(timezone.now()):
        return _folder(folder)
    return _refused(request, "replay") or _folder(folder)


@for_programs
@require_safe
@public
@never_cache
def room_folder(request: ConferenceRequest, slug: str) -> HttpResponse:
    """Where the room's stream is, for this machine's own probes. It opens nothing by itself."""
    return _folder(stream_folder(request.conference.pk, slug))


def _refused(request: TicketRequest, scope: str) -> HttpResponse | None:
    """None: come in. nginx takes everything but these two for an error of ours.

    Whoever fetches watches, with a page of ours around it or without, and so takes a place.
    """
    request.admission, _page = admission_and_page(request, None)
    reason = refusal(request.conference, request.admission, scope, timezone.now())
    reason = reason or refusal_to_watch(request)
    if reason is None:
        return None
    is_anonymous = reason is Reason.LOGIN_REQUIRED
    return HttpResponse(status=HTTPStatus.UNAUTHORIZED if is_anonymous else HTTPStatus.FORBIDDEN)


def _folder(name: str) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"X-Folder": name})
