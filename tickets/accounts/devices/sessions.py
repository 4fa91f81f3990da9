"""Sessions as people know them: devices on which they have signed in."""

import contextlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from schedule.models import Conference
from tickets.accounts.sessions import SessionStore
from tickets.admission.watching import device_of, devices_watching, leave
from tickets.models import User

# For as long as somebody may ask who shared a ticket: the conference and the weeks around it.
KEPT = timedelta(days=30)
# allauth's table wants an address. The report counts them, which their fingerprints are enough for.
NO_ADDRESS = "0.0.0.0"  # noqa: S104
# An IPv6 network is what one household or venue has.
IPV6_PREFIX = 64

# The first that fits: nearly all of them also call themselves Chrome or Safari.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Vivaldi": "Vivaldi",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Device:
    pk: int
    browser: str
    signed_in_at: datetime
    is_this: bool
    is_watching: bool


def remember_sign_in(request: HttpRequest, user: User, **_signal: object) -> None:
    """Writes one row in one statement. `network` and `device` are fingerprints that say something only within one
    person: how many there were (tickets/admin/sharing.py).
    """
    if request.session.session_key is None:
        request.session.save()
    conference: Conference | None = getattr(request, "conference", None)
    user_agent = request.META.get("HTTP_USER_AGENT", "")
    network = _network(request)
    session = UserSession(
        user=user,
        session_key=request.session.session_key,
        ip=NO_ADDRESS,
        user_agent=user_agent[: UserSession._meta.get_field("user_agent").max_length],
        data={
            "conference": conference.pk if conference else None,
            "network": _fingerprint(user, network),
            "device": _fingerprint(user, f"{network} {user_agent}"),
        },
    )
    changed = ["user", "user_agent", "data", "created_at", "last_seen_at"]
    UserSession.objects.bulk_create(
        [session], update_conflicts=True, unique_fields=["session_key"], update_fields=changed
    )


def _network(request: HttpRequest) -> str:
    with contextlib.suppress(PermissionDenied, ValueError):
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
        if address.version == 6:
            return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
        return str(address)
    return ""


def _fingerprint(user: User, text: str) -> str:
    digest = salted_hmac("tickets.devices", f"{user.pk} {text}", algorithm="sha256")
    return digest.hexdigest()[:16]


def _is_alive(at: datetime) -> Exists:
    return Exists(Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=at))


def live_sessions(at: datetime) -> QuerySet[UserSession]:
    """The sessions that are signed in, at any conference, newest first."""
    sessions: QuerySet[UserSession] = UserSession.objects.filter(_is_alive(at))
    return sessions.order_by("-created_at")


def sessions_of(user: User, here: Conference, at: datetime) -> QuerySet[UserSession]:
    """The sessions that are signed in at this conference, newest first."""
    return live_sessions(at).filter(user=user, data__conference=here.pk)


def last_sign_in(user: User, here: Conference) -> datetime | None:
    """At this conference, as long as it is remembered: elsewhere is no business of those who ask."""
    here_too = UserSession.objects.filter(user=user, data__conference=here.pk)
    at: datetime | None = here_too.aggregate(at=Max("created_at"))["at"]
    return at


def devices_of(user: User, session_key: str | None, here: Conference, at: datetime) -> list[Device]:
    """`session_key` is that of the device that asks; it comes first."""
    watching = devices_watching(here.pk, user.pk)
    devices = [
        Device(
            pk=session.pk,
            browser=browser_in_words(session.user_agent),
            signed_in_at=session.created_at,
            is_this=session.session_key == session_key,
            is_watching=device_of(session.session_key) in watching,
        )
        for session in sessions_of(user, here, at)
    ]
    return sorted(devices, key=lambda device: not device.is_this)


def browser_in_words(user_agent: str) -> str:
    """A browser's name for itself, in words that a person knows again."""
    browser = next((word for mark, word in _BROWSERS.items() if mark in user_agent), "")
    system = next((word for mark, word in _SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Some other browser")


def sign_out(sessions: Iterable[UserSession]) -> None:
    """At once. The rows stay for the report, until they are purged."""
    for session in sessions:
        SessionStore().delete(session.session_key)
        leave(_conference_id(session), session.user_id, device_of(session.session_key))


def _conference_id(session: UserSession) -> int:
    """0: signed in on a host without a conference."""
    return session.data.get("conference") or 0


def signed_out(before: datetime) -> QuerySet[UserSession]:
    """What is known of devices that signed in before that moment and have no session any more."""
    has_session = Exists(Session.objects.filter(session_key=OuterRef("session_key")))
    devices: QuerySet[UserSession] = UserSession.objects.filter(~has_session, created_at__lt=before)
    return devices
