"""/healthz: the process answers. /readyz: it can do its work; a deployment waits for it."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schedule.site.access import conference_not_needed, for_programs, public


@for_programs
@require_safe
@public
@conference_not_needed
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@for_programs
@require_safe
@public
@conference_not_needed
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """503 when the database or a migration is missing. Without the cache everything still works,
    more slowly, so that is said and is no reason to take a machine out of service.
    """
    checks = {"database": _database(), "migrations": _migrations(), "cache": _cache()}
    ready = checks["database"] and checks["migrations"]
    return JsonResponse({"ready": ready, **checks}, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _migrations() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _cache() -> bool:
    cache.set("readyz", "ok", 10)
    return bool(cache.get("readyz") == "ok")
