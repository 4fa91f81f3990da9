"""The admin site: of the host's conference, in its time zone, behind the site's own login. The gate
asks before it (tickets/admission/middleware.py), for the second factor as well.
"""

import functools
from collections.abc import Callable
from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import (
    BadRequest,
    FieldDoesNotExist,
    PermissionDenied,
    ValidationError,
)
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.feeds.importing.waiting import waiting_reviews
from schedule.site.access import OWN_LOGIN_ONLY
from schedule.site.request import ConferenceRequest
from schedule.site.rights import DeskRights
from schedule.site.scoped_admin import conference_of, in_venue_zone
from tickets.accounts.login import sign_out
from tickets.admission.middleware import refuse_session
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.models import User
from tickets.models.roles import USE_HELPDESK
from tickets.sources.waiting import to_decide

# What Django's lists and forms raise for lookups that no page of them links to: a year 10000, a key
# larger than its column, a field without a name.
_UNREADABLE = (ValueError, OverflowError, FieldDoesNotExist)
# What cannot be stored, or is nested too deep to be read.
_UNSTORABLE = (DataError, RecursionError)


class AdminPasswordForm(AdminAuthenticationForm):
    """The login on a host without a conference, where the site's login pages cannot be shown.
    It is as strict as they are: it counts wrong passwords, and knows no second factor, so whoever has
    one is sent away.
    """

    def clean(self) -> dict[str, object]:
        email = self.cleaned_data.get("username", "")
        get_adapter().pre_authenticate(self.request, email=email)
        return super().clean()

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if is_mfa_enabled(user):
            raise ValidationError(
                _("Sign in on the host of a conference, with your second factor.")
            )
        if self.request is not None:
            SignIn.begin(self.request.session, user, SignInWay.PASSWORD)


def _refusing(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answers 400 to a query that cannot be read and to what cannot be stored, in pages of every
    app's admin.
    """

    @functools.wraps(view)
    def refusing(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except _UNREADABLE as error:
            if request.GET or TO_FIELD_VAR in request.POST:
                raise BadRequest(f"The query cannot be read: {error!r}") from error
            raise
        except _UNSTORABLE as error:
            raise BadRequest(f"The form cannot be read: {error!r}") from error

    return refusing


def _signing_out(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @functools.wraps(view)
    def signing_out(request: HttpRequest) -> HttpResponseBase:
        return sign_out(view, request)

    return signing_out


def _is_of_admin(request: HttpRequest) -> bool:
    """Whether they have any permission in this conference, superusers apart."""
    return bool(request.user.get_all_permissions(conference_of(request)))


def _desk_rights(request: HttpRequest) -> DeskRights:
    conference = conference_of(request)
    return DeskRights.of(request.user, conference) if conference else DeskRights()


class OurAdminSite(admin.AdminSite):
    site_title = gettext_lazy("Front Row")
    site_header = gettext_lazy("Front Row")
    index_title = gettext_lazy("Organize")
    login_form = AdminPasswordForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Superusers, and whoever has a role or helps in a room in this conference."""
        user = request.user
        if not isinstance(user, User) or not user.is_active or not user.may_work:
            return False
        return user.is_superuser or _is_of_admin(request) or bool(_desk_rights(request))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        answer = _refusing(in_venue_zone(super().admin_view(view, cacheable)))
        # Around the question whether they may come in, which only the database can answer.
        return _signing_out(answer) if view == self.logout else answer

    def get_urls(self) -> list[Any]:
        """Without Django's page that leads to any row of any conference by its number, and so tells its
        address, which for some is a secret. Our forms link to the page itself.
        """
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> Any:
        """Who has nothing here has the desk."""
        if not request.user.is_superuser and not _is_of_admin(request):
            return redirect("desk:index")
        conference = conference_of(request)
        waiting = to_decide(request.user, conference)
        waiting |= {"waiting_reviews": waiting_reviews(request.user, conference, timezone.now())}
        return super().index(request, {**(extra_context or {}), **waiting})

    def each_context(self, request: HttpRequest) -> dict[str, object]:
        context = super().each_context(request)
        if conference := conference_of(request):
            context["site_header"] = _("%(conference)s, times of %(zone)s") % {
                "conference": conference,
                "zone": conference.time_zone,
            }
            context["may_help"] = request.user.has_perm(USE_HELPDESK, conference)
            context["may_open_desk"] = bool(_desk_rights(request))
        return context

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        is_inside = request.method == "GET" and self.has_permission(request)
        if is_inside or conference_of(request) is None:
            return super().login(request, extra_context)
        if request.user.is_authenticated:
            # Who came in by a link has to sign in again, any other lacks the rights.
            refused = refuse_session(cast(ConferenceRequest, request), OWN_LOGIN_ONLY)
            if refused is not None:
                return refused
            raise PermissionDenied
        wanted = request.GET.get("next") or reverse("admin:index")
        # It leads to the mailed code as well, for those who have a role and no password.
        return redirect_to_login(wanted, reverse("account_login_password"))
