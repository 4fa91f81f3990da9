"""A request of ours through the real front door: is the site behind it, does its certificate last, and
does it say rightly who asks? The app tells what it saw (/healthz), to who can sign the question alone.
"""

import json
import ssl
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.utils.translation import gettext as _

from lib.http_client import Deadline, HttpClient, HttpError
from lib.readiness.results import Answers, CheckResult, error, not_applicable, ok, warning
from schedule.models import Conference

HEADER = "X-Front-Row-Question"
QUESTION = "Whom do you see?"
QUESTION_LIVES = timedelta(minutes=1)
# What a stranger would write (RFC 5737).
FORGED = "203.0.113.7"
SECONDS = 8
MAX_BYTES = 10_000
# Certbot renews 30 days before the end, so with less left it has failed for a while.
RENEWED_BEFORE, ALMOST_OVER = timedelta(days=20), timedelta(days=4)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="portal.front_door")


def what_is_seen(request: HttpRequest) -> dict[str, object] | None:
    """None: the question is not ours."""
    try:
        question = request.headers.get(HEADER, "")
        if _signer().unsign(question, max_age=QUESTION_LIVES) != QUESTION:
            return None
    except BadSignature:
        return None
    try:
        client = get_adapter().get_client_ip(request)
    except PermissionDenied:
        client = ""
    passed = request.headers.get("X-Forwarded-For", "").replace(",", " ").split()
    return {"client": client, "is_secure": request.is_secure(), "passed": passed}


def check_front_door(at: datetime) -> Answers:
    conferences = Conference.objects.exclude(domain=None).order_by("slug")
    for conference in conferences if settings.HTTPS else ():
        yield partial(_ask, str(conference.domain), conference.slug)
    if not conferences or not settings.HTTPS:
        yield not_applicable(_("There is no conference with a domain and HTTPS."))


def _ask(domain: str, slug: str) -> Iterable[CheckResult]:
    address = f"https://{domain}"
    headers = {
        HEADER: _signer().sign(QUESTION),
        "X-Forwarded-For": FORGED,
    }
    try:
        with HttpClient(Deadline(SECONDS), max_bytes=MAX_BYTES, private=[address]) as client:
            answer = client.request(f"{address}/healthz", headers)
            seen = json.loads(answer.body) if answer.status == 200 else None
    except (HttpError, ValueError) as broken:
        text = _("%(address)s: %(problem)s")
        problem = str(broken) if isinstance(broken, HttpError) else _("It is not this site.")
        yield error(text % {"address": address, "problem": problem}, _hint(), slug)
        return
    if not isinstance(seen, dict):
        text = _("%(address)s answers %(status)d.")
        yield error(text % {"address": address, "status": answer.status}, _hint(), slug)
        return
    yield from problems_of_proxies(seen, slug)


def _hint() -> str:
    return _("See that the domain leads to nginx on this machine, and nginx to this site.")


def problems_of_proxies(seen: dict[str, object], slug: str) -> Iterable[CheckResult]:
    trusted, passed = settings.TRUSTED_PROXIES, cast("list[str]", seen["passed"])
    hint = _("Set TRUSTED_PROXIES to the number of proxies of yours that stand in front.")
    if trusted and seen["client"] == FORGED:
        yield error(_("Visitors can name any address as theirs."), hint, slug)
    elif len(passed) < trusted:
        text = _("TRUSTED_PROXIES is %(trusted)d, but requests pass %(passed)d.")
        yield error(text % {"trusted": trusted, "passed": len(passed)}, hint, slug)
    elif not trusted and passed != [FORGED]:
        yield error(_("All visitors count as one, because no proxy is trusted."), hint, slug)
    elif not seen["is_secure"]:
        text = _("The site takes requests by HTTPS for plain HTTP.")
        yield error(text, _("nginx has to set X-Forwarded-Proto to $scheme."), slug)
    else:
        yield ok(_("Requests come through the front door with the visitor's own address."), slug)


def check_certificates(at: datetime) -> Answers:
    conferences = Conference.objects.exclude(domain=None).order_by("slug")
    for conference in conferences if settings.HTTPS else ():
        yield partial(_certificate, str(conference.domain), conference.slug, at)
    if not conferences or not settings.HTTPS:
        yield not_applicable(_("There is no conference with a domain and HTTPS."))


def _certificate(domain: str, slug: str, at: datetime) -> Iterable[CheckResult]:
    hint = _("See that the timer of certbot renews it, and that nginx loads it again.")
    try:
        left = _end_of_certificate(domain) - at
    except (OSError, HttpError) as broken:
        values = {"host": domain, "kind": type(broken).__name__}
        text = _("%(host)s: its certificate cannot be trusted, or nothing answers (%(kind)s).")
        yield error(text % values, hint, slug)
        return
    text = _("%(host)s: its certificate ends in %(days)d days.")
    text %= {"host": domain, "days": left.days}
    if left < ALMOST_OVER:
        yield error(text, hint, slug)
    elif left < RENEWED_BEFORE:
        yield warning(text, hint, slug)
    else:
        yield ok(text, slug)


def _end_of_certificate(domain: str) -> datetime:
    """Raises OSError and HttpError."""
    network, deadline = HttpClient.network, Deadline(SECONDS)
    ips = network.addresses(domain, 443, deadline.wait_seconds())
    with closing(network.connect(ips[0], 443, deadline.wait_seconds())) as plain:
        plain.settimeout(deadline.wait_seconds())
        with network.tls.wrap_socket(plain, server_hostname=domain) as sealed:
            certificate = sealed.getpeercert() or {}
    seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return datetime.fromtimestamp(seconds, UTC)
