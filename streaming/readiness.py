"""What doctor looks at of streams: whether they play, whether pages may load them, and whether the
timer that looks after them comes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.readiness.results import Answers, CheckResult, error, not_applicable, ok, register, warning
from lib.sealing import SealBroken
from schedule.models import Conference
from schedule.programme.timeline import timeline_now
from streaming.models import Stream, StreamHealth
from streaming.probes.probe import probe

# The timer comes every 20 seconds.
FRESH = timedelta(minutes=2)


def _streams() -> list[Stream]:
    """All that a probe reads: its thread shall not ask the database."""
    rows = Stream.objects.order_by("room__conference", "room__position", "pk")
    return list(rows.select_related("room__conference", "account__conference", "talk", "health"))


def check_streams(at: datetime) -> Answers:
    """Each that covers this moment or is a talk's own. A day ahead an encoder may rest, so what does
    not play is an error only where something is on now.
    """
    on = {
        (conference.pk, room.slug)
        for conference in Conference.objects.all()
        for room in timeline_now(conference).rooms
        if (live := room.live_at(at)) is not None and live.is_streamed
    }
    streams = [stream for stream in _streams() if stream.covers(at)]
    for stream in streams:
        is_on = (stream.room.conference_id, stream.room.slug) in on and not stream.is_test
        yield partial(_probe, stream, at, is_on and stream.talk is None)
    if not streams:
        yield not_applicable(_("No stream is to play now."))


def _probe(stream: Stream, at: datetime, is_on: bool) -> Iterable[CheckResult]:
    slug, values = stream.room.conference.slug, {"room": stream.room, "stream": stream}
    seen = probe(stream, at)
    if seen.is_playing:
        return [ok(_("%(room)s, %(stream)s: plays.") % values, slug)]
    text = _("%(room)s, %(stream)s does not play: %(problem)s") % {
        **values,
        "problem": seen.problem,
    }
    hint = _("Look at the stream in the admin, and at what sends it.")
    return [(error if is_on else warning)(text, hint, slug)]


def check_stream_hosts(_at: datetime) -> Answers:
    streams = _streams()
    for stream in streams:
        slug = stream.room.conference.slug
        values: dict[str, object] = {"room": stream.room, "stream": stream}
        try:
            missing = stream.missing_hosts()
        except SealBroken as broken:
            text = _("%(room)s, %(stream)s: its account cannot be read.") % values
            yield error(text, str(broken), slug)
            continue
        except ValueError:
            text = _("%(room)s, %(stream)s: its address cannot be read.") % values
            yield error(text, _("Type it again in the admin."), slug)
            continue
        if missing:
            values["hosts"] = ", ".join(missing)
            text = _("%(room)s, %(stream)s: our pages may not load from %(hosts)s.") % values
            yield error(text, _("Add it to the stream hosts of the conference."), slug)
    if not streams:
        yield not_applicable(_("There are no streams."))
    else:
        yield ok(_("%(count)d streams were looked at.") % {"count": len(streams)})


def check_probe_timer(at: datetime) -> Answers:
    last = StreamHealth.objects.order_by("-probed_at").values_list("probed_at", flat=True).first()
    is_on = any(
        room.live_at(at) is not None
        for conference in Conference.objects.all()
        for room in timeline_now(conference).rooms
    )
    if not is_on:
        yield not_applicable(_("Nothing is on now, so no stream has to be looked at."))
    elif last is None or at - last > FRESH:
        text = _("Nobody has looked at the streams for two minutes.")
        yield error(text, _("See that the timer of manage.py probe_streams runs."))
    else:
        yield ok(_("The streams are looked at."))


def connect() -> None:
    register("streams", gettext_lazy("Streams"), check_streams)
    register("stream_hosts", gettext_lazy("Hosts of streams"), check_stream_hosts)
    register("probes", gettext_lazy("Probes of streams"), check_probe_timer)
