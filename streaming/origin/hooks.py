"""What nginx tells of encoders, and asks about them. It calls over loopback, with a secret of its own
(ORIGIN_SECRET); without that, or when none is set, there is nothing here.
"""

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from schedule.site.access import conference_not_needed, for_programs, public
from streaming.models import Ingest
from streaming.origin.folders import ingest_named, parse_incoming, stream_folder
from streaming.origin.recording import keep_recording

logger = logging.getLogger(__name__)

type Hook = Callable[[HttpRequest], HttpResponse]


def _from_nginx(hook: Hook) -> Hook:
    @csrf_exempt
    @require_POST
    @public
    @for_programs
    @conference_not_needed
    @wraps(hook)
    def guarded(request: HttpRequest) -> HttpResponse:
        secret = settings.ORIGIN_SECRET
        if not secret or not constant_time_compare(request.GET.get("secret", ""), secret):
            raise Http404
        return hook(request)

    return guarded


@_from_nginx
def key(request: HttpRequest) -> HttpResponse:
    """May whoever sends this key be a camera, and where does the picture go? Asked when an encoder
    begins, and every few seconds after, so that a new key or a closed door ends it.
    """
    ingests = Ingest.objects.filter(key=request.POST.get("name", ""), is_open=True)
    ingest = ingests.select_related("room").first()
    if ingest is None:
        return HttpResponse(status=403)
    stream = stream_folder(ingest.room.conference_id, ingest.room.slug)
    application = "recorded" if ingest.records else "unrecorded"
    target = f"rtmp://{settings.ORIGIN_STAGE}/{application}/{stream}?pass={_pass_of(stream)}"
    # Not a redirect for a browser: Django refuses to make one to rtmp.
    return HttpResponse(status=302, headers={"Location": target})


@_from_nginx
def began(request: HttpRequest) -> HttpResponse:
    """Any program of this machine reaches the inner side of RTMP; only what we sent there may stay."""
    stream = request.POST.get("name", "")
    is_ours = constant_time_compare(request.POST.get("pass", ""), _pass_of(stream))
    ingest = ingest_named(stream) if is_ours else None
    if ingest is None:
        return HttpResponse(status=403)
    Ingest.objects.filter(pk=ingest.pk).update(began_at=timezone.now())
    logger.info("The encoder of room %s is on air.", ingest.room.slug)
    return HttpResponse(status=204)


@_from_nginx
def ended(request: HttpRequest) -> HttpResponse:
    ingest = ingest_named(request.POST.get("name", ""))
    if ingest is not None:
        Ingest.objects.filter(pk=ingest.pk).update(began_at=None)
        logger.info("The encoder of room %s has stopped.", ingest.room.slug)
    return HttpResponse(status=204)


@_from_nginx
def recorded(request: HttpRequest) -> HttpResponse:
    file_name = Path(request.POST.get("path", "")).name
    if parse_incoming(file_name) is None:
        return HttpResponse(status=403)
    keep_recording.enqueue(file_name)
    return HttpResponse(status=204)


def _pass_of(stream: str) -> str:
    return salted_hmac("streaming.origin", stream, algorithm="sha256").hexdigest()
