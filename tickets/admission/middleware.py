"""The heart: every view is closed unless it says otherwise (schedule/site/access.py).

Comes after sessions, language and authentication. Works in `process_view`, where the view and its
attributes are known, so that no rule hangs on a path. Open views cost no session.
"""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from schedule.site.access import CLOSED, LOGIN_ONLY, PUBLIC, Access, access_of
from schedule.site.pages import Page, page_key_of
from schedule.site.request import ConferenceRequest, PageKey
from tickets.admission.refusals import refuse
from tickets.admission.request import TicketRequest
from tickets.admission.rule import Admission, Reason, admission_key, compute_and_keep, refusal

_BY_WORD = {"public": PUBLIC, "login": LOGIN_ONLY}


class TicketMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        access = access_for(request, view)
        if access == PUBLIC:
            return None
        request = cast(TicketRequest, request)
        if access == LOGIN_ONLY:
            return None if request.user.is_authenticated else refuse(request, Reason.LOGIN_REQUIRED)
        request.admission = None
        conference = request.conference
        if conference.is_public or (access.follows_visibility and conference.programme_is_public):
            return None
        if access.opens is not None and access.opens(request, **kwargs):
            return None
        slot = page_key_of(request, view)
        request.admission, page = look_up(request, slot)
        scope = access.scope.format(**kwargs) if access.scope else None
        reason = refusal(conference, request.admission, scope, timezone.now())
        if reason is not None:
            return refuse(request, reason)
        if slot is not None:
            if page is not None:
                return page.answer(request)
            request.slot = PageKey(slot.key, was_missed=True)
        return None


def access_for(request: HttpRequest, view: Callable[..., Any]) -> Access:
    """What the view says, or for other packages' views what the settings say, else closed."""
    if (access := access_of(view)) is not None:
        return access
    match = request.resolver_match
    if match is None:
        return CLOSED
    word = settings.OPEN_URL_NAMES.get(match.view_name)
    for namespace in match.namespaces[:1]:
        word = word or settings.OPEN_URL_NAMESPACES.get(namespace)
    return _BY_WORD[word] if word else CLOSED


def look_up(
    request: ConferenceRequest, slot: PageKey | None
) -> tuple[Admission | None, Page | None]:
    """Admission and page in one round trip. No admission: nobody has signed in."""
    user_id = request.session.get(SESSION_KEY)
    if user_id is None:
        return None, None
    conference = request.conference
    key = admission_key(conference.pk, int(user_id))
    found = cache.get_many([key, slot.key] if slot else [key])
    packed = found.get(key)
    admission = Admission.unpack(packed) if packed else compute_and_keep(conference, int(user_id))
    session_hash = request.session.get(HASH_SESSION_KEY, "")
    # Else signed with an older SECRET_KEY, or no longer good: Django knows, and costs a query.
    is_fresh = constant_time_compare(session_hash, admission.auth_hash)
    if not is_fresh and not request.user.is_authenticated:
        return None, None
    page = found.get(slot.key) if slot else None
    return admission, Page(*page) if page else None
