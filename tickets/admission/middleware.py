"""The heart: every view is closed unless it says otherwise (schedule/site/access.py).

Comes after sessions, language and authentication. Works in `process_view`, where the view and its
attributes are known, so that no view is opened by its path. Open views cost no session.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from lib.steady.kept import Kept
from schedule.site.access import (
    ADMIN_SITE,
    CLOSED,
    CLOSED_TO_ALL,
    CREW,
    DESK,
    FACTOR_ONLY,
    LOGIN_ONLY,
    OPERATOR,
    OWN_LOGIN_ONLY,
    PUBLIC,
    Access,
    View,
)
from schedule.site.conferences import directory
from schedule.site.pages import Page, page_key_of
from schedule.site.request import ConferenceRequest, PageKey
from schedule.site.rights import DeskRights, works_for
from schedule.site.scoped_admin import conference_of
from tickets.admission.refusals import ADMISSIONS, refuse
from tickets.admission.request import BELOW_ADMIN, DeskRequest, TicketRequest
from tickets.admission.rule import Admission, Reason, kept_or_computed, refusal
from tickets.admission.sign_in import SECOND_FACTORS, SignIn
from tickets.models.scopes import admission_key

_BY_WORD = {
    "public": PUBLIC,
    "login": LOGIN_ONLY,
    "own login": OWN_LOGIN_ONLY,
    "second factor": FACTOR_ONLY,
    "staff": Access("staff", permission=ADMIN_SITE),
}


class TicketMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """No cache keeps what is of one person, nor what does not say that it may be kept. What asks to
        sign in has to say how (RFC 9110): by the cookie that a form gives.
        """
        response = self.get_response(request)
        if response.status_code == 401:
            response["WWW-Authenticate"] = f'Cookie realm="{request.get_host()}"'
        if getattr(request, "is_personal", False) or not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: object, kwargs: dict[str, str]
    ) -> HttpResponse | None:
        access = access_for(request, view)
        if access == PUBLIC:
            return None
        request = cast(TicketRequest, request)
        request.is_personal = access.kind in ("login", "staff")
        if access.kind == "staff":
            return refuse_staff(request, access.permission)
        if access.kind == "login":
            return refuse_session(request, access)
        request.admission = None
        conference = request.conference
        if conference.is_public or (access.follows_visibility and conference.programme_is_public):
            return None
        if access.opens is not None and access.opens(request, **kwargs):
            return None
        slot = page_key_of(request, view)
        request.admission, page = admission_and_page(request, slot)
        scope = access.scope.format(**kwargs) if access.scope else None
        reason = refusal(conference, request.admission, scope, timezone.now())
        if reason is not None:
            return refuse(request, reason, scope)
        ADMISSIONS.add("admitted")
        if slot is not None:
            if page is not None:
                return page.answer(request)
            request.slot = replace(slot, was_missed=True)
        return None


def access_for(request: HttpRequest, view: View) -> Access:
    """What the view says, or for other packages' views what the settings say, else closed."""
    said: Access | None = getattr(view, "access", None)
    if said is not None:
        return said
    closed = CLOSED_TO_ALL if request.path_info.startswith(BELOW_ADMIN) else CLOSED
    match = request.resolver_match
    if match is None:
        return closed
    word = settings.OPEN_URL_NAMES.get(match.view_name)
    for namespace in match.namespaces[:1]:
        word = word or settings.OPEN_URL_NAMESPACES.get(namespace)
    return _BY_WORD[word] if word else closed


def admission_and_page(
    request: ConferenceRequest, slot: PageKey | None
) -> tuple[Admission | None, Page | None]:
    """Admission and page in one round trip. No admission: nobody has signed in."""
    user_id = request.session.get(SESSION_KEY)
    if user_id is None:
        return None, None
    conference = request.conference
    key = admission_key(conference.pk, int(user_id))
    found = cache.get_many([key, slot.key] if slot else [key])
    admission = kept_or_computed(conference, int(user_id), Kept.read(found.get(key)))
    session_hash = request.session.get(HASH_SESSION_KEY, "")
    # Else signed with an older SECRET_KEY, or no longer good: Django knows, and costs a query.
    is_fresh = constant_time_compare(session_hash, admission.auth_hash)
    if not is_fresh and not request.user.is_authenticated:
        return None, None
    page = Kept.read(found.get(slot.key)) if slot else None
    return admission, Page(*page.value) if page and page.is_fresh else None


def refuse_session(request: ConferenceRequest, access: Access) -> HttpResponse | None:
    """None: this session will do for what the view is. It may be younger or weaker than what the
    person may do by now, so that it is asked each time.
    """
    if not request.user.is_authenticated:
        return refuse(request, Reason.LOGIN_REQUIRED)
    if not access.needs:
        return None
    sign_in = SignIn.of(request.session)
    is_enough = sign_in.is_own_login
    if is_enough and access.needs == "second factor" and not sign_in.has_factor:
        is_enough = not is_mfa_enabled(request.user, SECOND_FACTORS)
    if is_enough:
        return None
    if conference_of(request) is None:
        raise PermissionDenied
    return refuse(request, Reason.SIGN_IN_AGAIN)


def refuse_staff(request: ConferenceRequest, permission: str | None) -> HttpResponse | None:
    """Those who work here come in by a permission in the conference, not by a ticket. None: come in.
    Who has signed in and may not is told so, whatever their tickets are.
    """
    refused = refuse_session(request, FACTOR_ONLY)
    if refused is not None:
        return refused
    if permission is None:
        raise PermissionDenied("The view names no permission.")
    if permission == ADMIN_SITE:
        may_enter = admin.site.has_permission(request)
    elif permission == OPERATOR:
        may_enter = admin.site.has_permission(request) and request.user.is_superuser
    elif permission == DESK:
        rights = DeskRights.of(request.user, request.conference)
        cast(DeskRequest, request).rights = rights
        may_enter = bool(rights)
    elif permission == CREW:
        may_enter = works_for(request.user, request.conference)
    else:
        may_enter = request.user.has_perm(permission, request.conference)
    if not may_enter:
        raise PermissionDenied
    if settings.REQUIRE_SECOND_FACTOR and request.path_info.startswith(BELOW_ADMIN):
        return _lead_to_second_factor(request)
    return None


def _lead_to_second_factor(request: ConferenceRequest) -> HttpResponse | None:
    """None: they have one, and passed it in this session. An installation that holds no conference yet
    goes without: the pages on which one gets it are a conference's.
    """
    conference = conference_of(request)
    if conference is None and not directory().conferences:
        return None
    if is_mfa_enabled(request.user, SECOND_FACTORS):
        return None
    if conference is None:
        raise PermissionDenied
    messages.warning(
        request,
        _(
            "Whoever organizes needs a second factor here: add a passkey or an authenticator app,"
            " and then come back to the admin."
        ),
    )
    return redirect("mfa_index")
