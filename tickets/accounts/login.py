"""Signing in: allauth's views with our forms. Everything else of allauth.account is left out."""

import functools
from collections.abc import Iterator
from typing import NamedTuple

from allauth.account import views
from allauth.account.utils import passthrough_next_redirect_url
from allauth.core.ratelimit import respond_429
from allauth.socialaccount.providers import registry
from django import forms
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from schedule.site.access import View, public
from tickets.accounts.accounts import prove_address
from tickets.accounts.forms import CodeForm, PasswordLoginForm
from tickets.accounts.rate_limits import consume
from tickets.accounts.waiting_line import place_of, with_waiting_line

_STEPS = ("account_login", "account_confirm_login_code")


class PasswordLoginView(views.LoginView):
    template_name = "account/login_with_password.html"

    def get_form_class(self) -> type[forms.Form]:
        return PasswordLoginForm


class ConfirmCodeView(views.ConfirmLoginCodeView):
    def form_valid(self, form: forms.Form) -> HttpResponse:
        """The code proves the address. allauth finds so as well, with seven statements."""
        if isinstance(form, CodeForm):
            prove_address(self.stage.login.user)
        response: HttpResponse = super().form_valid(form)
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
    """Very loosely: a venue is one address."""

    @functools.wraps(view)
    def limited(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "POST" and not consume(request, action="sign_in"):
            refusal: HttpResponse = respond_429(request)
            return refusal
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


# Making an account, the mail, and the code that comes back: three times an entry link.
login = public(keeps_next(is_limited(with_waiting_line(weight=3)(LoginView.as_view()))))
confirm_code = public(keeps_next(ConfirmCodeView.as_view()))
login_with_password = public(keeps_next(is_limited(PasswordLoginView.as_view())))


@public
def logout(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = views.logout(request)
    if request.method == "POST":
        empty_browser(response)
    return response


def empty_browser(response: HttpResponse) -> None:
    """What scripts have kept there (stars, where a replay was left) goes with who signs out."""
    response["Clear-Site-Data"] = '"storage"'
