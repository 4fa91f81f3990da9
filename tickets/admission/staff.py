"""Those who work here come in by a permission in the conference, not by a ticket."""

from typing import cast

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from schedule.site.access import ADMIN_SITE, DESK
from schedule.site.conferences import directory
from schedule.site.request import ConferenceRequest
from schedule.site.rights import DeskRights
from schedule.site.scoped_admin import conference_of
from tickets.admission.refusals import refuse
from tickets.admission.request import BELOW_ADMIN, DeskRequest
from tickets.admission.rule import Reason


def refuse_staff(request: ConferenceRequest, permission: str | None) -> HttpResponse | None:
    """None: come in. Who has signed in and may not is told so, whatever their tickets are."""
    if not request.user.is_authenticated:
        return refuse(request, Reason.LOGIN_REQUIRED)
    if permission is None:
        raise PermissionDenied("The view names no permission.")
    if permission == ADMIN_SITE:
        may_enter = admin.site.has_permission(request)
    elif permission == DESK:
        rights = DeskRights.of(request.user, request.conference)
        cast(DeskRequest, request).rights = rights
        may_enter = bool(rights)
    else:
        may_enter = request.user.has_perm(permission, request.conference)
    if not may_enter:
        raise PermissionDenied
    if settings.REQUIRE_SECOND_FACTOR and request.path_info.startswith(BELOW_ADMIN):
        return _ask_for_second_factor(request)
    return None


def _ask_for_second_factor(request: ConferenceRequest) -> HttpResponse | None:
    """None: they have one, and were asked for it when they signed in. An installation that holds no
    conference yet goes without: the pages on which one gets it are a conference's.
    """
    conference = conference_of(request)
    if conference is None and not directory().conferences:
        return None
    if is_mfa_enabled(request.user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]):
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
