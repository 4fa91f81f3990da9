"""Signing in: allauth's views with our forms. Everything else of allauth.account is left out."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from allauth.account import views
from allauth.account.adapter import get_adapter
from allauth.account.utils import passthrough_next_redirect_url
from allauth.mfa.base import views as mfa_views
from allauth.socialaccount.providers import registry
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.site.access import PUBLIC, View, public
from schedule.site.request import is_of_this_host, page_of_form
from tickets.accounts.accounts import prove_address
from tickets.accounts.codes.sending import may_be_mailed
from tickets.accounts.devices.known import is_known_device
from tickets.accounts.forms import CodeForm, PasswordLoginForm, redirects_mistakes
from tickets.accounts.rate_limits import consume, too_many_page
from tickets.accounts.sessions import SessionStore, has_ended
from tickets.accounts.waiting_line import place_of, take_turn, with_waiting_line
from tickets.admission.middleware import access_for
from tickets.admission.refusals import wants_json
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.mail.strangers import network_of
from tickets.models import fold_email

# Making an account, the mail, and the code that comes back: three times an entry link.
WEIGHT_OF_CODE = 3
_STEPS = ("account_login", "account_confirm_login_code")


class PasswordLoginView(views.LoginView):
    template_name = "account/login_with_password.html"

    def form_valid(self, form: PasswordLoginForm) -> HttpResponse:
        SignIn.begin(self.request.session, form.user, SignInWay.PASSWORD)
        response: HttpResponse = super().form_valid(form)
        return response

    def get_form_class(self) -> type[forms.Form]:
        return PasswordLoginForm


class ConfirmCodeView(views.ConfirmLoginCodeView):
    def get_form_kwargs(self) -> dict[str, object]:
        kwargs: dict[str, object] = super().get_form_kwargs()
        return kwargs | {"email": self.stage.login.email} if "code" in kwargs else kwargs

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """The code proves the address. allauth finds so as well, with seven statements."""
        login = self.stage.login
        if isinstance(form, CodeForm):
            prove_address(login.user)
            SignIn.begin(self.request.session, login.user, SignInWay.CODE)
        elif not may_be_mailed(self.request, login.email):
            return redirect("account_confirm_login_code")
        response: HttpResponse = super().form_valid(form)
        if not isinstance(form, CodeForm):
            text = _("We have mailed a new code to %(email)s. The one before is no longer good.")
            messages.success(self.request, text % {"email": login.email})
        return response

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.POST.get("action") == "resend" and self._action != "resend":
            messages.warning(request, _("No other code was mailed: enter the last one."))
            return redirect("account_confirm_login_code")
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """Only a wrong code is a try, and whoever is wrong is told how many are left."""
        response: HttpResponse
        if not form.has_error("code", "incorrect_code"):
            response = self.render_to_response(self.get_context_data(form=form))
            return response
        response = super().form_invalid(form)
        left = self._process.max_attempts - self._process.state["failed_attempts"]
        text = ngettext("%(count)d more try.", "%(count)d more tries.", left)
        form.add_error("code", text % {"count": left})
        return response


def keeps_next(view: View) -> View:
    """allauth forgets ?next= on its way between the steps: code asked for, expired, wrong."""

    @functools.wraps(view)
    def with_next(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseRedirect) and response.url in map(reverse, _STEPS):
            response["Location"] = passthrough_next_redirect_url(
                request, response.url, REDIRECT_FIELD_NAME
            )
        return response

    return with_next


def is_limited(view: View) -> View:
    """A password takes as long to check as thirty people to come in, whoever it is that tries."""

    @functools.wraps(view)
    def limited(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        email = fold_email(request.POST.get("login", ""))
        if (
            request.method == "POST"
            and not is_known_device(request, email)
            and not consume(request, action="login_with_password")
        ):
            return too_many_page(request)
        return view(request, *args, **kwargs)

    return limited


class ProviderButton(NamedTuple):
    name: str
    url: str


def provider_buttons(request: HttpRequest) -> Iterator[ProviderButton]:
    """One for each provider in SOCIAL_PROVIDERS. They are links, because a form may not lead away from
    this site (the policy's form-action).
    """
    for kind, provider in settings.SOCIAL_PROVIDERS.items():
        for app in provider["APPS"]:
            if kind == "openid_connect":
                url = reverse("openid_connect_login", args=[app["provider_id"]])
            else:
                url = reverse(f"{kind}_login")
            name = app.get("name") or registry.get_class(kind).name
            yield ProviderButton(
                name, passthrough_next_redirect_url(request, url, REDIRECT_FIELD_NAME)
            )


class LoginView(views.LoginView):
    def get_initial(self) -> dict[str, object]:
        """What was typed before the waiting line."""
        place = place_of(self.request)
        return {"email": place.typed} if place else {}

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | {"buttons": list(provider_buttons(self.request))}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        typed = form.cleaned_data["email"]
        # Anybody can type an address, and one provider's customer has thousands of IPv6 networks.
        network = network_of(get_adapter().get_client_ip(self.request))
        page = take_turn(
            self.request, action="sign_in", key=network, weight=WEIGHT_OF_CODE, typed=typed
        )
        if page is not None:
            return page
        response: HttpResponse = super().form_valid(form)
        return response


login = public(redirects_mistakes(keeps_next(with_waiting_line(LoginView.as_view()))))
confirm_code = public(redirects_mistakes(keeps_next(ConfirmCodeView.as_view())))
login_with_password = public(
    redirects_mistakes(keeps_next(is_limited(PasswordLoginView.as_view())))
)
second_factor = redirects_mistakes(mfa_views.authenticate)
password_again = redirects_mistakes(views.reauthenticate)
second_factor_again = redirects_mistakes(mfa_views.reauthenticate)


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The token of forms changes when somebody signs in, so one from before, in another tab or behind
    the back button, is refused. Nothing of it is used; but where everybody may send it, as all
    steps of signing in, who has signed in by now gets its page once more, and that leads on.
    """
    match = request.resolver_match
    is_open = match is not None and access_for(request, match.func) == PUBLIC
    page = page_of_form(request) if is_open else ""
    is_ours = is_of_this_host(request, request.headers.get("Origin", "/"))
    if page and is_ours and request.user.is_authenticated and not wants_json(request):
        return HttpResponseRedirect(page)
    return render(request, "403_csrf.html", {"page": page}, status=403)


@public
def logout(request: HttpRequest) -> HttpResponseBase:
    return sign_out(views.logout, request)


def sign_out(
    view: Callable[[HttpRequest], HttpResponseBase], request: HttpRequest
) -> HttpResponseBase:
    """The `view` does it, here or in the admin, and is helped out while the database is away."""
    if request.method != "POST":
        return view(request)
    try:
        response = view(request)
    except (OperationalError, InterfaceError):
        response = _sign_out_without_database(request)
    empty_browser(response)
    return response


def _sign_out_without_database(request: HttpRequest) -> HttpResponse:
    """The session ends by what the cache says of it. With the cache away as well nobody can make sure of
    that; this browser loses it, and is told.
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    with contextlib.suppress(OperationalError, InterfaceError):
        SessionStore().delete(key)
    is_over = has_ended(key)
    # What was changed of it before the database failed is written nowhere.
    request.session, request.user = SessionStore(), AnonymousUser()
    if is_over:
        return redirect(get_adapter().get_logout_redirect_url(request))
    response = render(request, "account/signed_out_here.html", status=503)
    response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Lax")
    return response


def empty_browser(response: HttpResponseBase) -> None:
    """What scripts have kept there (stars, where a replay was left) goes with who signs out."""
    response["Clear-Site-Data"] = '"storage"'
