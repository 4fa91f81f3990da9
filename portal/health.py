"""/healthz: the process answers, and of which release it is. /readyz: it can do its work; a deployment waits for it."""

from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lib.cached import OnceASecond, once_per_arguments
from lib.readiness.runner import database_answers
from portal.front_door import what_is_seen
from portal.readiness import cache_answers, is_migrated
from schedule.site.access import conference_not_needed, for_programs, public

OWN_MACHINE = ("127.0.0.1", "::1", "")  # "": a unix socket


class Readiness(NamedTuple):
    """Without the cache everything still works, more slowly, so that is said and is no reason to take
    a machine out of service.
    """

    database: bool
    migrations: bool
    cache: bool

    @property
    def is_ready(self) -> bool:
        return self.database and self.migrations


class _NotMigrated(Exception):
    pass


@for_programs
@require_safe
@public
@conference_not_needed
@never_cache
def healthz(request: HttpRequest) -> HttpResponseBase:
    """Doctor, who signs the question, learns who is seen to ask (portal/front_door.py)."""
    seen = what_is_seen(request)
    if seen is not None:
        return JsonResponse(seen)
    return HttpResponse(f"ok {settings.RELEASE}", content_type="text/plain")


@for_programs
@require_safe
@public
@conference_not_needed
@never_cache
def readyz(request: HttpRequest) -> HttpResponseBase:
    """From memory: however often it is asked, what it says is looked at every few seconds. What is
    missing is said on the machine itself alone; whoever comes through a proxy gets the status.
    """
    readiness = _readiness()
    status = 200 if readiness.is_ready else 503
    if not is_own_machine(request):
        return HttpResponse(status=status, content_type="text/plain")
    report = {"ready": readiness.is_ready, **readiness._asdict()}
    return JsonResponse(report, status=status)


def is_own_machine(request: HttpRequest) -> bool:
    """Every proxy says for whom it asks."""
    is_passed_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
    return not is_passed_on and request.META.get("REMOTE_ADDR", "") in OWN_MACHINE


def _look() -> Readiness:
    is_there = database_answers()
    return Readiness(is_there, is_there and _migrations(), cache_answers())


def _migrations() -> bool:
    try:
        return _applied()
    except (DatabaseError, _NotMigrated):
        return False


@once_per_arguments(most=1)
def _applied() -> bool:
    """Kept once it is so, as the code of a process does not change. To find it out takes long."""
    if not is_migrated():
        raise _NotMigrated
    return True


class _EveryFiveSeconds(OnceASecond[Readiness]):
    # As long as a frozen database is waited for.
    SECONDS = 5.0


_readiness = _EveryFiveSeconds(_look)
