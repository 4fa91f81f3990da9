"""What doctor looks at of the installation as a whole, and of the programme with its streams. What
belongs to one app is in that app.
"""

import ctypes
import secrets
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.tasks import TaskResultStatus, task
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from lib.readiness.results import Answers, error, not_applicable, ok, register, warning
from lib.readiness.runner import database_answers
from portal.desk.warnings import warnings_of
from portal.front_door import check_certificates, check_front_door
from portal.keeping.backups import check_backups, check_restore
from portal.keeping.overdue import check_timetable
from portal.observing.units import check_units
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.models import Conference

# Of the clocks of the app and of the database.
LARGEST_DRIFT = timedelta(seconds=2)
# A mail that is due waits as long as a worker takes to look, and no longer.
LONGEST_WAIT = timedelta(minutes=2)
# A worker looks five times a second.
WORKER_SECONDS, ASK_EVERY_SECONDS = 3.0, 0.1
# What adjtimex(2) answers while nothing keeps the clock right.
CLOCK_UNSYNCHRONIZED = 5
MEGABYTE = 1024 * 1024
LITTLE_DISK, NO_DISK = 2048 * MEGABYTE, 256 * MEGABYTE
MOST_WARNINGS = 10


def is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def cache_answers() -> bool:
    """Whether what is written is read again: while Redis is away writes are dropped."""
    word = secrets.token_hex(8)
    cache.set(f"readiness:{word}", word, 10)
    return bool(cache.get(f"readiness:{word}") == word)


def check_settings(_at: datetime) -> Answers:
    """All that `check --deploy` says."""
    every = checks.run_checks(include_deployment_checks=True)
    found = [each for each in every if not each.is_silenced()]
    for each in found:
        is_error = each.level >= checks.ERROR
        yield (error if is_error else warning)(f"{each.msg} ({each.id})", each.hint or "")
    if not found:
        yield ok(_("manage.py check --deploy finds nothing."))


def check_database(_at: datetime) -> Answers:
    if not database_answers():
        text = _("The database does not answer.")
        yield error(text, _("See that it runs, and that DATABASE_URL leads to it."))
    elif not is_migrated():
        yield error(_("The database lacks migrations."), _("Run manage.py migrate."))
    else:
        yield ok(_("The database answers, and has all migrations."))


def check_cache(_at: datetime) -> Answers:
    if not settings.REDIS_URL:
        text = _("Each process has a cache of its own.")
        yield warning(text, _("Set REDIS_URL, unless one process serves everything."))
    elif not cache_answers():
        hint = _(
            "See that it runs, that REDIS_URL leads to it, and that this user may open its socket."
        )
        yield error(_("Redis does not keep what is written to it."), hint)
    else:
        yield ok(_("Redis answers, so all processes share one cache."))


def check_worker(at: datetime) -> Answers:
    if not settings.HAS_WORKER:
        yield not_applicable(_("HAS_WORKER is off: pages do by themselves what a worker would."))
        return
    for queue in settings.TASKS["default"]["QUEUES"]:
        hint = _("See that the service of manage.py worker --queue %(queue)s runs.")
        late_at = at - LONGEST_WAIT
        late = DBTaskResult.objects.ready().filter(queue_name=queue, enqueued_at__lt=late_at)
        # What was to run later is due since then.
        count = late.exclude(run_after__range=(late_at, at)).count()
        if count:
            text = _("In the queue “%(queue)s” %(count)d tasks wait longer than two minutes.")
            yield error(text % {"queue": queue, "count": count}, hint % {"queue": queue})
        elif not _is_worked_off(queue):
            text = _("Nobody does what is put into the queue “%(queue)s”.") % {"queue": queue}
            yield error(text, hint % {"queue": queue})
        else:
            yield ok(_("A worker does what is put into the queue “%(queue)s”.") % {"queue": queue})


@task()
def nothing() -> None:
    """What doctor puts into a queue, to see whether a worker takes it."""


def _is_worked_off(queue: str) -> bool:
    result = nothing.using(queue_name=queue).enqueue()
    rows = DBTaskResult.objects.filter(pk=result.id)
    ends_at = time.monotonic() + WORKER_SECONDS
    try:
        # A task that is done may have been forgotten already (portal/worker.py).
        while rows.filter(status=TaskResultStatus.READY).exists():
            if time.monotonic() >= ends_at:
                # Busy with a long one, like a whole ticket shop.
                return DBTaskResult.objects.running().filter(queue_name=queue).exists()
            time.sleep(ASK_EVERY_SECONDS)
        return True
    finally:
        # What a worker has taken is the worker's to forget.
        rows.filter(status=TaskResultStatus.READY).delete()


def check_clock(_at: datetime) -> Answers:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            drift = abs(timezone.now() - cursor.fetchone()[0])
        if drift > LARGEST_DRIFT:
            text = _("The clocks of this machine and of the database differ by %(count)d s.")
            hint = _("Run time synchronization (chrony or systemd-timesyncd) on both.")
            yield error(text % {"count": drift.total_seconds()}, hint)
    if kernel_clock_state() == CLOCK_UNSYNCHRONIZED:
        text = _("Nothing keeps the clock of this machine right.")
        yield warning(text, _("Install chrony or systemd-timesyncd."))
    else:
        yield ok(_("The clock of this machine is synchronized."))


def kernel_clock_state() -> int:
    """As of adjtimex(2), which also sees what an outer machine does; -1 where there is none."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))
    except (OSError, AttributeError):
        return -1


def check_disk(_at: datetime) -> Answers:
    for name, folder in _folders():
        free = shutil.disk_usage(folder).free
        values = {"name": name, "count": free // MEGABYTE}
        text = _("%(name)s: %(count)d MB are free.") % values
        hint = _("Make room, or put it on a larger disk.")
        if free < NO_DISK:
            yield error(text, hint)
        elif free < LITTLE_DISK:
            yield warning(text, hint)
        else:
            yield ok(text)


def _folders() -> Iterator[tuple[str, Path]]:
    """Those that are written to, or the nearest above that is there."""
    wanted = {"MEDIA_ROOT": settings.MEDIA_ROOT}
    if settings.ORIGIN_SECRET:
        wanted["RECORDINGS_ROOT"] = settings.RECORDINGS_ROOT
    if connection.vendor == "sqlite":
        wanted["DATABASE_URL"] = settings.DATABASES["default"]["NAME"]
    for name, place in wanted.items():
        path = Path(place).absolute()
        yield name, next(each for each in (path, *path.parents) if each.is_dir())


def check_alarms(_at: datetime) -> Answers:
    if not settings.ALARMS_TO:
        text = _("When something breaks, nobody is told.")
        yield warning(text, _("Set ALARMS_TO, then run manage.py alarm --test."))
    elif not settings.ALARM_PING_URL:
        text = _("When this machine is away, nobody is told.")
        yield warning(text, _("Set ALARM_PING_URL to a service that notices missing pings."))
    else:
        yield ok(_("Somebody is told when something breaks, and when this machine is away."))


def check_programme(at: datetime) -> Answers:
    """Holes, clashes, and talks whose room then has no stream."""
    for conference in Conference.objects.order_by("slug"):
        found = warnings_of(RunSheet.read(conference), at)
        hint = _("Look at the warnings of the desk.")
        for text in found[:MOST_WARNINGS]:
            yield warning(text, hint, conference.slug)
        if len(found) > MOST_WARNINGS:
            text = _("And %(count)d more.") % {"count": len(found) - MOST_WARNINGS}
            yield warning(text, hint, conference.slug)
        if not found:
            text = _("The programme has no holes, and each talk to come a stream.")
            yield ok(text, conference.slug)


def connect() -> None:
    register("settings", gettext_lazy("Settings"), check_settings, needs_database=False)
    register("database", gettext_lazy("Database"), check_database, needs_database=False)
    register("cache", gettext_lazy("Cache"), check_cache, needs_database=False)
    register("front_door", gettext_lazy("Front door"), check_front_door)
    register("certificates", gettext_lazy("Certificates"), check_certificates)
    register("worker", gettext_lazy("Workers"), check_worker)
    register("units", gettext_lazy("Units"), check_units, needs_database=False)
    register("alarms", gettext_lazy("Alarms"), check_alarms, needs_database=False)
    register("clock", gettext_lazy("Clock"), check_clock)
    register("disk", gettext_lazy("Disk"), check_disk, needs_database=False)
    register("programme", gettext_lazy("Programme"), check_programme)
    register("backups", gettext_lazy("Backups"), check_backups)
    register("restore", gettext_lazy("Restore"), check_restore)
    register("timetable", gettext_lazy("Timetable of data"), check_timetable)
