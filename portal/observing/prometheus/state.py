"""How the site is at this moment, for Prometheus: read from the database and the cache at most every ten
seconds, however many ask.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Case, Count, Min, When
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from lib.cached import OnceASecond
from portal.keeping.backups import report_of
from portal.worker import QUEUES
from schedule.models import Conference
from streaming.models import StreamHealth
from tickets.admission.watching import viewers
from tickets.models import Shop

BACKUPS = ("base", "dump", "files")


class Gauge(NamedTuple):
    """`read` gives the values of the labels and the number."""

    name: str
    words: str
    labels: tuple[str, ...]
    read: "Callable[[datetime], Iterator[GaugeValue]]"


class GaugeValue(NamedTuple):
    labels: tuple[str, ...]
    number: float


def _queue(_at: datetime) -> Iterator[GaugeValue]:
    due = DBTaskResult.objects.ready().order_by()
    waiting = dict(due.values_list("queue_name").annotate(Count("pk")))
    yield from (GaugeValue((queue,), waiting.get(queue, 0)) for queue in QUEUES)


def _oldest(at: datetime) -> Iterator[GaugeValue]:
    """A task that was put off has waited only since it was due."""
    due_at = Case(When(run_after__gt=at, then="enqueued_at"), default="run_after")
    due = DBTaskResult.objects.ready().order_by()
    oldest = dict(due.values_list("queue_name").annotate(since=Min(due_at)))
    for queue in QUEUES:
        since = oldest.get(queue)
        yield GaugeValue((queue,), max((at - since).total_seconds(), 0.0) if since else 0.0)


def _viewers(_at: datetime) -> Iterator[GaugeValue]:
    for conference in Conference.objects.prefetch_related("rooms"):
        rooms = [room.slug for room in conference.rooms.all()]
        for room, number in viewers(conference.pk, rooms).items():
            yield GaugeValue((conference.slug, room), number)


def _streams(_at: datetime) -> Iterator[GaugeValue]:
    health = StreamHealth.objects.values_list(
        "stream__room__conference__slug", "stream__room__slug", "stream_id", "is_playing"
    )
    for conference, room, stream, is_playing in health:
        yield GaugeValue((conference, room, str(stream)), is_playing)


def _sources(at: datetime) -> Iterator[GaugeValue]:
    for shop in Shop.objects.active().select_related("conference"):
        age = (at - shop.synced_at).total_seconds() if shop.synced_at else float("inf")
        yield GaugeValue((shop.conference.slug, shop.slug), age)


def _sources_expected(_at: datetime) -> Iterator[GaugeValue]:
    yield GaugeValue((), Shop.objects.active().count())


def _backups_expected(_at: datetime) -> Iterator[GaugeValue]:
    """None where nothing says that they are made: of that doctor speaks."""
    yield GaugeValue((), len(BACKUPS) if settings.BACKUP_FOLDER else 0)


def _backups(at: datetime) -> Iterator[GaugeValue]:
    kept, drill = report_of("kept.json") or {}, report_of("drill.json") or {}
    moments = {name: kept.get(f"{name}_at") for name in BACKUPS}
    moments["restore"] = drill.get("at") if drill.get("is_equal") else None
    for kind, moment in moments.items():
        if moment is not None:
            yield GaugeValue((kind,), (at - datetime.fromisoformat(moment)).total_seconds())


GAUGES = (
    Gauge("front_row_queue_length", "Tasks that are due and wait.", ("queue",), _queue),
    Gauge(
        "front_row_queue_oldest_seconds",
        "For how long the oldest due task has waited; 0 without one.",
        ("queue",),
        _oldest,
    ),
    Gauge("front_row_viewers", "Devices that watch a room.", ("conference", "room"), _viewers),
    Gauge(
        "front_row_stream_playing",
        "Whether the last probe saw the stream play.",
        ("conference", "room", "stream"),
        _streams,
    ),
    Gauge(
        "front_row_source_age_seconds",
        "For how long nothing was heard from a ticket shop; infinite: never.",
        ("conference", "shop"),
        _sources,
    ),
    Gauge(
        "front_row_sources_expected",
        "Ticket shops that are asked.",
        (),
        _sources_expected,
    ),
    Gauge(
        "front_row_backups_expected",
        "Kinds of backups that there should be; 0 without BACKUP_FOLDER.",
        (),
        _backups_expected,
    ),
    Gauge(
        "front_row_backup_age_seconds",
        "The age of the last backup of a kind, and of the last restore that was equal.",
        ("kind",),
        _backups,
    ),
)


class SiteNumbers(NamedTuple):
    """`is_read`: the database answered."""

    is_read: bool
    values: dict[str, list[GaugeValue]]


def _read() -> SiteNumbers:
    try:
        at = timezone.now()
        return SiteNumbers(True, {gauge.name: list(gauge.read(at)) for gauge in GAUGES})
    except (DatabaseError, InterfaceError):
        return SiteNumbers(False, {})


class _EveryTenSeconds(OnceASecond[SiteNumbers]):
    SECONDS = 10.0


state = _EveryTenSeconds(_read)
