"""The pages that play may load from the conference's stream hosts, and from nowhere else."""

from django.conf import settings
from django.utils.csp import CSP, build_policy

from lib.cached import once_per_revision
from schedule.models import Conference
from streaming.models import StreamHost


def stream_hosts(conference: Conference, revision: int) -> tuple[str, ...]:
    return _read(conference.pk, revision)


@once_per_revision
def _read(conference_id: int, revision: int) -> tuple[str, ...]:
    hosts = StreamHost.objects.filter(conference=conference_id)
    return tuple(hosts.values_list("host", flat=True))


def player_policy(conference: Conference, revision: int) -> str:
    """The Content-Security-Policy of a page with a player. hls.js feeds video from blob: URLs,
    and begins a captions track as an empty data: URL.
    """
    hosts = [f"https://{host}" for host in stream_hosts(conference, revision)]
    policy: dict[str, list[str]] = {
        **settings.SECURE_CSP,
        "frame-src": hosts or [CSP.NONE],
        "connect-src": [CSP.SELF, *hosts],
        "media-src": [CSP.SELF, "blob:", "data:", *hosts],
        "worker-src": [CSP.SELF],
    }
    return str(build_policy(policy))
