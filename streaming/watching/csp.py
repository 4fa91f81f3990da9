"""The pages that play may load from the conference's stream hosts, and from nowhere else."""

from django.conf import settings
from django.http import HttpResponse
from django.utils.csp import CSP, build_policy

from lib.cached import once_per_revision
from schedule.site.request import ConferenceRequest
from streaming.models import StreamHost


@once_per_revision
def stream_hosts(conference_id: int, revision: int) -> tuple[str, ...]:
    hosts = StreamHost.objects.filter(conference=conference_id)
    return tuple(hosts.values_list("host", flat=True))


def allow_players[Page: HttpResponse](request: ConferenceRequest, page: Page) -> Page:
    """Gives a page with a player its Content-Security-Policy. hls.js feeds video from blob: URLs,
    and begins a captions track as an empty data: URL.
    """
    known = stream_hosts(request.conference.pk, request.programme_revision)
    hosts = [f"https://{host}" for host in known]
    policy: dict[str, list[str]] = {
        **settings.SECURE_CSP,
        "frame-src": hosts or [CSP.NONE],
        "connect-src": [CSP.SELF, *hosts],
        "media-src": [CSP.SELF, "blob:", "data:", *hosts],
        "worker-src": [CSP.SELF],
    }
    page.headers["Content-Security-Policy"] = str(build_policy(policy))
    return page
