"""/metrics, for a Prometheus on this machine. Whichever process is asked, it answers for all of them."""

from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from lib.counting.counts import BETWEEN, MICROSECONDS, Counted, Timed, totals
from portal.health import is_own_machine
from portal.observing.prometheus.state import GAUGES, state
from portal.readiness import cache_answers
from schedule.site.access import conference_not_needed, for_programs, public


@for_programs
@require_safe
@public
@conference_not_needed
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Nobody else learns that there is such a page."""
    if not is_own_machine(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SiteCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class SiteCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        counts: dict[str, dict[tuple[str, ...], int]] = {}
        given = totals()
        if given:
            # While Redis is away nought would look as if all had begun anew.
            counts = {each.name: dict.fromkeys(each.known, 0) for each in Counted.all.values()}
        for key, number in given.items():
            name, *labels = key.split(BETWEEN)
            counts.setdefault(name, {})[tuple(labels)] = number
        for counted in Counted.all.values():
            yield _family(counted, counts.get(counted.name, {}))
        yield from _gauges()


def _family(counted: Counted, counts: dict[tuple[str, ...], int]) -> Metric:
    """A release that is gone may have counted by other labels, which are left out."""
    if isinstance(counted, Timed):
        return _histogram(counted, counts)
    family = CounterMetricFamily(counted.name, counted.words, labels=counted.labels)
    for labels, number in sorted(counts.items()):
        if len(labels) == len(counted.labels):
            family.add_metric(labels, number)
    return family


def _histogram(timed: Timed, counts: dict[tuple[str, ...], int]) -> Metric:
    family = HistogramMetricFamily(timed.name, timed.words, labels=timed.labels)
    for labels in sorted({labels[:-1] for labels in counts}):
        if len(labels) != len(timed.labels):
            continue
        reached, buckets = 0, []
        for edge in timed.names:
            reached += counts.get((*labels, edge), 0)
            buckets.append((edge, reached))
        family.add_metric(labels, buckets, counts.get((*labels, "sum"), 0) / MICROSECONDS)
    return family


def _gauges() -> Iterator[Metric]:
    now = state()
    up = GaugeMetricFamily("front_row_database_up", "Whether the database answered.")
    up.add_metric([], now.is_read)
    yield up
    cache = GaugeMetricFamily("front_row_cache_up", "Whether the cache answered.")
    cache.add_metric([], cache_answers())
    yield cache
    release = GaugeMetricFamily("front_row_release", "Which release answers.", labels=["release"])
    release.add_metric([settings.RELEASE], 1)
    yield release
    for gauge in GAUGES:
        family = GaugeMetricFamily(gauge.name, gauge.words, labels=gauge.labels)
        for value in now.values.get(gauge.name, ()):
            family.add_metric(value.labels, value.number)
        yield family
